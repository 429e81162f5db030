/**
 * A shop with several tenants in which `check` has nothing to find: what every fault is put into, one at a time.
 *
 * Its roles are the cluster's: `check_owner` owns everything and nobody is it, `check_app` is the login that the product uses,
 * `check_staff` a group without rights, `check_admin` a login that may do nothing yet. Who the tenant is, is not a setting but a row keyed by
 * backend and transaction that only a function of the owner's writes: SQL of the login's cannot choose it.
 */
import type { Template } from '../../support/database.js';

const ROLES = ['check_owner nologin', 'check_app login', 'check_admin login', 'check_staff nologin'] as const;

const MAKE_ROLES = ROLES.map((role) => {
  const [name, login] = role.split(' ');
  return `do $$ begin
    if not exists (select from pg_roles where rolname = '${name}') then create role ${name} ${login}; end if;
  end $$`;
}).join(';\n');

/** Roles outlive a database: makes those of the base what they were, whatever a fault or another file did to them. */
export const RESET_ROLES = `${MAKE_ROLES};
${ROLES.map(
  (role) =>
    `alter role ${role} nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit; alter role ${role.split(' ')[0]} reset all`,
).join(';\n')};
do $$ declare m record; begin
  for m in
    select distinct g.rolname as role, r.rolname as member
    from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles r on r.oid = a.member
    where r.rolname ~ '^(check|fault)_' or g.rolname ~ '^(check|fault)_'
  loop
    execute format('revoke %I from %I cascade', m.role, m.member);
  end loop;
end $$;
do $$ declare r text; begin
  for r in select rolname from pg_roles where rolname ~ '^fault_' loop
    execute format('drop owned by %I', r);
    execute format('drop role %I', r);
  end loop;
end $$`;

/** A table of the base: its rows belong to `tenant_id`. Options: what else stands in the table. */
const tenantTable = (name: string, columns: string): string => `
create table shop.${name} (
  tenant_id uuid not null references shop.tenant,
  id uuid not null default gen_random_uuid(),
  ${columns},
  primary key (tenant_id, id)
);
${fence(name, 'tenant_id')}`;

/** Row security as it should be, on a table of the base. */
export function fence(name: string, column: string): string {
  const rule = `${column} = (select shop.current_tenant())`;
  return `
alter table shop.${name} enable row level security;
alter table shop.${name} force row level security;
create policy tenant on shop.${name} to check_app using (${rule}) with check (${rule});
grant select, insert, update, delete on shop.${name} to check_app;`;
}

export const CLEAN_BASE: Template = {
  name: 'check_base',
  build: async (client) => {
    await client.query(MAKE_ROLES);
    await client.query(`
create schema shop authorization check_owner;
grant usage on schema shop to check_app;
set role check_owner;

create unlogged table shop.open_tenant (backend int primary key, started timestamptz not null, whose uuid not null);
create function shop.current_tenant() returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as
  'select o.whose from shop.open_tenant o where o.backend = pg_backend_pid() and o.started = now()';
revoke execute on function shop.current_tenant() from public;
grant execute on function shop.current_tenant() to check_app;

create table shop.tenant (id uuid primary key default gen_random_uuid(), name text not null);
${fence('tenant', 'id')}
revoke insert, update, delete on shop.tenant from check_app;

create table shop.country (code text primary key, name text not null);
grant select on shop.country to check_app;
${tenantTable('customer', 'name text not null, email text, country text references shop.country')}
${tenantTable('invoice', 'customer_id uuid not null, total numeric not null default 0, note text, foreign key (tenant_id, customer_id) references shop.customer (tenant_id, id)')}
create index on shop.invoice (tenant_id, customer_id);
create index on shop.customer (country);
${tenantTable('payment', 'invoice_id uuid not null, amount numeric not null, foreign key (tenant_id, invoice_id) references shop.invoice (tenant_id, id)')}
create index on shop.payment (tenant_id, invoice_id);
reset role;

insert into shop.country values ('DE', 'Germany'), ('FR', 'France');
insert into shop.tenant (id, name) select ('00000000-0000-4000-8000-00000000000' || n)::uuid, 'tenant ' || n from generate_series(1, 3) n;
insert into shop.customer (tenant_id, id, name, country)
  select t.id, gen_random_uuid(), 'customer ' || n, 'DE' from shop.tenant t, generate_series(1, 20) n;
insert into shop.invoice (tenant_id, customer_id, total) select c.tenant_id, c.id, 10 from shop.customer c;
insert into shop.payment (tenant_id, invoice_id, amount) select i.tenant_id, i.id, 10 from shop.invoice i;
analyze shop.tenant, shop.country, shop.customer, shop.invoice, shop.payment`);
  },
};
