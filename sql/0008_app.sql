-- The product's own tool code, in the database.
--
-- ringfence_app is a second login: tools that the product has written run as it, one transaction each, sealed with the boundary of the call
-- they serve. It holds rights on the tables of the policy, and row-level security keeps it inside the sealed tenant. Unlike an agent's
-- statements, its SQL is the product's and is trusted not to end its transaction; should it do so, the seal is gone with it, and what
-- follows sees no rows.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ringfence_app') then
    create role ringfence_app login nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
  end if;
end
$$;

alter role ringfence_app set search_path = pg_catalog;
alter role ringfence_app set datestyle = 'ISO, YMD';
alter role ringfence_app set timezone = 'UTC';
alter role ringfence_app set intervalstyle = 'postgres';
alter role ringfence_app set extra_float_digits = 1;
alter role ringfence_app set bytea_output = 'hex';
alter role ringfence_app set client_encoding = 'UTF8';
alter role ringfence_app set standard_conforming_strings = on;
alter role ringfence_app set statement_timeout = '60s';
alter role ringfence_app set idle_in_transaction_session_timeout = '60s';

set local role ringfence_owner;
grant usage on schema ringfence to ringfence_app;
grant execute on function
  ringfence.enter(text), ringfence.domain(), ringfence.append(uuid, text, bigint, bigint),
  ringfence.tenant(), ringfence.workspace(), ringfence.user_id(), ringfence.role(), ringfence.run_id() to ringfence_app;
reset role;
