import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { PLAIN_EXECUTOR_SQL, runPlainly } from './support/plain-executor.js';
import { SHOP_GRANTS, shopSlice, shopSql, TENANTS } from './support/shop.js';

const ROWS = 3;

describeOnServers('a statement fetches one row more than the limit at most', (server) => {
  let guard: Guard;
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    guard = await createGuard();
    database = await createDatabase(server, { sql: shopSql(TENANTS) + PLAIN_EXECUTOR_SQL });
    client = await database.connect(await database.createLogin({ sql: SHOP_GRANTS }));
  });
  afterAll(() => database?.drop());

  async function rowsOf(statement: string): Promise<readonly string[]> {
    const verdict = guard.judge(statement, shopSlice(server.major, { rows: ROWS }));
    if ('rule' in verdict) throw new Error(`${statement}: ${verdict.reason}`);
    return await runPlainly(client, verdict.text, 'red');
  }

  it.each([
    ['', 4],
    ['limit 2', 2],
    ['limit 0', 0],
    ['limit 4', 4],
    ['limit 5', 4],
    ['limit 2147483647', 4],
    ['limit 99999999999', 4],
    ['limit all', 4],
    ['limit null', 4],
    ['limit null::int', 4],
    ["limit '2'", 2],
    ["limit '1000'", 4],
    ['limit 1.6', 2],
    ['limit 1e3', 4],
    ['limit 1 + 1', 2],
    ['limit 100 * 100', 4],
    ['limit (select 2)', 2],
    ['limit (select count(*) * 1000 from customer)', 4],
    ['limit (select null::bigint)', 4],
    ['offset 8', 2],
    ['limit 5 offset 9', 1],
    ['offset 9 limit 1000', 1],
    ['fetch first row only', 1],
    ['fetch first 9 rows only', 4],
    ['fetch first 2 rows with ties', 5],
    ['fetch first 100 rows with ties', 5],
    ['fetch first (1 + 1) rows with ties', 5],
  ])('generate_series(1, 10) %s', async (limit, expected) => {
    expect(await rowsOf(`select g from generate_series(1, 10) g order by g / 6 ${limit}`)).toHaveLength(
      expected,
    );
  });

  it.each([
    'select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6',
    '(select g from generate_series(1, 9) g limit 6) union all (select 1 limit 6)',
    'values (1), (2), (3), (4), (5), (6)',
    'with a as (select generate_series(1, 9)) select * from a',
    'with recursive a as (select 1 as n union all select n + 1 from a) select n from a',
    'select generate_series(1, 10)',
    'table invoice',
  ])('whatever it is: %s', async (statement) => {
    expect(await rowsOf(statement)).toHaveLength(4);
  });

  it('and the limits of its subqueries are its own', async () => {
    expect(await rowsOf('select count(*) from (select generate_series(1, 10)) t')).toEqual(['(10)']);
    expect(await rowsOf('select count(*) from (select generate_series(1, 10) limit 8) t')).toEqual(['(8)']);
  });

  it.each(['limit -1', 'limit (select -1)', 'offset -1', "limit 'x'", 'limit (select 1, 2)'])(
    'and what PostgreSQL refuses stays refused: %s',
    async (limit) => {
      expect((await rowsOf(`select 1 ${limit}`)).join()).toMatch(/^error/);
    },
  );
});
