import type { Idea } from '../support/attack.js';

/** A name means what the search path says, and the schema for temporary things comes first. */
export const shadowing: Idea = {
  name: 'shadowing',
  about: 'temporary and other objects that are found before the ones that were meant',
  attacks: [
    {
      name: 'a temporary table in a table’s place',
      text: `create temp table ticket as select 1 as id, 'shadow'::text as body`,
      aim: 'session',
      raw: { where: 'session', next: ['select body from ticket', /shadow/] },
    },
    {
      name: 'SELECT INTO a temporary table',
      text: `select 'shadow'::text as body into temp ticket`,
      aim: 'session',
      raw: { where: 'session', next: ['select body from ticket', /shadow/] },
    },
    {
      name: 'SELECT INTO a table',
      text: `select body into public.kept from {ticket}`,
      aim: 'writes',
      raw: { next: ['select body from kept', /We asked/] },
    },
    {
      name: 'CREATE TABLE AS of what is read',
      text: `create table public.kept as select body from {ticket}`,
      aim: 'writes',
      raw: { next: ['select body from kept', /We asked/] },
    },
    {
      name: 'CREATE TABLE AS EXECUTE',
      text: `create temp table kept as execute nothing`,
      aim: 'session',
      raw: { refused: '26000' },
    },
    {
      name: 'a temporary view in a table’s place',
      text: `create temp view ticket as select 1 as id, 'shadow'::text as body`,
      aim: 'session',
      raw: { where: 'session', next: ['select body from ticket', /shadow/] },
    },
    {
      name: 'a function in pg_temp, called as if it were PostgreSQL’s',
      text: `create function pg_temp.current_setting(text, bool) returns text language sql as $$ select 'northstar-design' $$;
        select pg_temp.current_setting('app.tenant', true)`,
      aim: 'identity',
      raw: { says: /northstar-design/ },
    },
    {
      name: 'a function in public, before PostgreSQL’s on a turned search path',
      text: `create function public.now() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
        select set_config('search_path', 'public, pg_catalog', true); select now()`,
      aim: 'writes',
      raw: { says: /1970/ },
    },
    {
      name: 'an operator of equality in public, before PostgreSQL’s',
      text: `create function public.always(text, text) returns bool language sql as 'select true';
        create operator public.= (function = public.always, leftarg = text, rightarg = text);
        select set_config('search_path', 'public, pg_catalog', true); select 'a'::text = 'b'::text`,
      aim: 'writes',
      raw: { says: /"t"\]\]\]$/ },
    },
    {
      name: 'a type in pg_temp with a column type’s name',
      text: `create type pg_temp.urgency as enum ('shadow'); select 'shadow'::pg_temp.urgency`,
      aim: 'session',
      raw: { says: /shadow/ },
    },
    {
      name: 'a CTE with the name of a table',
      text: `with ticket as (select body, org_id from public.announcement) select body from ticket`,
      aim: 'rows',
      raw: { says: /zephyr moves house/ },
      onlyTheGuard: { what: 'product', shows: /zephyr moves house/ },
    },
    {
      name: 'a CTE with the name of a table, reading itself before it is there',
      text: `with invoice as (select terms from public.invoice) select terms from invoice`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr terms/ },
    },
    {
      name: 'a CTE in an inner query whose name means the table outside',
      text: `select (with memo as (select 'x'::text as body) select body from memo), m.body from {memo} m`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr at the same desk/ },
      guard: 'scoped',
    },
    {
      name: 'an alias with the name of another table',
      text: `select invoice.body from {ticket} as invoice`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'an alias that renames the columns, so that a denied one is another’s name',
      text: `select c.portal_password from {customer} as c (id, portal_password, c3, c4, c5, c6, c7)`,
      aim: 'columns',
      raw: { refused: '42702' },
      guard: 'scoped',
    },
    {
      name: 'a schema of the attacker’s',
      text: `create schema slice_support_2 create table ticket (body text)`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a table in the catalog’s own schema',
      text: `create table pg_catalog.pg_extra (id int)`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
    {
      name: 'the temporary schema of another session, by its number',
      text: `select relname from pg_class where relnamespace::regnamespace::text ~ '^pg_temp'`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /^\[/ },
    },
  ],
};
