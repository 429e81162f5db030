/** Behind PgBouncer in transaction mode: the client does not know its backend, and every call may get another one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { Gateway, writeWithEvent } from '../../src/database/gateway.js';
import type { Keys } from '../../src/database/keys.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { HAND_MADE_ROLE, HAND_MADE_SLICE } from '../support/hand-made-slice.js';
import { installRingfence } from '../support/installed.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
import { describeOnServers } from '../support/test-server.js';

const suite = pgBouncerMissing === undefined ? describe : describe.skip;

suite(`through PgBouncer${pgBouncerMissing === undefined ? '' : ` (${pgBouncerMissing})`}`, () => {
  describeOnServers('a sealed session', (server) => {
    let database: TestDatabase;
    let keys: Keys;
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;
    let gateway: Gateway;

    beforeAll(async () => {
      database = await createDatabase(server);
      ({ keys } = await installRingfence(database));
      await database.query(HAND_MADE_SLICE);
      bouncer = await startPgBouncer({
        port: database.port,
        database: database.name,
        user: 'ringfence_gateway',
        password: keys.gatewayPassword,
      });
      gateway = await Gateway.open({ url: bouncer.url, keys, pooled: true, size: 4 });
    });
    afterAll(async () => {
      await gateway?.close();
      await bouncer?.stop();
      await database.drop();
    });

    const call = (tenant: string) => ({
      boundary: trustedBoundary({
        tenant,
        user: 'u1',
        role: 'support',
        actor: { kind: 'agent', id: 'test' },
        policy: { hash: 'sha256:test', roles: new Set(['support']) },
      }) as Boundary,
      role: HAND_MADE_ROLE,
      timeoutMs: 5_000,
    });

    it('keeps tenants apart that take turns on one server connection', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const tenant = n % 2 === 0 ? 'a' : 'b';
          const outcome = await gateway.run({
            ...call(tenant),
            effect: 'read',
            statement: {
              text: 'select distinct tenant from slice_support.note where id > $1',
              values: [n % 5],
            },
          });
          return [tenant, outcome.kind === 'rows' ? outcome.result.rows : outcome.verdict];
        }),
      );
      for (const [tenant, rows] of answers) expect(rows).toEqual([[tenant]]);
    });

    it('writes and records in one commit', async () => {
      const id = '00000000-0000-7000-8000-000000000001';
      const statement = writeWithEvent(
        { text: "insert into slice_support.note values ($1, 'a', 'x') returning id", values: [500] },
        id,
        '{"action":"test"}',
        1,
      );
      expect(await gateway.run({ ...call('a'), effect: 'write', statement })).toMatchObject({ kind: 'rows' });
      expect(await database.query('select from ringfence.event_pending where id = $1', [id])).toHaveLength(1);
    });

    it('ends a statement that overstays', async () => {
      const outcome = await gateway.run({
        ...call('a'),
        effect: 'read',
        timeoutMs: 100,
        statement: { text: 'select pg_catalog.pg_sleep(30)', values: [] },
      });
      expect(outcome).toMatchObject({ kind: 'verdict', verdict: { code: 'timeout' } });
    });

    it('refuses a session that believes it knows its backend', async () => {
      const direct = await Gateway.open({ url: bouncer.url, keys, pooled: false });
      const outcome = await direct.run({
        ...call('a'),
        effect: 'read',
        statement: { text: 'select 1', values: [] },
      });
      expect(outcome.kind).toBe('verdict');
      await direct.close();
    });
  });
});
