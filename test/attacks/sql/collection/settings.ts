import type { Idea } from '../support/attack.js';

/** Settings are state that any SELECT can change: `set_config` is a function like another. */
export const settings: Idea = {
  name: 'settings',
  about: 'set_config inside a SELECT, of what decides who sees what and what the next statement means',
  attacks: [
    {
      name: 'the tenant changed while rows are being looked at',
      text: `select body from {ticket} where set_config('{seal}', '{forged}', true) is not null`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the tenant changed in a materialized CTE that is read first',
      text: `with moved as materialized (select set_config('{seal}', '{forged}', true) as to_design)
        select t.body from moved cross join {ticket} t where moved.to_design is not null`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the tenant changed in the select list, before a subquery beside it',
      text: `select set_config('{seal}', '{forged}', true), (select string_agg(body, ',') from {ticket})`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the tenant changed on the outer side of a lateral join',
      text: `select t.body from generate_series(1, 1) n, lateral (select set_config('{seal}', '{forged}', true)) s (v),
        lateral (select body from {ticket} where s.v is not null) t`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the tenant changed inside an aggregate’s argument, between two scans',
      text: `select (select count(set_config('{seal}', '{forged}', true)) from {plan}) as n, t.body from {ticket} t
        where (select count(set_config('{seal}', '{forged}', true)) from {plan}) > 0`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the tenant for the rest of the session',
      text: `select set_config('{seal}', '{forged}', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['select body from ticket', /zephyr/] },
    },
    {
      name: 'the tenant blanked, so that a rule with a fallback opens',
      text: `select set_config('{seal}', '', true), count(*) from {ticket}`,
      aim: 'session',
      raw: { next: [`select 'blank:' || current_setting('app.tenant')`, /blank:"/] },
    },
    {
      name: 'search_path led through a schema of the attacker’s',
      text: `select set_config('search_path', 'pg_temp, public, pg_catalog', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show search_path', /pg_temp/] },
    },
    {
      name: 'row security off, to make it an error or a hole',
      text: `select set_config('row_security', 'off', false) from {ticket} limit 1`,
      aim: 'session',
      raw: { where: 'session', next: ['show row_security', /off/] },
    },
    {
      name: 'read-only taken back inside the statement',
      text: `select set_config('transaction_read_only', 'off', true)`,
      aim: 'writes',
      raw: { moot: 'a product’s own transactions are not read-only' },
    },
    {
      name: 'every later transaction made read-only',
      text: `select set_config('default_transaction_read_only', 'on', false)`,
      aim: 'session',
      raw: {
        where: 'session',
        next: [`update ticket set status = status where id = 1`, /read-only transaction/],
      },
    },
    {
      name: 'the commit of whatever follows made not durable',
      text: `select set_config('synchronous_commit', 'off', false) from {plan}`,
      aim: 'session',
      raw: { where: 'session', next: ['show synchronous_commit', /off/] },
    },
    {
      name: 'the time limit lifted for later statements',
      text: `select set_config('statement_timeout', '0', false), set_config('idle_in_transaction_session_timeout', '0', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['select pg_sleep(0.4)', /^\[\[\[""\]\]\]$/] },
    },
    {
      name: 'a time limit so short that every later statement fails',
      text: `select set_config('lock_timeout', '1', false), set_config('statement_timeout', '1', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['select pg_sleep(0.1)', /statement timeout/] },
    },
    {
      name: 'isolation of every later transaction',
      text: `select set_config('default_transaction_isolation', 'serializable', false),
        set_config('default_transaction_deferrable', 'on', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show transaction_isolation', /serializable/] },
    },
    {
      name: 'plans of later statements, made slow on purpose',
      text: `select set_config('enable_indexscan', 'off', false), set_config('plan_cache_mode', 'force_custom_plan', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show enable_indexscan', /off/] },
    },
    {
      name: 'a name that other sessions see, under somebody else’s name',
      text: `select set_config('application_name', 'billing of northstar-design', false)`,
      aim: 'session',
      raw: {
        where: 'session',
        elsewhere: [`select application_name from pg_stat_activity`, /billing of northstar-design/],
      },
    },
    {
      name: 'logging of the server, by a login that may',
      text: `select set_config('log_min_messages', 'panic', false), set_config('log_statement', 'none', false)`,
      aim: 'session',
      raw: { as: 'superuser', where: 'session', next: ['show log_min_messages', /panic/] },
    },
    {
      name: 'triggers and foreign keys off, by a login that may',
      text: `select set_config('session_replication_role', 'replica', false)`,
      aim: 'session',
      raw: { as: 'superuser', where: 'session', next: ['show session_replication_role', /replica/] },
    },
    {
      name: 'what a backslash means in every later literal',
      text: `select set_config('standard_conforming_strings', 'off', false), set_config('backslash_quote', 'on', false)`,
      aim: 'session',
      raw: { where: 'session', next: [`select length('\\\\\\\\')`, /"1"|"2"/] },
    },
    {
      name: 'how every later date is read and written',
      text: `select set_config('DateStyle', 'German', false), set_config('TimeZone', '<+13>-13', false),
        set_config('IntervalStyle', 'iso_8601', false)`,
      aim: 'session',
      raw: { where: 'session', next: [`select '2027-03-12'::date`, /12\.03\.2027/] },
    },
    {
      name: 'the encoding of everything that later goes over the wire',
      text: `select set_config('client_encoding', 'SQL_ASCII', false), set_config('bytea_output', 'escape', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show client_encoding', /SQL_ASCII/] },
    },
    {
      name: 'memory for every later sort',
      text: `select set_config('work_mem', '2GB', false), set_config('hash_mem_multiplier', '1000', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show work_mem', /2GB/] },
    },
    {
      name: 'every setting there is, one row each',
      text: `select case when name in ('enable_sort', 'enable_hashjoin', 'array_nulls') then set_config(name, 'off', false) end
        from pg_settings`,
      aim: 'session',
      raw: { where: 'session', next: ['show array_nulls', /off/] },
    },
    {
      name: 'the view of settings, which is updatable',
      text: `update pg_settings set setting = 'off' where name = 'row_security'`,
      aim: 'session',
      raw: { where: 'session', next: ['show row_security', /off/] },
    },
    {
      name: 'settings of its own, as many as memory holds',
      text: `select count(set_config('spam.n' || n, repeat('x', 100), false)) from generate_series(1, 500) n`,
      aim: 'session',
      raw: { where: 'session', next: [`select length(current_setting('spam.n500'))`, /100/] },
      onlyTheGuard: {
        what: 'trace',
        shows: /"500"/,
        next: [`select current_setting('spam.n500', true) is not null`, /"t"/],
      },
    },
    {
      name: 'SET, the statement',
      text: `set session "{seal}" = '{forged}'`,
      aim: 'session',
      raw: { where: 'session', next: ['select body from ticket', /zephyr/] },
    },
    {
      name: 'SET LOCAL, the statement',
      text: `set local row_security = off`,
      aim: 'session',
      raw: { next: ['show row_security', /off/] },
    },
    {
      name: 'SHOW of everything',
      text: `show all`,
      aim: 'metadata',
      raw: { says: /"data_directory_mode"|"max_connections"/ },
    },
    {
      name: 'what the setting of the tenant holds, read out to be used again',
      text: `select current_setting('{seal}', true)`,
      aim: 'identity',
      raw: { says: /northstar-dental/ },
      onlyTheGuard: { what: 'statement', shows: /northstar-dental/ },
    },
  ],
};
