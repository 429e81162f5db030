import { type Fault, runFaults } from '../support/fault.js';

const MINE = 'tenant_id = (select shop.current_tenant())';

/** The same by a setting that anybody can set. */
const SET = "tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)";
const TABLES = ['customer', 'invoice', 'payment'] as const;

const faults: readonly Fault[] = [
  {
    name: 'a permissive policy that is always true, beside the right one',
    break: `create policy everything on shop.invoice using (true) with check (true)`,
    expect: { rule: 'policy.always_true', object: 'policy everything on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a permissive policy for one role that is always true',
    break: `create policy reports on shop.invoice for select to check_app using (true)`,
    expect: { rule: 'policy.always_true', object: 'policy reports on shop.invoice', severity: 'critical' },
  },
  {
    name: 'the only policy is always true',
    break: `alter policy tenant on shop.invoice using (1 = 1) with check (1 = 1)`,
    expect: { rule: 'policy.always_true', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy that does not ask for the tenant',
    break: `alter policy tenant on shop.invoice using (total > 0) with check (${MINE})`,
    expect: { rule: 'policy.without_tenant', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy with a way out beside the tenant',
    break: `alter policy tenant on shop.invoice using (${MINE} or note = 'public') with check (${MINE})`,
    expect: { rule: 'policy.without_tenant', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy that shows everything while no tenant is set',
    break: `alter policy tenant on shop.invoice using (${MINE} or (select shop.current_tenant()) is null) with check (${MINE})`,
    expect: { rule: 'policy.without_tenant', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy that compares the tenant with itself when no tenant is set',
    break: `alter policy tenant on shop.invoice using (tenant_id = coalesce((select shop.current_tenant()), tenant_id)) with check (${MINE})`,
    expect: { rule: 'policy.without_tenant', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy that is the wrong way round',
    break: `alter policy tenant on shop.invoice using (tenant_id <> (select shop.current_tenant())) with check (${MINE})`,
    expect: { rule: 'policy.without_tenant', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a WITH CHECK that is always true',
    break: `alter policy tenant on shop.invoice with check (true)`,
    expect: { rule: 'policy.check_weak', object: 'policy tenant on shop.invoice', severity: 'high' },
  },
  {
    name: 'a WITH CHECK that asks for less than USING',
    break: `alter policy tenant on shop.invoice with check (total >= 0)`,
    expect: { rule: 'policy.check_weak', object: 'policy tenant on shop.invoice', severity: 'high' },
  },
  {
    name: 'a policy for inserts that takes anything',
    break: `create policy imports on shop.payment for insert to check_app with check (amount > 0)`,
    expect: { rule: 'policy.check_weak', object: 'policy imports on shop.payment', severity: 'high' },
  },
  {
    name: 'no WITH CHECK',
    break: `drop policy tenant on shop.invoice; create policy tenant on shop.invoice to check_app using (${MINE})`,
    expect: { rule: 'policy.check_missing', object: 'policy tenant on shop.invoice', severity: 'low' },
  },
  {
    name: 'a policy for reading alone, where rows are written too',
    break: `drop policy tenant on shop.invoice; create policy tenant on shop.invoice for select to check_app using (${MINE})`,
    expect: { rule: 'policy.command_uncovered', object: 'table shop.invoice', severity: 'low' },
  },
  {
    name: 'a policy that calls a function for every row',
    break: `alter policy tenant on shop.invoice using (tenant_id = shop.current_tenant()) with check (tenant_id = shop.current_tenant())`,
    expect: { rule: 'policy.unwrapped', object: 'policy tenant on shop.invoice', severity: 'low' },
  },
  {
    name: 'a policy that trusts a plain setting',
    break: `alter policy tenant on shop.invoice using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)) with check (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))`,
    expect: { rule: 'policy.plain_setting', object: 'table shop.invoice', severity: 'medium' },
    mend: `alter policy tenant on shop.invoice using (${MINE}) with check (${MINE})`,
  },
  {
    name: 'a database whose policies all trust one plain setting',
    break: TABLES.map(
      (name) => `alter policy tenant on shop.${name} using (${SET}) with check (${SET})`,
    ).join(';'),
    expect: { rule: 'policy.plain_setting', object: 'setting app.tenant', severity: 'medium' },
    mend: TABLES.map(
      (name) => `alter policy tenant on shop.${name} using (${MINE}) with check (${MINE})`,
    ).join(';'),
  },
  {
    name: 'restrictive policies and none that gives',
    break: `drop policy tenant on shop.payment; create policy tenant on shop.payment as restrictive to check_app using (${MINE}) with check (${MINE})`,
    expect: { rule: 'row_security.no_policy', object: 'table shop.payment', severity: 'low' },
  },
  {
    name: 'a policy that trusts a function which hands a plain setting on',
    break: `create function shop.claimed() returns uuid language sql stable set search_path = pg_catalog, pg_temp as $$ select nullif(current_setting('app.tenant', true), '')::uuid $$;
      alter function shop.claimed() owner to check_owner;
      alter policy tenant on shop.invoice using (tenant_id = (select shop.claimed())) with check (tenant_id = (select shop.claimed()))`,
    expect: { rule: 'policy.plain_setting', object: 'table shop.invoice', severity: 'medium' },
    mend: `alter policy tenant on shop.invoice using (${MINE}) with check (${MINE})`,
  },
  {
    name: 'a policy that takes an empty setting for a tenant',
    break: `alter policy tenant on shop.invoice using (tenant_id = (select current_setting('app.tenant', true)::uuid)) with check (tenant_id = (select current_setting('app.tenant', true)::uuid))`,
    expect: { rule: 'policy.empty_setting', object: 'policy tenant on shop.invoice', severity: 'low' },
    also: ['policy.plain_setting table shop.invoice'],
    mend: `alter policy tenant on shop.invoice using (${MINE}) with check (${MINE})`,
  },
  {
    name: 'a policy that asks who is logged in',
    break: `alter policy tenant on shop.invoice using (${MINE} and current_user = 'check_app')`,
    expect: { rule: 'policy.database_user', object: 'policy tenant on shop.invoice', severity: 'medium' },
    mend: `alter policy tenant on shop.invoice using (${MINE})`,
  },
  {
    name: 'a policy that believes a table which the judged may write',
    break: `create table shop.member (person text primary key, whose uuid not null); alter table shop.member owner to check_owner;
      grant select, insert on shop.member to check_app;
      alter policy tenant on shop.invoice using (tenant_id in (select m.whose from shop.member m)) with check (tenant_id in (select m.whose from shop.member m))`,
    expect: { rule: 'policy.writable_source', object: 'policy tenant on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a policy that calls a function whose names can be bent',
    break: `create table shop.member (person text primary key, whose uuid not null); alter table shop.member owner to check_owner; grant select on shop.member to check_app;
      create function shop.mine(uuid) returns boolean language plpgsql stable as $$ begin return exists (select from shop.member m where m.whose = $1); end $$;
      alter function shop.mine(uuid) owner to check_owner;
      alter policy tenant on shop.invoice using (${MINE} and shop.mine(tenant_id))`,
    expect: { rule: 'policy.function_bendable', object: 'function shop.mine(uuid)', severity: 'medium' },
  },
  {
    name: 'a policy that reads its own table',
    break: `alter policy tenant on shop.invoice using (${MINE} and exists (select from shop.invoice other where other.tenant_id = invoice.tenant_id))`,
    expect: { rule: 'policy.recursive', object: 'policy tenant on shop.invoice', severity: 'medium' },
    mend: `alter policy tenant on shop.invoice using (${MINE})`,
  },
];

runFaults('check on policies', faults);
