import { type Fault, runFaults } from '../support/fault.js';

/** Whatever PostgreSQL takes for a name is found and mended under it. */
const ODD = `"Or'd er ""ü"" % \\ $1"`;
const MINE = 'tenant_id = (select shop.current_tenant())';
const TABLE = `create table shop.${ODD} (tenant_id uuid not null references shop.tenant, id uuid not null default gen_random_uuid(), primary key (tenant_id, id));
  alter table shop.${ODD} owner to check_owner, enable row level security, force row level security;
  grant select, insert, update, delete on shop.${ODD} to check_app;`;
const FENCED = `${TABLE} create policy ${ODD} on shop.${ODD} to check_app using (${MINE}) with check (${MINE});`;

const faults: readonly Fault[] = [
  {
    name: 'a policy with an odd name on such a table that lets everything through',
    break: `${TABLE} create policy ${ODD} on shop.${ODD} to check_app using (true) with check (true)`,
    expect: { rule: 'policy.always_true', object: `policy ${ODD} on shop.${ODD}` },
  },
  {
    name: 'a table with an odd name without row security',
    break: `${TABLE} alter table shop.${ODD} disable row level security`,
    expect: { rule: 'row_security.missing', object: `table shop.${ODD}` },
  },
  {
    name: 'a view with an odd name',
    break: `${FENCED} create view shop."a'b ""c" as select * from shop.${ODD}; grant select on shop."a'b ""c" to check_app`,
    expect: { rule: 'view.owner_rights', object: `view shop."a'b ""c"` },
  },
  {
    name: 'a function with an odd name and an odd argument',
    break: `${FENCED} create function shop."f'1 ""x"(shop.${ODD}) returns bigint language sql security definer set search_path = pg_catalog, pg_temp as $f$ select count(*) from shop.${ODD} $f$`,
    expect: { rule: 'function.reads_past', object: `function shop."f'1 ""x"(shop.${ODD})` },
  },
  {
    name: 'roles with odd names',
    break: `create role "fault_a'b ""c" nologin bypassrls; create role "fault_ü %s" login; grant "fault_a'b ""c" to "fault_ü %s"`,
    expect: { rule: 'role.reaches_bypass_rls', object: `role "fault_ü %s"` },
  },
  {
    name: 'an extension that is open to a role with an odd name',
    break: `create role "fault_it's 100%" login; create extension pageinspect; grant execute on function get_raw_page(text, bigint) to "fault_it's 100%"`,
    expect: { rule: 'extension.reaches_out', object: 'extension pageinspect' },
  },
];

runFaults('check on odd names', faults);
