/** Functions that reach past a slice: by name, and by what calls them. */
import { FOREIGN, type Way } from './way-beside-the-slice.js';

export const BY_FUNCTION: readonly Way[] = [
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
    name: 'one that sorts a type, which PostgreSQL asks nobody for a right to',
    open: `create schema closed; create type public.level as (n int);
      create function closed.level_cmp(public.level, public.level) returns int language plpgsql security definer as $$begin raise exception '%', (${FOREIGN}); end$$;
      revoke execute on function closed.level_cmp(public.level, public.level) from public;
      create function public.level_lt(public.level, public.level) returns bool language sql as 'select ($1).n < ($2).n';
      create operator public.<<| (function = public.level_lt, leftarg = public.level, rightarg = public.level);
      create function public.level_eq(public.level, public.level) returns bool language sql as 'select ($1).n = ($2).n';
      create operator public.=== (function = public.level_eq, leftarg = public.level, rightarg = public.level);
      create operator class public.level_ops default for type public.level using btree as
        operator 1 public.<<|, operator 3 public.===, function 1 closed.level_cmp(public.level, public.level)`,
    exploit: {
      text: `select row(id)::public.level from slice_support.customer order by row(id)::public.level using operator(public.<<|)`,
      shows: /zephyr/,
    },
    identity: 'function closed.level_cmp(public.level, public.level)',
    close:
      'drop schema closed cascade; drop type public.level cascade; drop operator family if exists public.level_ops using btree',
  },
  {
    name: 'one that is marked LEAKPROOF, and so sees rows before row security judges them',
    open: `create function public.seen(text) returns bool language plpgsql leakproof cost 1
      as $$begin if $1 like 'zephyr%' then raise exception '%', $1; end if; return true; end$$`,
    exploit: { text: 'select count(*) from slice_support.customer where public.seen(name)', shows: /zephyr/ },
    identity: 'function public.seen(text)',
    close: 'drop function public.seen(text)',
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
