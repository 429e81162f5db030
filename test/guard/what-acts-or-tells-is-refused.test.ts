import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/guard/parse.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { REFUSED, SETUP } from './support/refused.js';
import { denial, shop } from './support/verdict.js';

beforeAll(loadParser);

const ideas = Object.entries(REFUSED);

describe.each([15, 16, 17, 18])('for PostgreSQL %i', (serverMajor) => {
  const slice = { ...shop, serverMajor };

  it.each(ideas)('refuses: %s', (_, refused) => {
    for (const { text, code = 'sql_refused' } of refused) {
      expect.soft([text, denial(text, slice)?.code]).toEqual([text, code]);
    }
  });
});

describe('each refusal', () => {
  it('says what to do instead, and repeats nothing long', () => {
    const texts = ideas.flatMap(([, refused]) => refused.map(({ text }) => text));
    expect(texts.length).toBeGreaterThan(250);
    for (const text of texts) {
      const { reason = '', suggestion = '' } = denial(text) ?? {};
      expect([text, reason.length, suggestion.length]).toEqual([
        text,
        expect.toSatisfy((length: number) => length > 20 && length < 400),
        expect.toSatisfy((length: number) => length > 5 && length < 400),
      ]);
    }
  });
});

describeOnServers('without the guard', (server) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase(server);
  });
  afterAll(async () => {
    await database.drop();
  });

  it.each(ideas)('PostgreSQL does it: %s', async (_, refused) => {
    const client = await database.connect();
    try {
      await client.query('begin');
      await client.query(SETUP);
      await client.query("set local statement_timeout = '5s'; savepoint before");
      for (const { text, never, since = 0 } of refused) {
        if (never !== undefined || server.major < since) continue;
        const ran = await client.query(text).then(
          () => 'ran',
          (error: Error) => error.message,
        );
        expect.soft([text, ran]).toEqual([text, 'ran']);
        await client.query('rollback to before');
      }
    } finally {
      await client.end();
    }
  });
});
