/** SQL of an agent's on a standby: it runs there, and its event is on the primary before the answer. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { apply } from '../../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { generateKeys } from '../../src/database/keys.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence, type Ringfence } from '../../src/ringfence.js';
import type { Decision } from '../../src/tools/decision.js';
import { type Replicated, replicated } from '../support/standby.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from './support/events.js';

const POLICY = `
version: 1
preset: production
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles: { support: { tools: [sql], tables: { note: {} } } }
`;

describeOnServers('SQL of an agent’s on a standby', (kind) => {
  const keys = generateKeys();
  let servers: Replicated;
  let ringfence: Ringfence;
  let admin: pg.Client;
  beforeAll(async () => {
    servers = await replicated(kind, async (server) => {
      const client = new pg.Client({
        connectionString: server.url('postgres', server.superuser, server.superuserPassword),
      });
      await client.connect();
      await client.query(
        "create table note (id int primary key, org text not null, body text); insert into note values (1, 'a', 'mine'), (2, 'b', 'theirs')",
      );
      const file = parsePolicy(POLICY);
      await apply(client, (catalog) => compilePolicy(file, catalog), {
        alongside: async () => {
          await installClaimKeys(client, keys);
          await setGatewayPassword(client, keys);
          return true;
        },
      });
      await client.end();
    });
    const { primary, standby } = servers;
    ringfence = await createRingfence({
      url: primary.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      replicaUrl: standby.url('postgres', 'ringfence_gateway', keys.gatewayPassword),
      policy: parsePolicy(POLICY),
      keys,
    });
    admin = new pg.Client({
      connectionString: primary.url('postgres', primary.superuser, primary.superuserPassword),
    });
    await admin.connect();
  });
  afterAll(async () => {
    await ringfence?.close();
    await admin?.end();
    await servers?.stop();
  });
  const ask = (statement: string): Promise<Decision> => {
    const boundary = ringfence.trustedBoundary({
      tenant: 'a',
      user: 'u1',
      role: 'support',
      actor: { kind: 'agent', id: 'test' },
    });
    return within(boundary, () => ringfence.call('sql', { statement }));
  };

  it.each([
    ['select body from note', { decision: 'allowed', rows: [{ body: 'mine' }] }, { effect: 'allowed' }],
    [
      'select 1 / (id - id) from note',
      { code: 'value_error' },
      { effect: 'failed', code: 'value_error', sqlstate: '22012' },
    ],
    [
      'select bdy from note',
      { code: 'unknown_column' },
      { effect: 'denied', code: 'unknown_column', sqlstate: '42703' },
    ],
  ])('is answered there and recorded on the primary: %s', async (statement, expected, decision) => {
    const answer = await ask(statement);
    expect(answer).toMatchObject(expected);
    const query = async (sql: string, values?: unknown[]) => (await admin.query(sql, values)).rows;
    expect(await eventsOf({ query }, answer.event)).toMatchObject([{ action: 'sql', decision }]);
  });

  it('goes to the standby alone, and says so where that is gone', async () => {
    await servers.standby.stop();
    expect(await ask('select body from note')).toMatchObject({
      decision: 'failed',
      code: 'database_unavailable',
    });
  });
});
