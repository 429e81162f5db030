import { type Fault, runFaults } from '../support/fault.js';

const faults: readonly Fault[] = [
  {
    name: 'a tenant table without row security',
    break: `create table shop.ticket (tenant_id uuid not null references shop.tenant, id uuid not null default gen_random_uuid(), subject text, primary key (tenant_id, id));
      alter table shop.ticket owner to check_owner;
      grant select, insert, update, delete on shop.ticket to check_app`,
    expect: { rule: 'row_security.missing', object: 'table shop.ticket', severity: 'critical' },
  },
  {
    name: 'row security switched off, its policies left behind',
    break: `alter table shop.invoice disable row level security`,
    expect: { rule: 'row_security.disabled', object: 'table shop.invoice', severity: 'critical' },
  },
  {
    name: 'row security that does not hold the owner',
    break: `alter table shop.invoice no force row level security`,
    expect: { rule: 'row_security.not_forced', object: 'table shop.invoice', severity: 'medium' },
  },
  {
    name: 'row security that does not hold an owner whom a login can be',
    break: `alter table shop.invoice no force row level security; grant check_owner to check_admin`,
    expect: { rule: 'row_security.not_forced', object: 'table shop.invoice', severity: 'critical' },
    also: ['role.reaches_owner role check_admin'],
  },
  {
    name: 'row security without any policy',
    break: `drop policy tenant on shop.payment`,
    expect: { rule: 'row_security.no_policy', object: 'table shop.payment', severity: 'low' },
  },
  {
    name: 'a partition that can be read past its parent',
    break: `create table shop.event (tenant_id uuid not null references shop.tenant, at date not null, id uuid not null default gen_random_uuid(), primary key (tenant_id, at, id)) partition by range (at);
      create table shop.event_2026 partition of shop.event for values from ('2026-01-01') to ('2027-01-01');
      alter table shop.event owner to check_owner; alter table shop.event_2026 owner to check_owner;
      alter table shop.event enable row level security; alter table shop.event force row level security;
      create policy tenant on shop.event to check_app using (tenant_id = (select shop.current_tenant())) with check (tenant_id = (select shop.current_tenant()));
      grant select on shop.event, shop.event_2026 to check_app`,
    expect: { rule: 'row_security.part_open', object: 'table shop.event_2026', severity: 'critical' },
  },
  {
    name: 'an inheritance child that can be read past its parent',
    break: `create table shop.old_payment () inherits (shop.payment);
      alter table shop.old_payment owner to check_owner, add primary key (tenant_id, id), add foreign key (tenant_id) references shop.tenant,
        add foreign key (tenant_id, invoice_id) references shop.invoice (tenant_id, id);
      create index on shop.old_payment (tenant_id, invoice_id);
      grant select on shop.old_payment to check_app`,
    expect: { rule: 'row_security.part_open', object: 'table shop.old_payment', severity: 'critical' },
  },
];

runFaults('check on row security', faults);
