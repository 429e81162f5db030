/** Statements that must not pass, by idea. PostgreSQL itself takes each of them, unless it is said why not. */
import type { DenialCode } from '../../../src/errors.js';

export interface Refused {
  readonly text: string;
  /** Default: `sql_refused`. */
  readonly code?: DenialCode;
  /** Why PostgreSQL would not run it as it stands. */
  readonly never?: string;
  /** The first version that knows it. */
  readonly since?: number;
}

const NO_TABLE: DenialCode = 'unknown_table';

/** Texts that share a code. */
const all = (texts: readonly string[], rest: Omit<Refused, 'text'> = {}): Refused[] =>
  texts.map((text) => ({ text, ...rest }));

/** A role, and what the statements are run against. */
export const SETUP = `
  create schema shop;
  set search_path = shop;
  create table customer (id int primary key, organization_id int, name text, email text, country text);
  create table invoice (id int primary key, organization_id int, customer_id int, total numeric, status text, created_at timestamptz,
    details jsonb, tags text[]);
  create table invoice_line (id int primary key, organization_id int, invoice_id int, quantity int, price numeric);
  create table salary (id int, amount numeric);
  create sequence ticket;
  create type mood as enum ('sad', 'happy');
  create type pair as (first int, second text);
  create domain short as text check (length(value) < 10);
  create function everything() returns setof salary language sql security definer as 'select * from shop.salary';
  create function everything(text) returns text language sql security definer as $$ select 'all of ' || $1 $$;
  create function anything(anyelement) returns text language sql security definer as $$ select 'all' $$;
  create function busiest() returns text language sql as $$ select 'noon' $$;
  create operator ### (leftarg = text, rightarg = text, function = textcat);
  insert into customer values (1, 1, 'Ada', 'ada@example.com', 'UK');
  prepare known as select 1;
`;

export const REFUSED: Readonly<Record<string, readonly Refused[]>> = {
  'settings are read or set': all([
    "select current_setting('server_version')",
    "select current_setting('is_superuser', true)",
    "select set_config('search_path', 'pg_catalog', false)",
    "select id from customer where set_config('app.tenant', '2', true) is not null",
    "select pg_catalog.set_config('app.tenant', '2', true)",
    "select CURRENT_SETTING('server_version')",
    'select "current_setting"(\'server_version\')',
    'select U&"\\0063urrent_setting"(\'server_version\')',
    "with x as (select set_config('work_mem', '64kB', true) as v) select v from x",
    "select (select current_setting('server_version') limit 1) from customer",
    "select 1 order by current_setting('server_version')",
    "select count(*) filter (where current_setting('server_version') is not null) from customer",
    "select count(*) over (order by current_setting('server_version')) from customer",
    "values (current_setting('server_version'))",
    "select 1 limit length(current_setting('server_version'))",
    "select * from current_setting('server_version')",
    "select * from rows from (current_setting('server_version'), generate_series(1, 2)) as t",
    "select case when true then current_setting('server_version') end",
    "select array[current_setting('server_version')]",
    'select setseed(0.5)',
    'show server_version',
    "set work_mem = '64kB'",
    'reset work_mem',
  ]),
  'a field that is a call in disguise': [
    ...all([
      "select ('server_version'::text).current_setting",
      "select ('shop.ticket'::regclass).nextval",
      "select (array['server_version'])[1].current_setting",
      "select (x).current_setting from unnest(array['server_version']) x",
      'select (row(1, 2)).f1',
    ]),
    ...all(
      [
        "select x.current_setting from unnest(array['server_version']) x",
        "select x.current_setting from unnest(array['server_version']) as x where true",
        "select customer.name, x.current_setting from customer, unnest(array['server_version']) x",
        "select (select x.current_setting) from unnest(array['server_version']) x",
        "select x.current_setting from regexp_split_to_table('server_version', ',') x",
        "select (select z from (select 1 as current_setting) c, (select c.current_setting as z) y) from unnest(array['server_version']) c",
        "select (select 1 from (select 1 as current_setting) c, customer a join customer b on c.current_setting is not null) from unnest(array['server_version']) c",
        'select x.everything from unnest(array[$$shop$$]) x',
        'select c.anything from customer c',
        'select c.anything from (select 1) c',
        'select c.pg_typeof from customer c',
      ],
      { code: 'unknown_column' },
    ),
    ...all([
      "select x.current_setting from coalesce('server_version') x",
      "select x.current_setting from cast('server_version' as text) x",
    ]),
    { text: "select x.current_setting from json_value('\"server_version\"'::jsonb, '$') x", since: 17 },
  ],
  'who is asking, and where': [
    ...all([
      'select current_user',
      'select session_user',
      'select user',
      'select current_role',
      'select current_catalog',
      'select current_schema',
      'select current_schema()',
      'select current_schemas(true)',
      'select current_database()',
      'select getpgusername()',
      'select inet_server_addr()',
      'select inet_client_addr()',
      'select version()',
      'select pg_backend_pid()',
      'select pg_postmaster_start_time()',
      'select pg_conf_load_time()',
      'select current_query()',
      'select id from customer where email = current_user',
    ]),
    ...all(['select pg_catalog.current_user'], { code: NO_TABLE, never: 'no such table' }),
  ],
  'roles and rights': all([
    'set role postgres',
    'reset role',
    'set session authorization default',
    "select has_table_privilege('shop.salary', 'select')",
    "select has_schema_privilege('shop', 'usage')",
    "select pg_has_role('postgres', 'member')",
    "select row_security_active('shop.salary')",
    "select acldefault('r', 10)",
    'grant select on salary to public',
    'alter role postgres set work_mem = 64',
    'create role someone',
  ]),
  'catalogs by table': [
    ...all(
      [
        'select * from pg_class',
        'select * from pg_catalog.pg_class',
        'select * from "pg_catalog"."pg_roles"',
        'select * from PG_CATALOG.PG_AUTHID',
        'select * from information_schema.tables',
        'select * from pg_stat_activity',
        'select * from pg_settings',
        'select * from pg_stats',
        'select * from pg_locks',
        'select * from pg_prepared_statements',
        'select * from pg_cursors',
        'table pg_user',
        'select id from customer where exists (select from pg_tables)',
        'select (select count(*) from pg_class)',
        'with x as (table pg_class) select * from x',
        'select 1 union all select count(*) from pg_database',
        'select * from customer c, lateral (select relname from pg_class limit 1) r',
        'select * from customer c join pg_roles r on true',
        'select * from salary',
        'select * from shop.salary',
        'select * from U&"\\0070g_class"',
        'select * from ticket',
      ],
      { code: NO_TABLE },
    ),
    ...all(
      ['select * from ringfence.keys', 'select * from pg_temp.customer', 'select * from public.customer'],
      { code: NO_TABLE, never: 'there is none here' },
    ),
  ],
  'the catalogs by function or type': [
    ...all([
      "select 'pg_class'::regclass",
      "select cast('postgres' as regrole)",
      "select regclass 'pg_class'",
      "select 'pg_class'::regclass::oid",
      "select 'shop'::regnamespace",
      "select 'int4'::regtype",
      "select 'now'::regproc",
      "select 'lower(text)'::regprocedure",
      'select 1259::oid',
      "select regclass('pg_class')",
      "select '{pg_class}'::regclass[]",
      "select '{pg_class}'::_regclass",
      "select to_regclass('shop.salary')",
      "select to_regtype('shop.pair')",
      'select format_type(23, null)',
      "select coalesce(pg_typeof(1), 'shop.salary')",
      "select pg_relation_size('shop.salary')",
      "select pg_get_functiondef('shop.busiest'::regproc)",
      "select obj_description(1259, 'pg_class')",
      'select col_description(1259, 1)',
      "select * from json_to_record('{}') as x (a regclass)",
      "select * from json_to_recordset('[{}]') as x (a int)",
      'select null::shop.salary',
      'select (null::shop.pair).first',
      "select '0/0'::pg_lsn",
      "select '1'::xid",
      "select '(0,1)'::tid",
      "select 'a'::shop.short",
    ]),
    ...all(["select pg_input_is_valid('shop.salary', 'regclass')"], { since: 16 }),
  ],
  'functions that take SQL': [
    ...all([
      "select query_to_xml('select * from shop.salary', true, true, '')",
      "select query_to_xmlschema('select 1', true, true, '')",
      "select table_to_xml('shop.salary', true, true, '')",
      "select schema_to_xml('shop', true, true, '')",
      "select database_to_xml(true, true, '')",
      "select * from ts_stat('select to_tsvector(''a'')')",
      "select ts_rewrite('a'::tsquery, 'select ''a''::tsquery, ''b''::tsquery')",
    ]),
    ...all(["select cursor_to_xml('c', 1, true, true, '')"], { never: 'no such cursor' }),
  ],
  XML: [
    ...all([
      'select xmlelement(name a)',
      "select xmlparse(document '<a/>')",
      "select xmlforest('a' as b)",
      "select xmlpi(name php, 'x')",
      "select xmlconcat('<a/>', '<b/>')",
      "select '<a/>'::xml",
      "select xpath('/a', '<a/>')",
      "select xmlserialize(content '<a/>' as text)",
      "select * from xmltable('/a' passing '<a/>' columns b text)",
      "select xmlexists('/a' passing '<a/>')",
    ]),
    ...all(["select '<a/>' is document"], { never: 'needs a value of the type' }),
  ],
  'the product’s own functions and operators': [
    ...all([
      'select * from everything()',
      'select * from shop.everything()',
      "select shop.everything('x')",
      'select anything(c) from customer c',
      "select 'a' operator(shop.###) 'b'",
    ]),
    ...all(
      ['select * from customer order by name using operator(shop.###)', "select 'a' collate shop.german"],
      { never: 'no such ordering' },
    ),
  ],
  'files, large objects, the server': [
    ...all([
      "select pg_read_file('PG_VERSION')",
      "select pg_read_binary_file('PG_VERSION')",
      "select pg_ls_dir('.')",
      "select pg_stat_file('PG_VERSION')",
      'select lo_create(0)',
      "select lo_from_bytea(0, 'x')",
      "select lo_import('PG_VERSION')",
      'select pg_reload_conf()',
      'select pg_stat_reset()',
      'select pg_cancel_backend(-1)',
      'select pg_terminate_backend(-1)',
      "select pg_logical_emit_message(false, 'a', 'b')",
      'select pg_switch_wal()',
      'select txid_current()',
      'select pg_current_xact_id()',
      'select pg_current_wal_lsn()',
    ]),
    ...all(
      [
        'select lo_get(lo_create(0))',
        'select pg_rotate_logfile()',
        'select pg_create_restore_point($$x$$)',
        'select pg_export_snapshot()',
      ],
      { never: 'needs a server set up for it' },
    ),
  ],
  'notifications, locks, sleep': all([
    "select pg_notify('a', 'b')",
    'notify a',
    'listen a',
    'select pg_advisory_lock(1)',
    'select pg_try_advisory_xact_lock(1)',
    'select pg_sleep(0)',
    "select pg_sleep_for('0 s')",
    'select * from customer for update',
    'select * from customer for no key update skip locked',
    'select * from customer c for share of c nowait',
    'select * from (select * from customer for key share) x',
    'lock table customer',
  ]),
  sequences: [
    ...all(["select nextval('shop.ticket')", "select setval('shop.ticket', 5)"]),
    ...all(["select currval('shop.ticket')", 'select lastval()'], { never: 'not used in this session yet' }),
  ],
  'anything but a SELECT': all(
    [
      "insert into customer values (2, 1, 'x')",
      "update customer set name = 'x'",
      'delete from customer',
      'truncate customer',
      'merge into customer c using invoice i on false when matched then do nothing',
      'create table x (a int)',
      'create temp table x (a int)',
      'create table x as select 1',
      'select 1 into x',
      'select * into temp x from customer',
      'drop table invoice_line',
      'alter table customer add x int',
      'create view x as select 1',
      'create function f() returns int language sql as $$ select 1 $$',
      'do $$ begin end $$',
      'copy customer to stdout',
      "copy (select 1) to program 'cat'",
      'explain select 1',
      'explain analyze select 1',
      'prepare p as select 1',
      'execute known',
      'deallocate known',
      'declare c cursor for select 1',
      'fetch all from c',
      'close all',
      'begin',
      'commit',
      'rollback',
      'savepoint s',
      "prepare transaction 'x'",
      'discard all',
      'vacuum',
      'analyze customer',
      'reindex table customer',
      'cluster',
      'checkpoint',
      "load 'plpgsql'",
      'call nothing()',
      'create extension plpgsql',
      'refresh materialized view x',
      'comment on table customer is null',
      "security label on table customer is 'x'",
      'with d as (delete from customer returning *) select * from d',
      "with i as (insert into customer values (3, 1, 'x') returning *) select * from i",
      "with u as (update customer set name = 'x' returning *) select * from u",
      'with a as (with b as (delete from customer returning id) select * from b) select * from a',
      'with m as (merge into customer c using invoice i on false when matched then delete returning 1) select * from m',
    ],
    { never: 'not all of them run in a transaction' },
  ),
  'more than one statement': all(
    [
      'select 1; select 2',
      'select 1; drop table customer',
      'select 1;;select 2',
      'select 1; -- \n select 2',
      'select 1; commit; select 2',
    ],
    { never: 'several statements' },
  ),
  'no statement at all, or none that can be read': all(
    [
      '',
      ' ',
      ';',
      '-- nothing',
      '/* nothing',
      'select 1\0',
      'select 1\0; drop table customer',
      "select '\ud800'",
      "select '\udc00\ud800'",
      "select 'unterminated",
      'select "unterminated',
      'select $a$ unterminated',
      "select U&'\\d800'",
      "select e'\\x00'",
      'select "" from customer',
      'selec 1',
      'select * fro customer',
      'select 1e',
      'select @@version limit 1 for',
    ],
    { code: 'sql_invalid', never: 'it cannot be read' },
  ),
  'system columns': all([
    'select ctid from customer',
    'select c.xmin from customer c',
    'select id from customer where xmax is null',
    'select tableoid from customer',
    'select id from customer where cmin is not null',
    'select cmax from customer',
  ]),
  'the boundary is named': all(
    [
      'select organization_id from customer',
      'select c.organization_id from customer c',
      'select id from customer where organization_id = 2',
      'select id from customer order by organization_id',
      'select "organization_id" from customer',
      'select count(*) from customer group by organization_id',
      'select (select c.organization_id) from customer c',
    ],
    { code: 'tenant_named' },
  ),
  'parameters of the statement around it': all(
    ['select $1', 'select id from customer where id = $1', 'select $3::text'],
    {
      never: 'no value is given',
    },
  ),
  'other constructs': [
    ...all([
      'select * from only customer',
      'select * from customer tablesample system (10)',
      'select shop.customer.name from shop.customer',
    ]),
    ...all(['select $1.x', 'values (default)'], {
      never: 'wrong here',
    }),
  ],
  'much out of little': all(
    [
      "select repeat('x', 1000000000)",
      "select repeat('x', '1000000000')",
      "select repeat('x', -(-1000000000))",
      "select repeat('x', 1000 * 1000 * 1000)",
      "select lpad('x', 1000000000)",
      "select rpad('x', 1000000000, 'y')",
      'select repeat(name, id) from customer',
      'select array_fill(1, array[100000000])',
      'select array_fill(1, array[10000, 10000])',
      "select format('%1000000000s', 'x')",
      "select format('%*s', 1000000000, 'x')",
      'select format(name) from customer',
      'select count(*) from generate_series(1, 1000000000000)',
      "select 'x'::char(10000000)",
      'select cast(1 as bit(80000000))',
    ],
    { code: 'limit_exceeded', never: 'it would, for a gigabyte' },
  ),
};
