import type { Idea } from '../support/attack.js';

const SPENT = { state: '57014' } as const;

/** A statement may be harmless in everything but what it costs. */
export const exhaustion: Idea = {
  name: 'exhaustion',
  about: 'time, memory and disk, taken until somebody says stop',
  attacks: [
    { name: 'pg_sleep', text: `select pg_sleep(30)`, aim: 'resources', raw: SPENT },
    {
      name: 'pg_sleep for each row',
      text: `select id from {ticket} where pg_sleep(20) is null`,
      aim: 'resources',
      raw: { state: '57014' },
    },
    {
      name: 'pg_sleep_for and pg_sleep_until',
      text: `select pg_sleep_for('1 hour'), pg_sleep_until('infinity')`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'pg_sleep with the time limit lifted in the same statement',
      text: `select set_config('statement_timeout', '0', true), pg_sleep(30)`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'recursion without an end',
      text: `with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'recursion that doubles',
      text: `with recursive r as (select 1 as n union all select r.n + 1 from r, generate_series(1, 2)) select max(n) from r`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'recursion whose text doubles',
      text: `with recursive r as (select 'x' as t union all select t || t from r where length(t) < 3000000) select sum(length(t)) from r`,
      aim: 'resources',
      raw: { state: 'ok' },
    },
    {
      name: 'a cross join of itself',
      text: `select count(*) from {usage_log} a, {usage_log} b, {usage_log} c, {usage_log} d`,
      aim: 'resources',
      raw: SPENT,
      guard: 'scoped',
    },
    {
      name: 'a join whose condition is always true',
      text: `select count(*) from {usage_log} a join {usage_log} b on true join {usage_log} c on a.id + b.id <> c.id + random()`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'generate_series without an end',
      text: `select count(*) from generate_series(1, 9223372036854775806)`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'generate_series of timestamps by microseconds',
      text: `select count(*) from generate_series('epoch'::timestamp, 'now', '1 microsecond')`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'megabytes in one cell',
      text: `select repeat('x', 5000000)`,
      aim: 'resources',
      raw: { says: /x{1000}/ },
    },
    {
      name: 'megabytes by padding',
      text: `select lpad('', 5000000, 'ab')`,
      aim: 'resources',
      raw: { says: /(ab){1000}/ },
    },
    {
      name: 'a million rows',
      text: `select n from generate_series(1, 200000) n`,
      aim: 'resources',
      raw: { says: /"199999"/ },
    },
    {
      name: 'a million rows aggregated into one cell',
      text: `select string_agg(n::text, ',') from generate_series(1, 400000) n`,
      aim: 'resources',
      raw: { says: /,399999,/ },
    },
    {
      name: 'an array of a million elements',
      text: `select array_fill(1, array[1000000])`,
      aim: 'resources',
      raw: { state: 'ok' },
    },
    {
      name: 'a sort of what does not fit into memory',
      text: `select md5(n::text) from generate_series(1, 30000000) n order by 1 limit 1`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a hash table of what does not fit into memory',
      text: `select count(distinct md5((a * b)::text)) from generate_series(1, 10000) a, generate_series(1, 10000) b`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'grouping sets by the dozen',
      text: `select count(*) from {usage_log} a, {usage_log} b group by cube (a.id, b.id, a.page, b.page, a.id + b.id, a.id - b.id, a.id * 3, b.id * 3, a.id % 7, b.id % 7, a.id % 3)`,
      aim: 'resources',
      raw: SPENT,
      guard: 'scoped',
    },
    {
      name: 'window functions over windows of everything',
      text: `select sum(x) from (select count(*) over (order by a.id, b.id rows between unbounded preceding and unbounded following exclude ties) as x
        from {usage_log} a, {usage_log} b, {usage_log} c) w`,
      aim: 'resources',
      raw: SPENT,
      guard: 'scoped',
    },
    {
      name: 'a regular expression that backtracks',
      text: `select repeat('a', 6000) || 'x' ~ '^(.*)(.*)(.*)(.*)\\1\\2\\3x$'`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a regular expression that is large to compile',
      text: `select 'x' ~ '((x{0,255}){0,255}){0,255}'`,
      aim: 'resources',
      raw: { state: '2201B' },
    },
    {
      name: 'replacing by a regular expression, again and again',
      text: `select length(regexp_replace(repeat('ab', 3000000), '(a|b)', '\\1\\1\\1', 'g'))`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'LIKE with many wildcards',
      text: `select count(*) from {usage_log} a, {usage_log} b where repeat('a', 3000) like repeat('%a', 40) || 'b' || a.page || b.page`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'arithmetic on numbers of a hundred thousand digits',
      text: `select length((9::numeric ^ 100000)::text), length(factorial(30000)::text)`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a list of a hundred thousand values',
      text: `select id from {ticket} where id in (${Array.from({ length: 20_000 }, (_, n) => n + 10).join(', ')})`,
      aim: 'resources',
      raw: { state: 'ok' },
    },
    {
      name: 'nesting a thousand parentheses deep',
      text: `select ${'('.repeat(1_500)}1${')'.repeat(1_500)}`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'nesting five hundred subqueries deep',
      text: `select ${'(select '.repeat(400)}1${')'.repeat(400)}`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'a chain of ten thousand operators',
      text: `select ${Array.from({ length: 4_000 }, () => '1').join(' + ')}`,
      aim: 'resources',
      raw: { says: /"4000"/ },
    },
    {
      name: 'a join of sixty tables, for the planner to think about',
      text: `select count(*) from ${Array.from({ length: 60 }, (_, n) => `{plan} p${n}`).join(' cross join ')}`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a temporary file as large as the disk',
      text: `with big as materialized (select repeat(md5(n::text), 100) as t from generate_series(1, 3000000) n) select count(*) from big a join big b using (t)`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a division by zero after a million rows',
      text: `select 1 / (150000 - n) from generate_series(1, 200000) n`,
      aim: 'resources',
      raw: { state: '22012' },
    },
    {
      name: 'a JSON document nested ten thousand deep',
      text: `select (repeat('[', 50000) || repeat(']', 50000))::jsonb`,
      aim: 'resources',
      raw: { state: '54001' },
    },
    {
      name: 'a JSON path that visits everything at every level',
      text: `select jsonb_path_query_array(jsonb_build_array((select jsonb_agg(n) from generate_series(1, 300000) n)), '$.**.**.**.** ? (@ > 0 && @ < 10)')`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'a text search query of a million words',
      text: `select length(to_tsvector('simple', string_agg(md5(n::text), ' '))) from generate_series(1, 300000) n`,
      aim: 'resources',
      raw: SPENT,
    },
    {
      name: 'rows locked against everybody else',
      text: `select id from {ticket} for update`,
      aim: 'resources',
      raw: {
        elsewhere: [
          `select mode from pg_locks l join pg_class c on c.oid = l.relation where relname = 'ticket'`,
          /RowShareLock/,
        ],
      },
    },
    {
      name: 'rows locked in share mode, without waiting',
      text: `select id from {ticket} for key share skip locked`,
      aim: 'resources',
      raw: {
        elsewhere: [
          `select mode from pg_locks l join pg_class c on c.oid = l.relation where relname = 'ticket'`,
          /RowShareLock/,
        ],
      },
    },
    {
      name: 'a table locked against everybody else',
      text: `lock table {ticket} in access exclusive mode`,
      aim: 'resources',
      raw: {
        elsewhere: [
          `select mode from pg_locks l join pg_class c on c.oid = l.relation where relname = 'ticket'`,
          /AccessExclusiveLock/,
        ],
      },
    },
  ],
};
