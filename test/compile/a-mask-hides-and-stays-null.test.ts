/** Masks as PostgreSQL computes them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { maskExpression } from '../../src/compile/mask.js';
import type { MaskKind } from '../../src/policy/compiled.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';

const OIDS: Readonly<Record<string, number>> = {
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  text: 25,
  varchar: 1043,
  int4: 23,
};

describeOnServers('a mask', (server) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server);
  });
  afterAll(() => database.drop());

  const masked = async (mask: MaskKind, value: string | null, type = 'text'): Promise<unknown> => {
    const column = { name: 'c', castType: `pg_catalog.${type}`, typeOid: OIDS[type] ?? 0 };
    const rows = await database.query(
      `select (${maskExpression(mask, 't."c"', column)})::text as shown from (select $1::${type} as c) t`,
      [value],
    );
    return rows[0]?.shown;
  };

  it.each([
    ['partial', 'Schneider', 'S***'],
    ['partial', 'Li', '***'],
    ['partial', '', '***'],
    ['email', 'jane.doe@example.com', 'j***@example.com'],
    ['email', 'jd@example.com', '***@example.com'],
    ['email', '"odd@local"@example.com', '"***@example.com'],
    ['email', 'not an address', '***'],
    ['last4', '4111 1111 1111 1234', '****1234'],
    ['last4', '1234567', '****'],
    ['null', 'anything', null],
  ] as const)('%s of %j shows %j', async (mask, value, shown) => {
    expect(await masked(mask, value)).toBe(shown);
    expect(await masked(mask, value, 'varchar')).toBe(shown);
  });

  it('of NULL is NULL, whatever the mask', async () => {
    for (const mask of ['partial', 'email', 'last4', 'null'] as const)
      expect(await masked(mask, null)).toBeNull();
    for (const type of ['date', 'timestamp', 'timestamptz'])
      expect(await masked('year', null, type)).toBeNull();
  });

  it('year keeps the type and nothing but the year, wherever the session is', async () => {
    await database.query(`set timezone = 'Pacific/Auckland'`);
    expect(await masked('year', '1984-07-03', 'date')).toBe('1984-01-01');
    expect(await masked('year', '1984-07-03 12:00', 'timestamp')).toBe('1984-01-01 00:00:00');
    await database.query(`set timezone = 'UTC'`);
    expect(await masked('year', '1984-07-03 12:00+00', 'timestamptz')).toBe('1984-01-01 00:00:00+00');
    expect(() =>
      maskExpression('year', 'c', { name: 'c', castType: 'pg_catalog.text', typeOid: 25 }),
    ).toThrow(/date or a timestamp/);
  });

  it('of a number is text that tells no more than its last digits', async () => {
    expect(await masked('last4', '12345678', 'int4')).toBe('****5678');
    expect(await masked('partial', '-5', 'int4')).toBe('***');
  });
});
