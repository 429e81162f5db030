/** On a standby: a boundary opens and reads there; the event goes to the primary; a write is refused and says so. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { Gateway } from '../../src/database/gateway.js';
import { generateKeys } from '../../src/database/keys.js';
import { pendingMigrations, runMigration } from '../../src/database/migrate.js';
import type { Server } from '../../src/database/server.js';
import { HAND_MADE_ROLE, HAND_MADE_SLICE } from '../support/hand-made-slice.js';
import { type Replicated, replicated } from '../support/standby.js';
import { describeOnServers } from '../support/test-server.js';

describeOnServers('a standby', (kind) => {
  const keys = generateKeys();
  let servers: Replicated;
  let gateway: Gateway;
  let admin: pg.Client;

  beforeAll(async () => {
    servers = await replicated(kind, async (server) => {
      const builder = new pg.Client({
        connectionString: server.url('postgres', server.superuser, server.superuserPassword),
      });
      await builder.connect();
      await builder.query('begin');
      for (const migration of await pendingMigrations(builder)) await runMigration(builder, migration);
      await installClaimKeys(builder, keys);
      await setGatewayPassword(builder, keys);
      await builder.query('commit');
      await builder.query(HAND_MADE_SLICE);
      await builder.end();
    });
    const { primary, standby } = servers;
    const url = (server: Server): string => server.url('postgres', 'ringfence_gateway', keys.gatewayPassword);
    gateway = await Gateway.open({ url: url(primary), replicaUrl: url(standby), keys });
    admin = new pg.Client({
      connectionString: primary.url('postgres', primary.superuser, primary.superuserPassword),
    });
    await admin.connect();
  });
  afterAll(async () => {
    await gateway?.close();
    await admin?.end();
    await servers?.stop();
  });

  const boundary = trustedBoundary({
    tenant: 'a',
    user: 'u1',
    role: 'support',
    actor: { kind: 'agent', id: 'test' },
    policy: { hash: 'sha256:test', roles: new Set(['support']) },
  });
  const call = { boundary, role: HAND_MADE_ROLE, timeoutMs: 5_000 };

  it('opens a boundary and reads within it', async () => {
    const outcome = await gateway.run({
      ...call,
      effect: 'read',
      statement: {
        text: 'select distinct tenant, pg_catalog.pg_is_in_recovery() from slice_support.note',
        values: [],
      },
    });
    expect(outcome).toMatchObject({ kind: 'rows', result: { rows: [['a', 't']] } });
  });

  it('has its events recorded on the primary', async () => {
    const id = '00000000-0000-7000-8000-000000000001';
    await gateway.record([{ id, boundary, body: '{"action":"test"}', rowCount: 1 }]);
    const { rows } = await admin.query('select from ringfence.event_pending where id = $1', [id]);
    expect(rows).toHaveLength(1);
  });

  it('takes no write where it is all there is, and says so', async () => {
    const only = await Gateway.open({
      url: servers.standby.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      keys,
    });
    const outcome = await only.run({
      ...call,
      effect: 'write',
      statement: { text: "insert into slice_support.note values (900, 'a', 'x') returning id", values: [] },
    });
    expect(outcome).toMatchObject({ kind: 'verdict', verdict: { code: 'database_read_only' } });
    await only.close();
  });
});
