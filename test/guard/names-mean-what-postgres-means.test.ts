/**
 * The guard decides by itself what a name means, and PostgreSQL decides again. Where the two differed, a table would be sent unscoped or a
 * column would be a call. So random statements are judged and run, and what the guard said is held against what PostgreSQL did.
 */
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/guard/parse.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { denial, passed, sliceOf } from './support/verdict.js';

beforeAll(loadParser);

const NAMES = ['a', 'b', 'c'] as const;
const slice = sliceOf(Object.fromEntries(NAMES.map((name) => [name, ['v']])), { joinDepth: 50 });

/** Deep ones add nothing that three levels do not show. */
const SHALLOW = { maxDepth: 3, depthIdentifier: 'statement', withCrossShrink: true } as const;

const name = fc.constantFrom(...NAMES);
const literal = fc.nat(9).map((n) => `select 'literal ${n}' as v`);

/** SELECTs whose common tables are called like tables, and like each other. */
const { select } = fc.letrec<{ select: string; from: string; body: string; cte: string }>((tie) => ({
  from: fc.oneof(
    SHALLOW,
    name,
    fc.tuple(tie('select'), fc.nat(9)).map(([inner, n]) => `(${inner}) as s${n}`),
  ),
  body: fc.oneof(
    SHALLOW,
    literal,
    name.map((table) => `select v from ${table}`),
    fc.tuple(literal, name).map(([first, table]) => `${first} union select v from ${table}`),
    tie('select'),
  ),
  cte: fc.tuple(name, tie('body')).map(([called, body]) => `${called} as (${body})`),
  select: fc
    .record({
      with: fc.option(
        fc.tuple(
          fc.boolean(),
          fc.uniqueArray(tie('cte'), { minLength: 1, maxLength: 3, selector: (cte) => cte[0] }),
        ),
      ),
      from: tie('from'),
      where: fc.option(tie('from')),
      union: fc.option(tie('from')),
      last: fc.option(name),
    })
    .map(({ with: common, from, where, union, last }) => {
      const parts = common === null ? '' : `with ${common[0] ? 'recursive ' : ''}${common[1].join(', ')} `;
      const condition = where === null ? '' : ` where exists (select from ${where})`;
      const second = union === null ? '' : ` union (select v from ${union})`;
      const order = last === null ? '' : ` order by (select count(*) from ${last})`;
      return second === ''
        ? `${parts}select v from ${from}${condition}${order}`
        : `${parts}select v from ${from}${condition}${second}`;
    }),
}));

/** The statement with each name that the guard takes for a table written otherwise. */
function marked(text: string): string {
  const places = [...passed(text, slice).tables.keys()]
    .map((table) => table.location ?? 0)
    .sort((a, b) => b - a);
  return places.reduce(
    (rest, at) => `${rest.slice(0, at)}real_${rest.slice(at, at + 1)}${rest.slice(at + 1)}`,
    text,
  );
}

/** Rows in order, or the state of the error. */
async function outcome(client: pg.Client, text: string): Promise<unknown> {
  try {
    return (await client.query({ text, rowMode: 'array' })).rows.map(String).sort();
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

describeOnServers('common tables', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: NAMES.map(
        (table) => `create schema if not exists plain; create schema if not exists marked;
          create table plain.${table} as select 'table ${table}' as v;
          create table marked.real_${table} as select 'table ${table}' as v`,
      ).join(';'),
    });
  });
  afterAll(async () => {
    await database.drop();
  });

  it('and tables are told apart as PostgreSQL does', async () => {
    const [plain, other] = [await database.connect(), await database.connect()];
    await plain.query("set search_path = plain; set statement_timeout = '5s'");
    await other.query("set search_path = marked; set statement_timeout = '5s'");
    let [ran, ofTables, ofCommonTables] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(select, async (text) => {
        fc.pre(denial(text, slice)?.code !== 'limit_exceeded');
        const expected = await outcome(plain, text);
        expect([text, await outcome(other, marked(text))]).toEqual([text, expected]);
        if (!Array.isArray(expected)) return;
        ran += 1;
        ofTables += passed(text, slice).tables.size > 0 ? 1 : 0;
        ofCommonTables += text.includes('with') ? 1 : 0;
      }),
      { numRuns: 400 },
    );
    // The statements are such as could show a difference.
    expect(Math.min(ran, ofTables, ofCommonTables)).toBeGreaterThan(50);
  });
});

const SOURCES = [
  "unnest(array['guard.probe']) ALIAS",
  "unnest(array['guard.probe']) ALIAS(v)",
  "unnest(array['guard.probe']) ALIAS(current_setting)",
  "regexp_split_to_table('guard.probe', ',') ALIAS",
  'a ALIAS',
  "(select 'guard.probe'::text as v) ALIAS",
  "(select 'guard.probe'::text as current_setting) ALIAS",
  "lateral (select 'guard.probe'::text as v, 1 as current_setting) ALIAS",
  "(values ('guard.probe')) ALIAS(v)",
];

const alias = fc.constantFrom('x', 'y');
const source = fc
  .tuple(fc.constantFrom(...SOURCES), alias)
  .map(([text, called]) => text.replace('ALIAS', called));
const reference = alias.map((called) => `${called}.current_setting`);
const { asking } = fc.letrec<{ asking: string; item: string; value: string }>((tie) => ({
  value: fc.oneof(
    SHALLOW,
    reference,
    tie('asking').map((inner) => `(select w::text from (${inner}) q limit 1)`),
  ),
  item: fc.oneof(
    SHALLOW,
    source,
    fc
      .tuple(fc.boolean(), tie('asking'), alias)
      .map(([lateral, inner, called]) => `${lateral ? 'lateral ' : ''}(${inner}) ${called}`),
    fc
      .tuple(source, source, fc.option(reference))
      .map(([left, right, on]) => `${left} join ${right} on ${on === null ? 'true' : `${on} is not null`}`),
  ),
  asking: fc
    .tuple(fc.uniqueArray(tie('item'), { minLength: 1, maxLength: 2 }), tie('value'), fc.option(reference))
    .map(
      ([items, value, order]) =>
        `select ${value} as w from ${items.join(', ')}${order === null ? '' : ` order by ${order}`}`,
    ),
}));

describeOnServers('alias.name', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: "create table a as select 'guard.probe'::text as v" });
  });
  afterAll(async () => {
    await database.drop();
  });

  it('is never a call, wherever in FROM it stands', async () => {
    const client = await database.connect();
    await client.query("set guard.probe = 'LEAK'; set statement_timeout = '5s'");
    let [leaks, ran] = [0, 0];
    await fc.assert(
      fc.asyncProperty(asking, async (text) => {
        const said = JSON.stringify(await outcome(client, text));
        if (denial(text, slice) !== undefined) {
          leaks += said.includes('LEAK') ? 1 : 0;
          return;
        }
        ran += said.startsWith('[') ? 1 : 0;
        expect([text, said]).toEqual([text, expect.not.stringContaining('LEAK')]);
      }),
      { numRuns: 1_000 },
    );
    // Raw, many of them read the setting; judged, many of the others run.
    expect(Math.min(leaks, ran)).toBeGreaterThan(10);
  });

  it('is known for every result, by the name that PostgreSQL gives it', async () => {
    const client = await database.connect();
    const since17 = [
      "json_value('{}', '$.a')",
      "json_exists('{}', '$.a')",
      'json_scalar(1)',
      "json('{}')",
      "json_serialize('{}')",
    ];
    const since16 = [
      "json_object('a': 1)",
      'json_array(1)',
      'json_arrayagg(v)',
      "json_objectagg('k': v)",
      'json_array(select 1)',
    ];
    const expressions = [
      'v',
      'a.v',
      'v as other',
      'upper(v)',
      'pg_catalog.upper(v)',
      'count(*)',
      "v || 'x'",
      '1',
      "'x'",
      'null',
      'true',
      '-1',
      'v::varchar(3)',
      "'1'::int",
      "date '2020-01-01'",
      'cast(1 as numeric)',
      'upper(v)::text',
      '(1 + 1)::int8',
      "interval '1' day",
      'case when true then v end',
      'case when true then v else upper(v) end',
      'case when true then 1 end',
      'coalesce(v)',
      'greatest(v)',
      'least(v)',
      'nullif(v, v)',
      'array[v]',
      '(array[v])[1]',
      'array(select 1)',
      'exists (select 1)',
      '(select v)',
      '(select 1 as one)',
      '(select upper(v))',
      'row(v)',
      'current_date',
      'current_timestamp(3)',
      'localtime',
      'v collate "C"',
      'v is null',
      "v like 'x'",
      'extract(year from now())',
      "now() at time zone 'utc'",
      'trim(v)',
      "position('a' in v)",
      'substring(v from 1)',
      'v in (v)',
      'not true',
      'overlay(v placing v from 1)',
      'a',
      "('{1,2}'::int[])[1:2]",
      "(jsonb_each('{}')).key",
      'normalize(v)',
      'v between v and v',
      ...(server.major >= 16 ? since16 : []),
      ...(server.major >= 17 ? since17 : []),
    ];
    const at = { ...slice, serverMajor: server.major };
    for (const expression of expressions) {
      const aggregate = /count|agg\(/.test(expression);
      const inner = `select ${expression} from a${aggregate ? '' : ' limit 1'}`;
      const [field] = (await client.query(inner)).fields;
      const quoted = `"${field?.name}"`;
      expect([expression, denial(`select x.${quoted} from (${inner}) x`, at)]).toEqual([
        expression,
        undefined,
      ]);
      expect([expression, denial(`select x.nothing from (${inner}) x`, at)?.code]).toEqual([
        expression,
        'unknown_column',
      ]);
    }
  });
});

describe('columns of FROM items', () => {
  it.each([
    ['select g.g from generate_series(1, 2) g'],
    ['select generate_series.generate_series from generate_series(1, 2)'],
    ['select g.n, g.ordinality from generate_series(1, 2) with ordinality g(n)'],
    ['select g.n, g.i from generate_series(1, 2) with ordinality as g(n, i)'],
    ["select e.key, e.value from jsonb_each('{}') e"],
    ["select e.k, e.value from jsonb_each('{}') e(k)"],
    ["select e.value from jsonb_array_elements('[]') e"],
    ['select t.generate_series, t.unnest from rows from (generate_series(1, 2), unnest(array[1])) t'],
    ['select t.n, t.m from rows from (generate_series(1, 2), unnest(array[1])) t(n, m)'],
    ['select t.t from rows from (generate_series(1, 2)) t'],
    ["select u.a, u.b, u.at from unnest(array['x'], array[1, 2]) with ordinality as u(a, b, at)"],
    ['select u.a, u.unnest from unnest(array[1], array[2]) as u(a)'],
    ['select q.v from (a join b using (v)) q'],
    ['select q.one, q.two from (a join b on true) q(one, two)'],
    ['select q.one from (a natural join b) q(one)'],
    ['select u.v, a.v, b.v from a join b using (v) as u'],
    ['select q.one, q.v from (select * from a, b) q(one)'],
    ['select q.v from (select b.* from a, b) q'],
    ['select q.column1, q.column2 from (values (1, 2)) q'],
    ['select q.v from (select v from a union select 1) q'],
    ['select q.x from (with w(x) as (select 1) select * from w) q'],
    ['with recursive w(n) as (select 1 union all select n + 1 from w where w.n < 3) select w.n from w'],
    ['with recursive x as (select y.v from y), y as (select a.v from a) select x.v from x'],
    [
      'with recursive w(n) as (select 1 union all select w.n from w) search depth first by n set o cycle n set c using p select w.o, w.c, w.p from w',
    ],
    ['select t.n, t.m from json_table($$[]$$, $$$$ columns (n int, nested path $$$$ columns (m int))) t'],
    ['select (select a.v) from a'],
    ['select l.v from a, lateral (select a.v) l'],
    ['select a from a'],
    ['select a.* from a order by a'],
  ])('are known: %s', (text) => {
    expect(denial(text, slice)).toBeUndefined();
  });

  it.each([
    ['select g.n from generate_series(1, 2) g'],
    ['select g.ordinality from generate_series(1, 2) g'],
    ["select e.e from jsonb_array_elements('[]') e"],
    ["select e.key from jsonb_each('{}') e(k)"],
    ['select u.c from unnest(array[1], array[2]) as u(a, b)'],
    ['select u.u from unnest(array[1], array[2]) u'],
    ['select t.generate_series from rows from (generate_series(1, 2)) t'],
    ['select u.w from a join b using (v) as u'],
    ['select q.w from (select * from a) q'],
    ['select q.column3 from (values (1, 2)) q'],
    ['select b.v from busiest() b'],
    ['with recursive w(n) as (select 1 union all select w.m from w) select n from w'],
  ])('are not made up: %s', (text) => {
    expect(denial(text, slice)?.code).toBe('unknown_column');
  });

  it('are asked of what is there', () => {
    expect(denial('select z.v from a', slice)).toMatchObject({
      code: 'unknown_table',
      suggestion: 'Did you mean a? The names in it are: a.',
    });
  });

  it('of a function of the product’s are those that the statement names', () => {
    expect(denial('select b.moment from busiest() b(moment)', slice)).toBeUndefined();
    expect(denial('select * from busiest()', slice)).toBeUndefined();
    expect(denial('select moment from busiest()', slice)).toBeUndefined();
  });
});
