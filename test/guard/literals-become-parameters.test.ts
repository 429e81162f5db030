/** The form for the planner has the agent's literals as parameters, and must be the same statement to whoever asks for its columns. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import type { GuardedStatement } from '../../src/guard/statement.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { describeStatement } from './support/describe-statement.js';
import { shopSlice, shopSql, TENANTS } from './support/shop.js';
import { LATER_SHOP_STATEMENTS, SHOP_STATEMENTS } from './support/shop-statements.js';

let guard: Guard;
beforeAll(async () => {
  guard = await createGuard();
});

function guarded(statement: string, serverMajor = 18): GuardedStatement {
  const verdict = guard.judge(statement, shopSlice(serverMajor));
  if ('rule' in verdict) throw new Error(`${statement}: ${verdict.reason}`);
  return verdict;
}

describeOnServers('the opaque form', (server) => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: shopSql(TENANTS) });
    client = await database.connect();
    await client.query('set search_path = pg_catalog');
  });
  afterAll(() => database?.drop());

  const later = LATER_SHOP_STATEMENTS.filter(([since]) => since <= server.major).map(
    ([, statement]) => statement,
  );
  it.each([...SHOP_STATEMENTS, ...later])('gives the columns of %s', async (statement) => {
    const { text, opaque } = guarded(statement, server.major);
    const columns = await describeStatement(client, text);
    // A statement that cannot be described would be equal to any other such.
    expect(columns).toMatchObject({ columns: expect.anything() });
    expect(await describeStatement(client, opaque.text)).toEqual(columns);
  });
});
