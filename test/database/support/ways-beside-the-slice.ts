/**
 * Ways beside a slice that a product's database may have, each by itself: what opens it, what an agent's SQL gets through it once the
 * guard is out of the way, and what it is called.
 */

export interface Way {
  readonly name: string;
  readonly open: string;
  /** What a slice role gets through it; missing where a SELECT alone gets nothing. */
  readonly exploit?: { readonly text: string; readonly shows: RegExp };
  readonly identity: string;
  /** Takes it away again, whatever was done about it. */
  readonly close: string;
}

const FOREIGN = `select name from public.customer where tenant = 'b' order by id limit 1`;

const FUNCTIONS: readonly Way[] = [
  {
    name: 'a function with its owner’s rights',
    open: `create function public.find(part text) returns text language sql security definer as $$${FOREIGN}$$`,
    exploit: { text: `select public.find('x')`, shows: /zephyr/ },
    identity: 'function public.find(text)',
    close: 'drop function public.find(text)',
  },
  {
    name: 'one whose name, and whose schema’s, are unlike the usual',
    open: `create schema tools; grant usage on schema tools to public;
      create function tools."Find it"(a int, "b c" text[] default null) returns text language plpgsql security definer as $$begin return (${FOREIGN}); end$$`,
    exploit: { text: `select tools."Find it"(1)`, shows: /zephyr/ },
    identity: 'function tools."Find it"(integer, text[])',
    close: 'drop schema tools cascade',
  },
  {
    name: 'one behind an operator, in a schema that is closed',
    open: `create schema closed;
      create function closed.peek(text, text) returns text language sql security definer as $$${FOREIGN}$$;
      create operator public.=== (function = closed.peek, leftarg = text, rightarg = text)`,
    exploit: { text: `select 'x' operator(public.===) 'y'`, shows: /zephyr/ },
    identity: 'function closed.peek(text, text)',
    close: 'drop schema closed cascade',
  },
  {
    name: 'one behind a cast, in a schema that is closed',
    open: `create schema closed; create type public.box as (a int);
      create function closed.unbox(public.box) returns text language sql security definer as $$${FOREIGN}$$;
      create cast (public.box as text) with function closed.unbox(public.box)`,
    exploit: { text: `select row(1)::public.box::text`, shows: /zephyr/ },
    identity: 'function closed.unbox(public.box)',
    close: 'drop schema closed cascade; drop type public.box',
  },
  {
    name: 'one that a domain checks with, in a schema that is closed',
    open: `create schema closed;
      create function closed.known(text) returns bool language plpgsql security definer as $$begin raise exception '%', (${FOREIGN}); end$$;
      create domain public.code as text check (closed.known(value))`,
    exploit: { text: `select 'x'::public.code`, shows: /zephyr/ },
    identity: 'function closed.known(text)',
    close: 'drop domain public.code; drop schema closed cascade',
  },
  {
    name: 'one that nobody else may execute, as a part of an aggregate',
    open: `create schema closed;
      create function closed.step(text, int) returns text language sql security definer as $$${FOREIGN}$$;
      revoke execute on function closed.step(text, int) from public;
      create aggregate public.gather(int) (sfunc = closed.step, stype = text)`,
    exploit: { text: 'select public.gather(id) from slice_support.customer', shows: /zephyr/ },
    identity: 'aggregate public.gather(integer)',
    close: 'drop aggregate public.gather(int); drop schema closed cascade',
  },
  {
    name: 'a procedure with its owner’s rights',
    open: 'create procedure public.close_day(day date) language plpgsql security definer as $$begin null; end$$',
    identity: 'procedure public.close_day(date)',
    close: 'drop procedure public.close_day(date)',
  },
  {
    name: 'a function in a language that no rights bind',
    open: `create function public.read(text) returns text language internal as 'pg_read_file_all'`,
    exploit: { text: `select public.read('PG_VERSION')`, shows: /1[58]/ },
    identity: 'function public.read(text)',
    close: 'drop function public.read(text)',
  },
  {
    name: 'a function of PostgreSQL’s that it keeps from everybody',
    open: 'grant execute on function pg_catalog.pg_read_file(text) to public',
    exploit: { text: `select pg_read_file('PG_VERSION')`, shows: /1[58]/ },
    identity: 'function pg_catalog.pg_read_file(text)',
    close: 'revoke execute on function pg_catalog.pg_read_file(text) from public',
  },
  {
    name: 'a function of Ringfence’s own',
    open: 'grant execute on function ringfence.sealed() to public',
    exploit: { text: 'select ringfence.sealed()::text', shows: /support/ },
    identity: 'function ringfence.sealed()',
    close: 'revoke execute on function ringfence.sealed() from public',
  },
  {
    name: 'an extension that runs the text it is given',
    open: 'create extension tablefunc',
    exploit: {
      text: `select (public.crosstab2('select ''a''::text, ''b''::text, session_user::text')).category_1`,
      shows: /ringfence_gateway/,
    },
    identity: 'extension tablefunc',
    close: 'drop extension tablefunc',
  },
  {
    name: 'an extension that connects to databases',
    open: 'create schema "Ext"; grant usage on schema "Ext" to public; create extension dblink schema "Ext"',
    exploit: {
      text: `select "Ext".dblink_connect('dbname=nowhere host=127.0.0.1 port=1 password=x user=x')`,
      shows: /08001/,
    },
    identity: 'extension dblink',
    close: 'drop schema "Ext" cascade',
  },
  {
    name: 'an extension that shows pages, and has nothing but functions in C',
    open: 'create extension pgrowlocks',
    identity: 'extension pgrowlocks',
    close: 'drop extension pgrowlocks',
  },
];

const RELATIONS: readonly Way[] = [
  {
    name: 'a table that everybody may read',
    open: `create table public.payroll as ${FOREIGN}; grant select on public.payroll to public`,
    exploit: { text: 'select name from public.payroll', shows: /zephyr/ },
    identity: 'table public.payroll',
    close: 'drop table public.payroll',
  },
  {
    name: 'a column of a table that everybody may read',
    open: `create table public."Pay roll" as select 1 as id, (${FOREIGN}) as who; grant select (who) on public."Pay roll" to public`,
    exploit: { text: 'select who from public."Pay roll"', shows: /zephyr/ },
    identity: 'table public."Pay roll"',
    close: 'drop table public."Pay roll"',
  },
  {
    name: 'a child of a table of the policy’s, which its row security does not hold on',
    open: `create table public.customer_old () inherits (public.customer);
      insert into public.customer_old values (9001, 'b', 'zephyr of old', 'x', 'x'); grant select on public.customer_old to public`,
    exploit: { text: 'select name from public.customer_old', shows: /zephyr of old/ },
    identity: 'table public.customer_old',
    close: 'drop table public.customer_old',
  },
  {
    name: 'reference data with a column that the slice hides',
    open: 'grant select on public.town to public',
    exploit: { text: 'select token from public.town', shows: /zephyr/ },
    identity: 'table public.town',
    close: 'revoke select on public.town from public',
  },
  {
    name: 'a view, which reads with its owner’s rights',
    open: `create view public.everybody as ${FOREIGN}; grant select on public.everybody to public`,
    exploit: { text: 'select name from public.everybody', shows: /zephyr/ },
    identity: 'view public.everybody',
    close: 'drop view public.everybody',
  },
  {
    name: 'a materialised view',
    open: `create materialized view public.kept as ${FOREIGN}; grant select on public.kept to public`,
    exploit: { text: 'select name from public.kept', shows: /zephyr/ },
    identity: 'materialized view public.kept',
    close: 'drop materialized view public.kept',
  },
  {
    name: 'a sequence, which counts the rows of every tenant',
    open: `create sequence public.order_number start 7001; select nextval('public.order_number'); grant select on public.order_number to public`,
    exploit: { text: 'select last_value from public.order_number', shows: /7001/ },
    identity: 'sequence public.order_number',
    close: 'drop sequence public.order_number',
  },
  {
    name: 'a catalog that PostgreSQL keeps from everybody',
    open: 'grant select on pg_catalog.pg_authid to public',
    exploit: { text: 'select max(rolpassword) from pg_authid', shows: /SCRAM-SHA-256/ },
    identity: 'table pg_catalog.pg_authid',
    close: 'revoke select on pg_catalog.pg_authid from public',
  },
  {
    name: 'a column of such a catalog',
    open: 'grant select (rolpassword) on pg_catalog.pg_authid to public',
    exploit: { text: 'select max(rolpassword) from pg_authid', shows: /SCRAM-SHA-256/ },
    identity: 'table pg_catalog.pg_authid',
    close: 'revoke select (rolpassword) on pg_catalog.pg_authid from public',
  },
  {
    name: 'a table of Ringfence’s own',
    open: 'grant select on ringfence.claim_key to public',
    exploit: { text: 'select max(key_id) from ringfence.claim_key', shows: /[a-z0-9]{4}/ },
    identity: 'table ringfence.claim_key',
    close: 'revoke select on ringfence.claim_key from public',
  },
];

const RIGHTS: readonly Way[] = [
  {
    name: 'a large object that everybody may read',
    open: `select lo_from_bytea(777, 'zephyr'); grant select on large object 777 to public`,
    exploit: { text: `select convert_from(lo_get(777), 'UTF8')`, shows: /zephyr/ },
    identity: 'large objects',
    close: 'select lo_unlink(777)',
  },
  {
    name: 'a membership of the slice role',
    open: 'grant pg_monitor to ringfence_slice_support',
    identity: 'membership of ringfence_slice_support in pg_monitor',
    close: 'revoke pg_monitor from ringfence_slice_support',
  },
  {
    name: 'a schema that everybody may create in',
    open: 'grant create on schema public to public',
    identity: 'create on schema public',
    close: 'revoke create on schema public from public',
  },
  {
    name: 'a schema that the gateway’s login may create in',
    open: 'create schema shelf; grant create on schema shelf to ringfence_gateway',
    identity: 'create on schema shelf',
    close: 'drop schema shelf',
  },
  {
    name: 'a setting of superusers’ that everybody may set',
    open: 'grant set on parameter lo_compat_privileges to public',
    exploit: {
      text: `select set_config('lo_compat_privileges', 'on', true)`,
      shows: /^\[\["on"\]\]$/,
    },
    identity: 'parameter lo_compat_privileges',
    close: 'revoke set on parameter lo_compat_privileges from public',
  },
  {
    name: 'tables that will be open from the moment they are made',
    open: 'alter default privileges in schema public grant select on tables to public',
    identity: 'default privileges of postgres on tables in schema public',
    close: 'alter default privileges in schema public revoke select on tables from public',
  },
  {
    name: 'schemas and sequences that will be',
    open: 'alter default privileges grant usage on schemas to public; alter default privileges grant all on sequences to public',
    identity: 'default privileges of postgres on schemas',
    close:
      'alter default privileges revoke usage on schemas from public; alter default privileges revoke all on sequences from public',
  },
];

export const WAYS: readonly Way[] = [...FUNCTIONS, ...RELATIONS, ...RIGHTS];
