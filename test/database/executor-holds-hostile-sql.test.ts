/** The engine alone, with nothing before it that judges: whatever a text tries, nothing foreign comes back and nothing stays. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { connectionState, databaseState } from './support/connection-state.js';
import { type Executor, event, openExecutor, SHOP, stateOf } from './support/executor.js';
import { HOSTILE_SQL } from './support/hostile-sql.js';

const FOREIGN = /zephyr [0-9t]|@zephyr|zephyr[0-9]|\b70[0-4][0-9]\b/;

describeOnServers('the executor', (server) => {
  let database: TestDatabase;
  let executor: Executor;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SHOP });
    executor = await openExecutor(database);
    // What a connection prepares for itself is there from its first call on.
    await executor.execute('select 1');
    await executor.describe('select 1');
  });
  afterAll(async () => {
    await executor.close();
    await database.drop();
  });

  it('would have foreign rows to give', async () => {
    const [row] = await database.query('select string_agg(c::text, $$$$) as all from customer c');
    expect(JSON.stringify(row)).toMatch(FOREIGN);
  });

  for (const [idea, texts] of Object.entries(HOSTILE_SQL)) {
    describe(`against ${idea}`, () => {
      for (const { text, comes } of texts) {
        it(`holds: ${text.slice(0, 140)}`, async () => {
          const connection = await connectionState(executor);
          const world = await databaseState(database);
          const along = event();
          const outcome = await executor.execute(text, { event: along, columns: 1 });
          expect([comes].flat(), JSON.stringify(outcome)).toContain(stateOf(outcome));
          expect(JSON.stringify(outcome)).not.toMatch(FOREIGN);
          expect(await connectionState(executor)).toEqual(connection);
          expect(await databaseState(database)).toEqual(world);
          const events = await database.query<{ decision: unknown; row_count: string }>(
            `select body::jsonb -> 'decision' as decision, row_count from ringfence.event_pending where id = $1`,
            [along.id],
          );
          expect(events).toEqual([
            outcome.kind === 'rows'
              ? { decision: { effect: 'allowed' }, row_count: String(outcome.rows.length) }
              : { decision: { effect: 'failed', sqlstate: stateOf(outcome) }, row_count: '0' },
          ]);
        });
      }
    });
  }

  it('describes none of them into a change, and tells no more', async () => {
    for (const { text } of Object.values(HOSTILE_SQL).flat()) {
      const connection = await connectionState(executor);
      const outcome = await executor.describe(text);
      expect(JSON.stringify(outcome), text).not.toMatch(FOREIGN);
      expect(await connectionState(executor), text).toEqual(connection);
    }
  });

  it('leaves the database as it was after all that was described', async () => {
    const world = await databaseState(database);
    for (const { text } of Object.values(HOSTILE_SQL).flat()) await executor.describe(text);
    expect(await databaseState(database)).toEqual(world);
  });
});
