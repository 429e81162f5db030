import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { answer, asClerk } from './support/call.js';
import { contextOf } from './support/slice.js';
import { everyType, openSamples, SAMPLE_GRANTS, SAMPLES } from './support/types.js';

const context = contextOf({ tables: [everyType] });
const opaque = new Set(['a_bytea', 'a_json', 'a_jsonb', 'a_int8s', 'a_texts', 'a_times']);
const textual = ['a_text', 'a_varchar', 'a_bpchar'];
const ordered = Object.keys(SAMPLES).filter((name) => !opaque.has(name) && name !== 'a_bool');

describeOnServers('a condition', (server) => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await openSamples(server);
    client = await asClerk(await database.connect(await database.createLogin({ sql: SAMPLE_GRANTS })));
  });
  afterAll(() => database.drop());

  const ids = async (where: unknown) =>
    (await answer(client, 'query', { table: 'sample', columns: ['id'], where }, context)).rows.map(
      ({ id }) => id,
    );
  const byHand = async (condition: string) =>
    (
      await client.query<{ id: number }>(`select id from slice_clerk.sample where ${condition} order by id`)
    ).rows.map(({ id }) => id);
  /** The values of a column as text, as they would be written in a call. */
  const texts = async (name: string) => {
    const { rows } = await client.query<{ value: string }>(
      `select ${name}::text as value from slice_clerk.sample where id <= 3 order by id`,
    );
    return rows.map(({ value }) => value);
  };
  /** A condition takes neither dates before our era nor numbers that are none. */
  const writable = (value: string) => !value.endsWith('BC') && value !== 'NaN' && value !== 'Infinity';
  const given = (name: string, value: string) => (name === 'a_bool' ? value === 'true' : value);

  const OPERATORS = { eq: '=', ne: 'is distinct from', gt: '>', gte: '>=', lt: '<', lte: '<=' };
  for (const name of [...ordered, 'a_bool']) {
    const type = SAMPLES[name]?.sql;
    for (const [operator, sql] of Object.entries(OPERATORS)) {
      if (name === 'a_bool' && !['eq', 'ne'].includes(operator)) continue;
      test(`${operator} on ${type} is ${sql}`, async () => {
        for (const value of (await texts(name)).filter(writable)) {
          const expected = await byHand(`${name} ${sql} '${value.replaceAll("'", "''")}'::${type}`);
          expect(await ids({ [name]: { [operator]: given(name, value) } }), value).toEqual(expected);
        }
      });
    }

    test(`in, not_in, lists and is_null on ${type} treat null as a value`, async () => {
      const values = (await texts(name)).filter(writable).slice(0, 2);
      const list = `array[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}]::${type}[]`;
      const asked = values.map((value) => given(name, value));
      const inside = await byHand(`${name} = any(${list})`);
      expect(inside.length).toBeGreaterThan(0);
      expect(await ids({ [name]: { in: asked } })).toEqual(inside);
      expect(await ids({ [name]: asked })).toEqual(inside);
      expect(await ids({ [name]: { not_in: asked } })).toEqual(
        await byHand(`not coalesce(${name} = any(${list}), false)`),
      );
      expect(await ids({ [name]: { in: [] } })).toEqual([]);
      expect(await ids({ [name]: { not_in: [] } })).toEqual([1, 2, 3, 4]);
      expect(await ids({ [name]: null })).toEqual([4]);
      expect(await ids({ [name]: { is_null: true } })).toEqual([4]);
      expect(await ids({ [name]: { is_null: false } })).toEqual([1, 2, 3]);
    });
  }

  for (const name of opaque) {
    test(`${SAMPLES[name]?.sql} can be asked for null`, async () => {
      expect(await ids({ [name]: null })).toEqual([4]);
      expect(await ids({ [name]: { is_null: false } })).toEqual([1, 2, 3]);
    });
  }

  for (const name of textual) {
    test(`prefix on ${SAMPLES[name]?.sql} is literal and minds case`, async () => {
      for (const prefix of ['a', 'A', 'Ä', 'Äpfel 1', '%', '_', "quote '"]) {
        const expected = await byHand(`starts_with(${name}, '${prefix.replaceAll("'", "''")}')`);
        expect(await ids({ [name]: { prefix } }), prefix).toEqual(expected);
      }
    });

    test(`contains on ${SAMPLES[name]?.sql} is literal and does not mind case`, async () => {
      for (const part of ['B', 'äPFEL', '%_', '_', "e ' and", '\\', '\n', 'zzz']) {
        const expected = await byHand(
          `position(lower('${part.replaceAll("'", "''")}') in lower(${name}::text)) > 0`,
        );
        expect(await ids({ [name]: { contains: part } }), part).toEqual(expected);
      }
    });
  }

  test('not gives exactly the other rows', async () => {
    expect(await ids({ a_int4: { gt: 0 } })).toEqual([2, 3]);
    expect(await ids({ not: { a_int4: { gt: 0 } } })).toEqual([1, 4]);
    expect(await ids({ not: { a_int4: { gt: 0 }, a_bool: true } })).toEqual([1, 2, 4]);
    expect(await ids({ not: { not: { a_int4: { gt: 0 } } } })).toEqual([2, 3]);
  });

  test('several keys and operators are all required; and, or, has combine', async () => {
    expect(await ids({ a_int4: { gte: 7, lt: 2_147_483_647 }, a_bool: false })).toEqual([2]);
    expect(
      await ids({ or: [{ a_int4: 7 }, { a_int4: null }], and: [{ id: { gt: 1 } }, { id: { lt: 4 } }] }),
    ).toEqual([2]);
    expect(await ids({ has: { children: { a_int4: 7 }, parent: { a_bool: false } } })).toEqual([2]);
  });

  test('numbers may be written as text, and exact ones must be', async () => {
    expect(await ids({ a_int4: '7' })).toEqual([2]);
    expect(await ids({ a_int8: '9007199254740993' })).toEqual([3]);
    expect(await ids({ a_numeric: '12345678901234567890.0123456789' })).toEqual([1]);
    expect(await ids({ a_numeric: { gt: '12345678901234567890.0123456788' } })).toEqual([1]);
  });

  test('a time with an offset is the moment it names', async () => {
    expect(await ids({ a_timestamptz: '2025-01-31T07:30:00.1Z' })).toEqual([1]);
    expect(await ids({ a_timestamptz: '2025-01-31T09:30:00.1+02:00' })).toEqual([1]);
    expect(await ids({ a_timestamp: '2025-01-31T09:30:00.123456' })).toEqual([1]);
  });
});
