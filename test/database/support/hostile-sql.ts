/**
 * Texts that no guard has seen, by what they are after. For each: what becomes of it. `rows` where it runs and must have come to nothing;
 * an SQLSTATE where PostgreSQL refuses.
 */

export interface HostileSql {
  readonly text: string;
  /** One state, or the states that versions of PostgreSQL differ in. */
  readonly comes: string | readonly string[];
}

const each = (comes: HostileSql['comes'], texts: readonly string[]): readonly HostileSql[] =>
  texts.map((text) => ({ text, comes }));

/** Refused because a cursor takes one statement that gives rows. */
const NOT_A_CURSOR = '42P11';
/** Refused because the function is STABLE. */
const NOT_STABLE = '0A000';
const READ_ONLY = '25006';
const FORBIDDEN = '42501';
const SYNTAX = '42601';
const UNKNOWN_RELATION = '42P01';

export const HOSTILE_SQL: Readonly<Record<string, readonly HostileSql[]>> = {
  'a second statement': [
    ...each(NOT_A_CURSOR, [
      'select 1; select 2',
      'select 1; set statement_timeout = 0',
      'select 1; drop table customer',
      'select 1; prepare kept as select 1',
      'select 1;; commit',
      "select 1; select set_config('synchronous_commit', 'off', false)",
      '',
      ';',
      '-- nothing',
    ]),
    ...each(SYNTAX, ['select 1); drop table customer; (select 1', 'select 1 /* ', "select '", 'select $$']),
    ...each('rows', ['select 1;', 'select 1 -- ; drop table customer', 'select 1 /* ; */ ;']),
  ],
  'a statement that is no query': each(NOT_A_CURSOR, [
    'set statement_timeout = 0',
    'set local role ringfence_gateway',
    'set session authorization postgres',
    'reset all',
    'reset role',
    'begin',
    'commit',
    'rollback',
    'savepoint s',
    'discard plans',
    'do $$ begin perform 1; end $$',
    'listen canary',
    "notify canary, 'zephyr'",
    'prepare kept as select 1',
    'deallocate all',
    'declare kept cursor with hold for select 1',
    'close all',
    'fetch all from "<unnamed portal 1>"',
    'lock table slice_support.customer',
    'copy (select 1) to stdout',
    "copy slice_support.customer from program 'id'",
    'create table made (id int)',
    'create temp table made (id int)',
    'create table made as select 1',
    'select 1 into made',
    'select 1 into temp made',
    'create view made as select 1',
    'create function made() returns int language sql as $$ select 1 $$',
    'alter role ringfence_gateway superuser',
    "alter role ringfence_gateway set work_mem = '1GB'",
    'alter function slice_support.execute(text, text, text, text, int, int) security invoker',
    'grant ringfence_slice_finance to ringfence_slice_support',
    'drop view slice_support.customer',
    'truncate slice_support.customer',
    'vacuum',
    'analyze',
    'checkpoint',
    "load 'plpgsql'",
    'refresh materialized view slice_support.customer',
    "comment on role ringfence_gateway is 'zephyr'",
    "security label on role ringfence_gateway is 'zephyr'",
  ]),
  'a command that gives rows, and is no query': each(NOT_STABLE, [
    'explain select * from slice_support.customer',
    'explain (analyze, verbose) select * from slice_support.customer',
    'explain (format json) select 1',
    'show all',
    'show search_path',
    'execute ringfence_execute(null, null, null, null, null, null, null)',
  ]),
  'a write': [
    // With the rights for it: the slice may create, update and delete memos.
    ...each(NOT_STABLE, [
      "insert into slice_support.memo (tenant, body) values ('a', 'made') returning id",
      "with w as (insert into slice_support.memo (tenant, body) values ('a', 'made') returning id) select id from w",
      "update slice_support.memo set body = 'changed' returning id",
      "with w as (update slice_support.memo set body = 'changed') select 1",
      'delete from slice_support.memo returning id',
      'with w as (delete from slice_support.memo returning id) select * from w',
      'select id from slice_support.memo for update',
      'select m.id from slice_support.memo m, lateral (select 1) l for no key update of m',
      'select id from slice_support.memo for key share skip locked',
    ]),
    ...each(NOT_A_CURSOR, [
      "insert into slice_support.memo (tenant, body) values ('a', 'made')",
      'delete from slice_support.memo',
    ]),
    ...each(READ_ONLY, [
      "select nextval('public.memo_id_seq')",
      "select ringfence.append('00000000-0000-7000-8000-00000000abcd', '{}', 1)",
    ]),
    ...each(FORBIDDEN, [
      "select setval('public.counter', 100)",
      "insert into slice_support.town values ('X', 'x') returning code",
    ]),
    ...each(['rows', READ_ONLY], ["select lo_from_bytea(0, 'zephyr')", 'select lo_creat(-1)']),
  ],
  'another role': [
    ...each(FORBIDDEN, [
      "select set_config('role', 'ringfence_slice_finance', true)",
      "select set_config('role', 'none', false)",
      "select set_config('session_authorization', 'postgres', true)",
      'select * from slice_finance.purchase',
      'select * from ringfence.claim_key',
      'select * from ringfence.install',
      'select * from ringfence.event_pending',
      'select * from scope_finance.purchase',
      "select ringfence.enter('x')",
      "select ringfence.claim_fields('x')",
      'select ringfence.sealed()',
      "select * from ringfence.execute('x', 'select 1', 1, 1, null, null, null)",
      "select slice_support.execute('select 1', 'b', null, 'u1', 10, 1000)",
      "select slice_finance.execute('select 1', 'b', null, 'u1', 10, 1000)",
      "select ringfence.record(array['x'], array['00000000-0000-7000-8000-00000000abcd']::uuid[], array['{}'], array[1])",
      'select ringfence.sequence(1)',
    ]),
  ],
  'the tables themselves': [
    ...each(FORBIDDEN, [
      'select * from public.customer',
      'select count(*) from public.purchase',
      'select c from public.customer c',
      "select table_to_xml('public.customer', true, false, '')",
      "select query_to_xml('select * from public.customer', true, false, '')",
      "select * from ts_stat('select to_tsvector(name) from public.customer')",
      "select ts_rewrite('a'::tsquery, 'select name::tsquery, name::tsquery from public.customer')",
      'select token from public.customer',
    ]),
    ...each('42703', ['select token from slice_support.customer']),
    ...each(UNKNOWN_RELATION, ['select * from customer', 'select * from pg_temp.customer']),
  ],
  'a query in a text': [
    ...each('rows', [
      "select query_to_xml('select * from slice_support.customer', true, false, '')",
      "select table_to_xml('slice_support.customer', true, false, '')",
      "select * from ts_stat('select to_tsvector(name) from slice_support.customer')",
    ]),
    ...each(NOT_STABLE, [
      "select query_to_xml('set statement_timeout = 0', true, false, '')",
      "select query_to_xml('explain select * from slice_support.customer', true, false, '')",
      "select query_to_xml('delete from slice_support.memo', true, false, '')",
      "select query_to_xml('delete from slice_support.memo returning id', true, false, '')",
    ]),
    ...each('22000', ["select query_to_xml('select 1; commit', true, false, '')"]),
    ...each('34000', ["select cursor_to_xml('ringfence', 10, true, false, '')"]),
    ...each(['55000', '24000', '34000'], ["select cursor_to_xml('<unnamed portal 1>', 10, true, false, '')"]),
  ],
  'a setting': [
    ...each('rows', [
      "select set_config('synchronous_commit', 'off', true)",
      "select set_config('synchronous_commit', 'off', false)",
      "select set_config('statement_timeout', '0', false)",
      "select set_config('search_path', 'public', false)",
      "select set_config('standard_conforming_strings', 'off', false)",
      "select set_config('client_encoding', 'LATIN1', false)",
      "select set_config('DateStyle', 'German', false), set_config('TimeZone', 'Asia/Tokyo', false)",
      "select set_config('application_name', 'zephyr', false)",
      "select set_config('default_transaction_read_only', 'on', false)",
      "select set_config('row_security', 'off', false)",
      "select set_config('work_mem', '1GB', false), set_config('plan_cache_mode', 'force_generic_plan', false)",
      "select set_config('bytea_output', 'escape', false), set_config('extra_float_digits', '-15', false)",
      "select set_config('ringfence.seal', '', false)",
      "select set_config('ringfence.seal', replace(current_setting('ringfence.seal'), 'a' || chr(31), 'b' || chr(31)), true), (select count(*) from slice_support.customer where name ~ 'zephyr')",
    ]),
    ...each('25001', ["select set_config('transaction_isolation', 'serializable', true)"]),
    ...each(['25001', '25006'], ["select set_config('transaction_read_only', 'off', true)"]),
    ...each(FORBIDDEN, [
      "select set_config('session_replication_role', 'replica', true)",
      "select set_config('log_statement', 'all', false)",
      "select set_config('temp_file_limit', '-1', false)",
    ]),
    ...each(NOT_STABLE, [
      "update pg_catalog.pg_settings set setting = 'off' where name = 'synchronous_commit' returning name",
    ]),
    ...each('rows', ["select set_config('synchronous_commit', 'off', false) where 1 / (select 1) = 1"]),
    ...each('22012', ["select set_config('synchronous_commit', 'off', false), 1 / (select 0)"]),
  ],
  'what a rollback does not undo': [
    ...each('rows', [
      'select pg_advisory_lock(1)',
      'select pg_advisory_lock_shared(2), pg_advisory_lock(3, 4), pg_try_advisory_lock(5)',
      'select pg_advisory_xact_lock(6)',
      "select pg_notify('canary', 'zephyr')",
      'select txid_current()',
      'select pg_current_xact_id()',
    ]),
    ...each('22012', ['select pg_advisory_lock(7), 1 / (select 0)']),
    ...each('55000', ["select currval('public.memo_id_seq')", 'select lastval()']),
    ...each(['25001', '0A000'], ['select pg_export_snapshot()']),
  ],
  'other sessions and the server': [
    ...each(FORBIDDEN, [
      "select pg_read_file('postgresql.conf')",
      "select pg_ls_dir('.')",
      "select lo_import('/etc/passwd')",
      'select pg_reload_conf()',
      'select pg_switch_wal()',
      'select pg_stat_reset()',
      'select * from pg_authid',
      'select * from pg_statistic',
      'select * from pg_hba_file_rules',
    ]),
    ...each('rows', [
      'select query from pg_stat_activity',
      "select * from pg_stats where tablename in ('customer', 'purchase')",
      'select statement from pg_prepared_statements',
      'select current_query()',
    ]),
  ],
  'shapes that a naive wrapper breaks on': [
    ...each('rows', [
      'select 1 as a, 2 as a, 3 as a',
      'table slice_support.town',
      "values (1, 'x'), (2, 'y')",
      '(select 1)',
      'with recursive r (n) as (select 1 union all select n + 1 from r where n < 50) select n from r',
      'select c from slice_support.customer c',
      'select row_to_json(c), c::text, (c).name from slice_support.customer c',
      'select (select array_agg(name) from slice_support.customer) from slice_support.town',
      'select t.*, l.* from slice_support.town t, lateral (select count(*) from slice_support.customer where name <> t.name) l',
      'select $1, $2, $3',
      'select 1 where false',
      'select',
    ]),
    ...each('42P02', ['select $4']),
    ...each('42804', ["select 1 union select 'x'::text"]),
  ],
};
