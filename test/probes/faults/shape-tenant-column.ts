/** What can be wrong with the column that says whose a row is, and with the index on it. */
import type { Fault } from '../support/fault.js';

/** A table beside those of the base, as sound as they are until something is done to it. */
export const SOUND = (name: string, columns = 'body text'): string => `
create table shop.${name} (
  tenant_id uuid not null references shop.tenant, id uuid not null default gen_random_uuid(), ${columns}, primary key (tenant_id, id));
${own(name)}`;

export const own = (name: string, column = 'tenant_id'): string => `
alter table shop.${name} owner to check_owner;
alter table shop.${name} enable row level security;
alter table shop.${name} force row level security;
create policy tenant on shop.${name} to check_app using (${column} = (select shop.current_tenant()))
  with check (${column} = (select shop.current_tenant()));
grant select, insert, update, delete on shop.${name} to check_app;`;

const TENANT = "'00000000-0000-4000-8000-000000000001'";

export const TENANT_COLUMN_FAULTS: readonly Fault[] = [
  {
    name: 'a tenant column that may be null',
    break: `alter table shop.payment drop constraint payment_pkey;
      alter table shop.payment alter column tenant_id drop not null;
      create unique index payment_key on shop.payment (tenant_id, id)`,
    expect: { rule: 'tenant_column.nullable', object: 'column shop.payment.tenant_id', severity: 'medium' },
    also: ['primary_key.missing table shop.payment'],
    mend: 'alter table shop.payment alter column tenant_id set not null; alter table shop.payment add primary key (tenant_id, id); drop index shop.payment_key',
  },
  {
    name: 'a nullable tenant column of a table with a key of its own',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note alter tenant_id drop not null;
      alter table shop.note add primary key (id); create index on shop.note (tenant_id)`,
    expect: { rule: 'tenant_column.nullable', object: 'column shop.note.tenant_id', severity: 'medium' },
  },
  {
    name: 'rows without a tenant',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note alter tenant_id drop not null;
      alter table shop.note add primary key (id); create index on shop.note (tenant_id);
      insert into shop.note (tenant_id, body) values (null, 'whose?'), (${TENANT}, 'mine')`,
    expect: { rule: 'tenant_column.null_rows', object: 'column shop.note.tenant_id', severity: 'medium' },
    mend: `delete from shop.note where tenant_id is null; alter table shop.note alter column tenant_id set not null`,
  },
  {
    name: 'a tenant column whose NOT NULL is a check that was never validated',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note alter tenant_id drop not null;
      alter table shop.note add primary key (id); create index on shop.note (tenant_id);
      alter table shop.note add check (tenant_id is not null) not valid`,
    expect: { rule: 'tenant_column.nullable', object: 'column shop.note.tenant_id' },
  },
  {
    name: 'a tenant column with a tenant as its default',
    break: `alter table shop.invoice alter column tenant_id set default ${TENANT}`,
    expect: { rule: 'tenant_column.default', object: 'column shop.invoice.tenant_id', severity: 'medium' },
  },
  {
    name: 'a tenant column that makes up a tenant',
    break: 'alter table shop.invoice alter column tenant_id set default gen_random_uuid()',
    expect: { rule: 'tenant_column.default', object: 'column shop.invoice.tenant_id', severity: 'medium' },
  },
  {
    name: 'a tenant column of another type than the tenants’ key',
    break: `create table shop.note (tenant_id text not null, id uuid not null default gen_random_uuid(), body text, primary key (tenant_id, id));
      ${own('note').replaceAll('= (select shop.current_tenant())', '= (select shop.current_tenant()::text)')}`,
    expect: { rule: 'tenant_column.type', object: 'column shop.note.tenant_id', severity: 'medium' },
    mend: `drop policy tenant on shop.note; alter table shop.note alter column tenant_id type uuid using tenant_id::uuid;
      alter table shop.note add foreign key (tenant_id) references shop.tenant;
      create policy tenant on shop.note to check_app using (tenant_id = (select shop.current_tenant())) with check (tenant_id = (select shop.current_tenant()))`,
  },
  {
    name: 'rows whose tenant is the empty text',
    break: `create table shop.note (tenant_id text not null, id uuid not null default gen_random_uuid(), body text, primary key (tenant_id, id));
      ${own('note').replaceAll('= (select shop.current_tenant())', '= (select shop.current_tenant()::text)')}
      insert into shop.note (tenant_id, body) values ('', 'forgotten')`,
    expect: { rule: 'tenant_column.empty_rows', object: 'column shop.note.tenant_id', severity: 'high' },
    also: ['tenant_column.type column shop.note.tenant_id'],
    mend: 'drop table shop.note',
  },
  {
    name: 'a tenant column without a foreign key to the tenants',
    break: `${SOUND('note')} alter table shop.note drop constraint note_tenant_id_fkey`,
    expect: { rule: 'tenant_column.no_foreign_key', object: 'column shop.note.tenant_id', severity: 'low' },
  },
  {
    name: 'rows of a tenant that there is not',
    break: `${SOUND('note')} alter table shop.note drop constraint note_tenant_id_fkey;
      insert into shop.note (tenant_id) values ('00000000-0000-4000-8000-0000000000ff')`,
    expect: { rule: 'tenant_column.orphan_rows', object: 'column shop.note.tenant_id', severity: 'medium' },
    mend: 'delete from shop.note; alter table shop.note add foreign key (tenant_id) references shop.tenant',
  },
  {
    name: 'a right to change the tenant, granted by name',
    break: `revoke update on shop.invoice from check_app; grant update (tenant_id, total, note) on shop.invoice to check_app`,
    expect: { rule: 'tenant_column.updatable', object: 'column shop.invoice.tenant_id', severity: 'low' },
  },
  {
    name: 'two columns that name the tenant',
    break: `${SOUND('note', 'tenant uuid, body text')}`,
    expect: { rule: 'tenant_column.ambiguous', object: 'table shop.note', severity: 'medium' },
    mend: 'alter table shop.note drop column tenant',
  },
  {
    name: 'a tenant column under a collation that takes two texts for one',
    break: `create collation shop.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      alter collation shop.loose owner to check_owner;
      create table shop.realm (id text collate shop.loose primary key, name text not null);
      alter table shop.realm owner to check_owner;
      create table shop.note (tenant_id text collate shop.loose not null, id uuid not null default gen_random_uuid(), body text, primary key (tenant_id, id));
      ${own('note').replaceAll('= (select shop.current_tenant())', '= (select shop.current_tenant()::text)')}`,
    expect: {
      rule: 'tenant_column.loose_equality',
      object: 'column shop.note.tenant_id',
      severity: 'medium',
    },
    also: ['tenant_column.type column shop.note.tenant_id'],
    mend: 'drop table shop.note, shop.realm; drop collation shop.loose',
  },
  {
    name: 'a tenant column without an index',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note add primary key (id)`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.note.tenant_id', severity: 'low' },
  },
  {
    name: 'a tenant column that leads in no index',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note add primary key (id, tenant_id)`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.note.tenant_id', severity: 'low' },
  },
  {
    name: 'a tenant column whose only index covers some rows',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note add primary key (id);
      create index on shop.note (tenant_id) where body is not null`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.note.tenant_id', severity: 'low' },
  },
  {
    name: 'a tenant column behind a BRIN index alone',
    break: `${SOUND('note')} alter table shop.note drop constraint note_pkey; alter table shop.note add primary key (id);
      create index on shop.note using brin (tenant_id)`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.note.tenant_id', severity: 'low' },
  },
  {
    name: 'one partition of several without the index on the tenant',
    break: `create table shop.reading (tenant_id uuid not null references shop.tenant, at date not null, id uuid not null, primary key (at, id, tenant_id)) partition by range (at);
      create table shop.reading_1 partition of shop.reading for values from ('2025-01-01') to ('2026-01-01');
      create table shop.reading_2 partition of shop.reading for values from ('2026-01-01') to ('2027-01-01');
      create index on shop.reading_1 (tenant_id); ${own('reading')}
      alter table shop.reading_1 owner to check_owner; alter table shop.reading_2 owner to check_owner`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.reading_2.tenant_id', severity: 'low' },
  },
  {
    name: 'a partitioned table no part of which is indexed by tenant',
    break: `create table shop.reading (tenant_id uuid not null references shop.tenant, at date not null, id uuid not null, primary key (at, id, tenant_id)) partition by range (at);
      create table shop.reading_1 partition of shop.reading for values from ('2025-01-01') to ('2026-01-01');
      create table shop.reading_2 partition of shop.reading default; ${own('reading')}
      alter table shop.reading_1 owner to check_owner; alter table shop.reading_2 owner to check_owner`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.reading.tenant_id', severity: 'low' },
  },
];
