import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decoderOf } from '../../src/tools/decode.js';
import type { TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { answer, asClerk } from './support/call.js';
import { contextOf } from './support/slice.js';
import { everyType, openSamples, SAMPLE_GRANTS, SAMPLES } from './support/types.js';

const context = contextOf({ tables: [everyType] });

/** Numbers that JavaScript would round are strings; PostgreSQL's JSON has them as numbers. */
const EXACT: Readonly<Record<string, unknown>> = {
  a_int8: ['-9223372036854775808', 9007199254740991, '9007199254740993', null],
  a_numeric: ['12345678901234567890.0123456789', 10.5, 0.1, null],
};

describeOnServers('a value', (server) => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await openSamples(server);
    client = await asClerk(await database.connect(await database.createLogin({ sql: SAMPLE_GRANTS })));
  });
  afterAll(() => database.drop());

  const read = async (name: string) =>
    (await answer(client, 'query', { table: 'sample', columns: [name], order: ['id'] }, context)).rows.map(
      (row) => row[name],
    );

  for (const [name, { sql }] of Object.entries(SAMPLES)) {
    test(`of ${sql} is read as PostgreSQL's own JSON has it`, async () => {
      const { rows } = await client.query<{ json: string | null }>(
        `select to_json(${name})::text as json from slice_clerk.sample order by id`,
      );
      const own = rows.map(({ json }) => (json === null ? null : JSON.parse(json)));
      expect(await read(name)).toEqual(EXACT[name] ?? own);
    });
  }

  test('is the same at the top, in an included row and in an included list', async () => {
    const include = { parent: { include: { children: true } }, children: true };
    const { rows } = await answer(client, 'query', { table: 'sample', include, order: ['id'] }, context);
    expect(rows).toHaveLength(4);
    for (const { parent, children, ...top } of rows) {
      expect(children).toEqual([top]);
      expect(parent).toEqual({ ...top, children: [top] });
    }
  });

  test('that was read can be written, and reads the same again', async () => {
    const { rows } = await answer(
      client,
      'query',
      { table: 'sample', where: { id: { lte: 4 } }, order: ['id'] },
      context,
    );
    await client.query('begin');
    for (const { id, parent_id: _, ...row } of rows) {
      // Dates before our era have no form that a value takes.
      const values = Object.fromEntries(
        Object.entries(row).filter(([, value]) => !String(value).endsWith('BC')),
      );
      const number = Number(id) + 10;
      const finite = Object.fromEntries(
        Object.entries(values).filter(([, value]) => !['NaN', 'Infinity'].includes(String(value))),
      );
      const written = await answer(
        client,
        'create',
        { table: 'sample', values: { ...finite, id: number } },
        context,
      );
      expect(written.rows).toEqual([expect.objectContaining({ ...finite, id: number })]);
    }
    await client.query('rollback');
  });
});

describe('the decoder of', () => {
  test('a float keeps what JSON has no number for as text', () => {
    expect(['NaN', 'Infinity', '-Infinity', '1e+300'].map(decoderOf(701, 'N'))).toEqual([
      'NaN',
      'Infinity',
      '-Infinity',
      1e300,
    ]);
  });

  test('a numeric gives a number only where it is the exact one', () => {
    const numbers = ['0', '0.00', '10.00', '-7.250', '100', '9007199254740991', '0.1'];
    expect(numbers.map(decoderOf(1700, 'N'))).toEqual([0, 0, 10, -7.25, 100, 9007199254740991, 0.1]);
    const texts = [
      '9007199254740993',
      '1.00000000000000000001',
      '0.0000001',
      'NaN',
      'Infinity',
      '99999999999999999999',
    ];
    expect(texts.map(decoderOf(1700, 'N'))).toEqual(texts);
  });

  test('an array of a type it does not know gives its elements as text', () => {
    expect(decoderOf(99_999, 'A')('{a,"b c",NULL,"NULL"}')).toEqual(['a', 'b c', null, 'NULL']);
  });

  test('an array of boxes and an int2vector leave them as PostgreSQL writes them', () => {
    expect(decoderOf(1020, 'A')('{(1,1),(0,0);(2,2),(1,1)}')).toBe('{(1,1),(0,0);(2,2),(1,1)}');
    expect(decoderOf(22, 'A')('1 2')).toBe('1 2');
  });
});
