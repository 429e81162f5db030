/** On a standby: a boundary opens and reads there; the event goes to the primary; a write is refused and says so. */
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { Gateway } from '../../src/database/gateway.js';
import { generateKeys } from '../../src/database/keys.js';
import { pendingMigrations, runMigration } from '../../src/database/migrate.js';
import { type Server, startServer } from '../../src/database/server.js';
import { HAND_MADE_ROLE, HAND_MADE_SLICE } from '../support/hand-made-slice.js';
import { TEST_SETTINGS } from '../support/servers.js';
import { describeOnServers, isolatedServer } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';

describeOnServers('a standby', (kind) => {
  const keys = generateKeys();
  let primary: Server;
  let standby: Server;
  let gateway: Gateway;
  let admin: pg.Client;

  beforeAll(async () => {
    const first = await isolatedServer(kind, { settings: { wal_level: 'replica', max_wal_senders: 4 } });
    const builder = new pg.Client({
      connectionString: first.url('postgres', first.superuser, first.superuserPassword),
    });
    await builder.connect();
    await builder.query('begin');
    for (const migration of await pendingMigrations(builder)) await runMigration(builder, migration);
    await installClaimKeys(builder, keys);
    await setGatewayPassword(builder, keys);
    await builder.query('commit');
    await builder.query(HAND_MADE_SLICE);
    await builder.end();
    // A copy of a cleanly stopped server is a base backup.
    await first.stop();
    const copy = join(inject('runDirectory'), uniqueName('standby'));
    cpSync(first.dataDir, copy, { recursive: true, preserveTimestamps: true });
    // Not every Node copies the directory's own mode, and PostgreSQL insists on it.
    chmodSync(copy, 0o700);
    const options = {
      settings: { ...TEST_SETTINGS, wal_level: 'replica', hot_standby: true, max_wal_senders: 4 },
      ...(kind.binDir === undefined ? {} : { binDir: kind.binDir }),
    };
    primary = await startServer({ dataDir: first.dataDir, ...options });
    writeFileSync(join(copy, 'standby.signal'), '');
    rmSync(join(copy, 'postmaster.pid'), { force: true });
    standby = await startServer({
      dataDir: copy,
      ...options,
      settings: {
        ...options.settings,
        primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${primary.superuser} password=${primary.superuserPassword}`,
      },
    });
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
    await standby?.stop();
    await primary?.stop();
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
      url: standby.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
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
