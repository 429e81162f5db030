/** Rows through the executor, against the same rows as PostgreSQL sends them to any driver: not a character may differ. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quoteLiteral } from '../../src/compile/quote.js';
import { parseRecords } from '../../src/database/record-text.js';
import { runSealed } from '../../src/database/session.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Executor, openExecutor, rowsOf } from './support/executor.js';

/** One table with a column of every kind of type, and values that are awkward in text. */
const KINDS = `
create type mood as enum ('glad', 'it''s "so, so" (sad)');
create type place as (name text, at point, tags text[]);
create domain positive as int check (value > 0);
create table kind (
  id int primary key, tenant text not null, a_bool bool, a_int2 int2, a_int8 int8, a_numeric numeric, a_float4 float4, a_float8 float8, a_money money,
  a_text text, a_char char(5), a_varchar varchar(40), a_name name, a_bytea bytea, a_date date, a_time time, a_timetz timetz, a_timestamp timestamp,
  a_timestamptz timestamptz, a_interval interval, a_uuid uuid, a_json json, a_jsonb jsonb, a_xml xml, a_inet inet, a_cidr cidr, a_macaddr macaddr,
  a_bit bit(5), a_varbit varbit, a_point point, a_box box, a_path path, a_polygon polygon, a_circle circle, a_range int4range, a_dates daterange,
  a_multirange int4multirange, a_vector tsvector, a_query tsquery, a_mood mood, a_place place, a_positive positive, a_texts text[], a_moods mood[],
  a_places place[], a_matrix int[][], a_path_query jsonpath, a_oid oid, a_regclass regclass, a_lsn pg_lsn, an_acl aclitem[]);
insert into kind values (1, 'a', true, -32768, 9223372036854775807, 'NaN', 'Infinity', 0.1, 12.34,
  E'a "quoted", (back\\\\slashed) line\\nand a\\ttab', 'ab', '', 'x', '\\x00ff5c22', '0044-03-15 BC', '24:00', '12:00+05:30', 'infinity',
  '2026-01-31 12:00:00.123456+02', '1 year -2 mons 3 days -04:05:06.789', '00000000-0000-0000-0000-00000000000a', '{"a": [1, "x\\"y"], "b": null}',
  '{"a": [1, "x\\"y"], "b": null}', '<a href="x">y, z</a>', '10.0.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '10101', '1', '(1,-2)', '(1,1),(0,0)',
  '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),1>', '[1,5)', '(,2026-01-01]', '{[1,2),[5,6)}', 'a b:1A', 'a & b | !c', 'it''s "so, so" (sad)',
  row('x "y"', '(1,2)', array['p,q', null, '', '"', '\\']), 7, array['a,b', null, 'NULL', '', '{}', '"', E'\\\\', E'new\\nline'],
  array['glad', null]::mood[], array[row('a', null, null), null]::place[], '{{1,2},{3,null}}', '$.a[*] ? (@ > 1)', 42, 'kind', '16/B374D848', null);
insert into kind (id, tenant) values (2, 'a'), (3, 'b');
insert into kind (id, tenant, a_text, a_varchar) values (4, 'a', '', ' '), (5, 'a', ',', ')'), (6, 'a', '()', '"'), (7, 'a', '\\', 'NULL'), (8, 'a', '😀 é 漢字', E'\\u00a0\\u2028');
`;

const POLICY = `
version: 1
preset: development
tables:
  kind: { tenant: { column: tenant } }
roles:
  support: { tools: [sql, query], tables: { kind: {} } }
`;

describeOnServers('what the executor gives', (server) => {
  let database: TestDatabase;
  let executor: Executor;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: KINDS });
    executor = await openExecutor(database, { policy: POLICY });
  });
  afterAll(async () => {
    await executor.close();
    await database.drop();
  });

  /** As the protocol gives it, in the same sealed slice. */
  const plainly = async (text: string): Promise<{ columns: number; rows: readonly unknown[][] }> => {
    const outcome = await runSealed(executor.pool, executor.claims, {
      boundary: executor.boundary(),
      role: executor.role(),
      statement: { text, values: [] },
      effect: 'read',
      timeoutMs: 5_000,
    });
    if (outcome.kind !== 'rows') throw outcome.cause;
    return { columns: outcome.result.fields.length, rows: outcome.result.rows as unknown[][] };
  };
  const expectSame = async (text: string): Promise<readonly unknown[][]> => {
    const { columns, rows } = await plainly(text);
    const outcome = await executor.execute(text, { columns, rowLimit: 1_000, byteLimit: 10_000_000 });
    expect(rowsOf(outcome), text).toEqual(rows);
    return rows;
  };

  it('is the same for every type', async () => {
    const rows = await expectSame('select * from slice_support.kind order by id');
    expect(rows).toHaveLength(7);
    // Nothing was left out of the row that has a value for each.
    expect(rows[0]?.filter((value) => value === null)).toHaveLength(1);
  });

  it('is the same for whole rows, rows in rows, arrays of rows and rows without a name', async () => {
    for (const text of [
      'select k from slice_support.kind k order by id',
      'select row(k, row(k.a_text, null, row()), array_agg(k) over ()) from slice_support.kind k order by id',
      `select row(1, '', null), (select array_agg(row(k.id, k.a_text)) from slice_support.kind k)`,
      `select array[array['(,)', null], array['""', '\\']], array[]::text[]`,
      'select xmlelement(name a, k.a_text), to_jsonb(k), row_to_json(k)::text from slice_support.kind k order by id',
    ])
      await expectSame(text);
  });

  it('keeps columns apart that have the same name, or none', async () => {
    expect(await expectSame('select 1 as a, 2 as a, null as a, 4, 5')).toEqual([['1', '2', null, '4', '5']]);
    expect(
      await expectSame(
        'select a.id, b.id from slice_support.kind a, slice_support.kind b where a.id < 3 order by 1, 2 limit 1',
      ),
    ).toEqual([['1', '1']]);
  });

  it('tells a row of one NULL from a row of nothing', async () => {
    expect(await expectSame('select null')).toEqual([[null]]);
    expect(await expectSame('select')).toEqual([[]]);
    expect(await expectSame('select from generate_series(1, 3)')).toEqual([[], [], []]);
    expect(await expectSame("select '' union all select null union all select ','")).toEqual([
      [''],
      [null],
      [','],
    ]);
    expect(await expectSame('select 1 where false')).toEqual([]);
  });

  it('is the same whatever the text is made of', async () => {
    // NUL is the one character that PostgreSQL cannot hold.
    const value = fc.option(
      fc
        .oneof(
          fc.string({ unit: 'binary', maxLength: 30 }),
          fc.string({
            unit: fc.constantFrom('"', '\\', ',', '(', ')', ' ', '\n', '\t', '{', '}', 'é', '😀', 'x'),
            maxLength: 12,
          }),
        )
        .filter((text) => !text.includes('\0')),
      { nil: null },
    );
    const tables = fc
      .integer({ min: 1, max: 5 })
      .chain((columns) =>
        fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 6 }),
      );
    await fc.assert(
      fc.asyncProperty(tables, async (rows) => {
        const literal = (text: string | null): string => (text === null ? 'null' : quoteLiteral(text));
        const values = rows
          .map((row) => `(${row.map((text) => `${literal(text)}::text`).join(', ')})`)
          .join(', ');
        const outcome = await executor.execute(`values ${values}`, {
          columns: rows[0]?.length ?? 0,
          event: null,
        });
        expect(rowsOf(outcome)).toEqual(rows);
      }),
      { numRuns: 150 },
    );
  });

  it('is read to its end even where it is not what PostgreSQL writes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('(', ')', '"', '\\', ',', 'x'), maxLength: 20 }),
        fc.nat(4),
        (text, columns) => {
          expect(Array.isArray(parseRecords(text, columns))).toBe(true);
        },
      ),
    );
  });
});
