import { type Fault, runFaults } from '../support/fault.js';

const faults: readonly Fault[] = [
  {
    name: 'a view of a superuser over a tenant table',
    break: `create view shop.open_invoice as select tenant_id, id, total from shop.invoice; grant select on shop.open_invoice to check_app`,
    expect: { rule: 'view.owner_rights', object: 'view shop.open_invoice', severity: 'critical' },
  },
  {
    name: 'a view of an owner whom policies bind',
    break: `create view shop.open_invoice as select tenant_id, id, total from shop.invoice; alter view shop.open_invoice owner to check_owner;
      grant select on shop.open_invoice to check_app`,
    expect: { rule: 'view.owner_rights', object: 'view shop.open_invoice', severity: 'medium' },
  },
  {
    name: 'a view over a view over a tenant table',
    break: `create view shop.inner_invoice with (security_invoker = true) as select tenant_id, id, total from shop.invoice;
      alter view shop.inner_invoice owner to check_owner; grant select on shop.inner_invoice to check_app;
      create view shop.outer_invoice as select * from shop.inner_invoice; grant select on shop.outer_invoice to check_app`,
    expect: { rule: 'view.owner_rights', object: 'view shop.outer_invoice', severity: 'critical' },
  },
  {
    name: 'a materialised view with rows of every tenant',
    break: `create materialized view shop.turnover as select tenant_id, sum(total) as total from shop.invoice group by tenant_id;
      alter materialized view shop.turnover owner to check_owner; create unique index on shop.turnover (tenant_id); analyze shop.turnover;
      grant select on shop.turnover to check_app`,
    expect: {
      rule: 'materialized_view.holds_tenants',
      object: 'materialized view shop.turnover',
      severity: 'critical',
    },
  },
  {
    name: 'a rewrite rule on a tenant table',
    break: `create table shop.mirror (id uuid); alter table shop.mirror owner to check_owner;
      create rule mirror as on insert to shop.invoice do also insert into shop.mirror values (new.id)`,
    expect: { rule: 'rewrite_rule.present', object: 'rule mirror on shop.invoice', severity: 'high' },
  },
];

runFaults('check on views', faults);
