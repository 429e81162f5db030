/** Names and texts as SQL: read back by PostgreSQL, they are what they were. */
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passThroughPolicy, shortName } from '../../src/compile/names.js';
import { splitQualified } from '../../src/compile/operator.js';
import { quoteIdent, quoteLiteral, quoteName } from '../../src/compile/quote.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';

const name = fc
  .string({ minLength: 1, maxLength: 20, unit: 'binary' })
  .filter((text) => !text.includes('\0') && Buffer.byteLength(text) <= 63);

describe('a quoted name or text', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createDatabase(embeddedServer);
    client = await database.connect();
  });
  afterAll(() => database.drop());

  it('is read back as it was, whatever is in it and however strings are read', async () => {
    for (const strings of ['on', 'off']) {
      await client.query(`set standard_conforming_strings = ${strings}`);
      await fc.assert(
        fc.asyncProperty(name, async (text) => {
          const { rows, fields } = await client.query(
            `select ${quoteLiteral(text)}::text as ${quoteIdent(text)}`,
          );
          expect(fields[0]?.name).toBe(text);
          expect(Object.values(rows[0])).toEqual([text]);
        }),
        {
          numRuns: 200,
          examples: [["it's"], ['\\'], ["\\'"], ['"'], ['a.b'], ['E'], ['$1'], ['select'], ['é\n😀']],
        },
      );
    }
  });

  it('that holds NUL, is empty or would be cut off is refused', () => {
    expect(() => quoteLiteral('a\0b')).toThrow(/NUL/);
    expect(() => quoteIdent('a\0b')).toThrow(/NUL/);
    expect(() => quoteIdent('')).toThrow(/empty/);
    expect(() => quoteIdent('é'.repeat(32))).toThrow(/63/);
    expect(quoteIdent('é'.repeat(31))).toHaveLength(33);
  });

  it('of two parts is taken apart again', () => {
    fc.assert(
      fc.property(name, name, (schema, table) => {
        expect(splitQualified(quoteName(schema, table))).toEqual([schema, table]);
      }),
    );
    expect(splitQualified('public.customer_id_seq')).toEqual(['public', 'customer_id_seq']);
    expect(splitQualified('"a.b".c')).toEqual(['a.b', 'c']);
    expect(() => splitQualified('no_schema')).toThrow(/schema-qualified/);
  });

  it('that is too long is shortened to one of its own, between characters', () => {
    const long = 'ü'.repeat(60);
    expect(Buffer.byteLength(shortName(long))).toBeLessThanOrEqual(63);
    expect(shortName(long)).toMatch(/^ü+_[0-9a-f]{8}$/);
    expect(shortName(`${long}a`)).not.toBe(shortName(`${long}b`));
    expect(shortName('short')).toBe('short');
    expect(Buffer.byteLength(passThroughPolicy(long.slice(0, 31)))).toBeLessThanOrEqual(63);
  });
});
