/** What may be read past a slice, and rights that open more than one object. */
import { FOREIGN, type Way } from './way-beside-the-slice.js';

export const BY_RELATION: readonly Way[] = [
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
    name: 'a foreign table, which reads a file of the server’s',
    open: `create extension file_fdw; create server files foreign data wrapper file_fdw;
      create foreign table public.version_file (line text) server files options (filename 'PG_VERSION');
      grant select on public.version_file to public`,
    exploit: { text: 'select line from public.version_file', shows: /1[58]/ },
    identity: 'foreign table public.version_file',
    close: 'drop extension file_fdw cascade',
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

export const BY_RIGHT: readonly Way[] = [
  {
    name: 'a large object that everybody may read',
    open: `select lo_from_bytea(777, 'zephyr'); grant select on large object 777 to public`,
    exploit: { text: `select convert_from(lo_get(777), 'UTF8')`, shows: /zephyr/ },
    identity: 'large objects',
    close: 'select lo_unlink(777)',
  },
  {
    name: 'large objects that nobody is asked for rights on',
    open: 'alter role ringfence_gateway set lo_compat_privileges = on',
    identity: 'setting lo_compat_privileges',
    close: 'alter role ringfence_gateway reset lo_compat_privileges',
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
