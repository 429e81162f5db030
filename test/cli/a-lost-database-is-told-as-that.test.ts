/** A database that goes away, or is not there, while `try`, `mcp` and `serve` start: nobody's fault of Ringfence's, and said so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { succeed, type Workplace, workplace } from './support/command-line.js';
import { expectRefusal } from './support/refusal.js';
import { AS_WRITER, NOTES_SQL, writeNotesPolicy } from './support/two-tenants.js';

const ISSUED = {
  RINGFENCE_ISSUER: 'https://login.example/',
  RINGFENCE_AUDIENCE: 'https://api.example/',
  RINGFENCE_TOKEN_SECRET: 'known to this test alone, and long enough for HS256 to take it',
};
const COMMANDS = [
  ['try', [...AS_WRITER]],
  ['mcp', [...AS_WRITER]],
  ['serve', ['--port', '0']],
] as const;

describeOnServers('a command that opens Ringfence', (server) => {
  let database: TestDatabase;
  let place: Workplace;
  beforeAll(async () => {
    database = await createDatabase(server, { sql: NOTES_SQL });
    place = await workplace({ DATABASE_URL: database.url, ...ISSUED });
    await writeNotesPolicy(place);
    await succeed(place, ['apply']);
  });
  afterAll(() => database.drop());

  describe.each(COMMANDS)('%s', (command, args) => {
    it('ends with 4 where its connection is ended while it reads the catalog', async () => {
      const holder = await database.connect();
      await holder.query('begin; lock table note in access exclusive mode');
      const running = place.run([command, ...args]);
      const waiting = `from pg_stat_activity where datname = current_database() and usename = 'ringfence_gateway' and wait_event_type = 'Lock'`;
      await expect.poll(() => database.query(`select pid ${waiting}`), { timeout: 20_000 }).toHaveLength(1);
      await database.query(`select pg_terminate_backend(pid) ${waiting}`);
      expectRefusal(await running, 4, 'database_lost', 'was lost', 'See that the server runs');
      await holder.end();
    });

    it('ends with 4 where nothing listens', async () => {
      const env = { RINGFENCE_GATEWAY_URL: 'postgres://ringfence_gateway:hunter2@127.0.0.1:1/shop' };
      const run = await place.run([command, ...args], { env });
      expectRefusal(run, 4, 'database_unreachable', '127.0.0.1:1/shop', 'Is it running');
      expect(run.stderr).not.toContain('hunter2');
    });

    it('ends with 4 where the database lets nobody in', async () => {
      const name = `"${database.name}"`;
      const admin = await database.connect();
      await admin.query(`alter database ${name} connection limit 0`);
      try {
        expectRefusal(await place.run([command, ...args]), 4, 'database_unreachable', database.name);
      } finally {
        await admin.query(`alter database ${name} connection limit -1`);
        await admin.end();
      }
    });
  });
});
