/** A server names a place in the text that was sent; the guard says what stands there, so that nobody reads the server's words. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import { nodeAt } from '../../src/guard/node-at.js';
import type { GuardSlice } from '../../src/guard/slice.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { describeStatement } from './support/describe-statement.js';
import { shopSlice, shopSql, TENANTS } from './support/shop.js';

/** As if the slice had been read before a column was dropped: the guard lets it through, the server does not. */
function staleSlice(serverMajor: number): GuardSlice {
  const slice = shopSlice(serverMajor);
  const tables = [...slice.tables].map(
    ([name, table]) => [name, { ...table, columns: [...table.columns, 'gone', 'Weg é'] }] as const,
  );
  return { ...slice, tables: new Map(tables) };
}

describeOnServers('the place of an error', (server) => {
  let guard: Guard;
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    guard = await createGuard();
    database = await createDatabase(server, { sql: shopSql(TENANTS) });
    client = await database.connect();
    await client.query('set search_path = pg_catalog');
  });
  afterAll(() => database?.drop());

  it.each([
    ['select gone from customer', { kind: 'column', parts: ['gone'] }],
    ['select name from customer where gone > 1', { kind: 'column', parts: ['gone'] }],
    ['select c.gone from customer c join invoice i on true', { kind: 'column', parts: ['c', 'gone'] }],
    ["select 'Grüße 日本 \u{1F600}', c.gone from customer c", { kind: 'column', parts: ['c', 'gone'] }],
    ['select "Ünï"."Weg é" as "é" from customer as "Ünï"', { kind: 'column', parts: ['Ünï', 'Weg é'] }],
    ['select id from customer, invoice', { kind: 'column', parts: ['id'] }],
    ["select name from customer where name = '\u{1F600}' order by gone", { kind: 'column', parts: ['gone'] }],
    ['select name, count(*) from customer', { kind: 'column', parts: ['name'] }],
    ['select lower(id) from customer', { kind: 'function', name: 'lower' }],
    ["select 'é', round(name) from customer", { kind: 'function', name: 'round' }],
    ['select base.shout(1) from customer', { kind: 'function', name: 'shout' }],
    ['select name + 1 from customer', { kind: 'operator', name: '+' }],
    ["select name from customer where 'ü' <> name and id like 'a%'", { kind: 'operator', name: '~~' }],
    ['select active::date from customer', { kind: 'type', name: 'date' }],
  ])('is told of %s', async (statement, expected) => {
    const verdict = guard.judge(statement, staleSlice(server.major));
    if ('rule' in verdict) throw new Error(verdict.reason);
    for (const text of [verdict.text, verdict.opaque.text]) {
      const told = await describeStatement(client, text);
      if (!('position' in told)) throw new Error('nothing wrong');
      expect(nodeAt(text, told.position), `${told.message} at ${text.slice(told.position - 1)}`).toEqual(
        expected,
      );
    }
  });
});

describe('a place that is none', () => {
  it.each([
    ['select 1', 0],
    ['select 1', -5],
    ['select 1', 3],
    ['select 1', 1_000],
    ['select 1 from', 8],
    ['', 1],
  ])('of %j at %i is told as nothing', async (text, position) => {
    await createGuard();
    expect(nodeAt(text, position)).toBeNull();
  });
});
