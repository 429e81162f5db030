/** The same help desk under a policy, and everything that an attack on it is judged by. */
import type pg from 'pg';
import type { Boundary } from '../../../../src/boundary/boundary.js';
import { type ClaimMaker, createClaimMaker } from '../../../../src/database/claim.js';
import { TenantPool } from '../../../../src/database/pool.js';
import { verifyLedger } from '../../../../src/ledger/read.js';
import type { CompiledRole } from '../../../../src/policy/compiled.js';
import { createDatabase, type TestDatabase } from '../../../support/database.js';
import { type Governed, govern } from '../../../support/governed.js';
import type { TestServer } from '../../../support/test-server.js';
import { lookAt } from './session-look.js';
import { TENANT, WORLD_POLICY, WORLD_STATE, worldTemplate } from './world-schema.js';

/** What no attack may change. */
export interface Traces {
  /** Rows, sequences and objects, as a digest. */
  readonly world: string;
  /** Advisory locks of any session. */
  readonly locks: number;
  /** Whether a session of the same login, which does nothing, is still there. */
  readonly bystander: boolean;
  /** How many events the ledger holds. */
  readonly events: number;
}

export interface GovernedWorld {
  readonly database: TestDatabase;
  readonly governed: Governed;
  readonly role: CompiledRole;
  readonly boundary: Boundary;
  readonly claims: ClaimMaker;
  /** One connection as the gateway’s login. */
  readonly pool: TenantPool;
  /** What listening sessions have heard. */
  readonly heard: readonly string[];
  traces(): Promise<Traces>;
  /** The settings and everything else that the pool’s connection carries from one call to the next, a line each. */
  session(): Promise<{ readonly backend: string; readonly lines: readonly string[] }>;
  /** What a statement says on the pool’s connection, outside of any boundary. */
  ask(sql: string): Promise<string>;
  /** Chains everything; gives what does not verify, and how many leaves of calls there are. */
  verify(): Promise<{ readonly broken: readonly string[]; readonly leaves: number }>;
  drop(): Promise<void>;
}

const AS_TEXT = { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig;

export async function openGovernedWorld(server: TestServer): Promise<GovernedWorld> {
  const database = await createDatabase(server, { template: worldTemplate });
  const governed = await govern(database, WORLD_POLICY, { onOperatorEvent: () => undefined });
  const role = governed.ringfence.policy.roles.get('support');
  if (role === undefined) throw new Error('the policy has no role support');
  const [domain] = await database.query<{ domain: string }>('select ringfence.domain() as domain');
  const claims = createClaimMaker(governed.keys, domain?.domain ?? '');
  const pool = new TenantPool({ url: governed.gatewayUrl, size: 1, perTenant: 1 });

  const heard: string[] = [];
  const listener = await database.connect();
  listener.on('notification', ({ channel, payload }) => heard.push(`${channel}: ${payload ?? ''}`));
  await listener.query('listen attack; listen flood');
  const bystander = await database.connect({
    name: 'ringfence_gateway',
    password: governed.keys.gatewayPassword,
  });
  bystander.on('error', () => undefined);
  const { processID } = bystander as unknown as { processID: number };

  return {
    database,
    governed,
    role,
    boundary: governed.boundary({ tenant: TENANT }),
    claims,
    pool,
    heard,
    traces: async () => {
      const [found] = await database.query<{
        world: string;
        locks: number;
        bystander: boolean;
        events: number;
      }>(
        `select (${WORLD_STATE}) as world,
          (select count(*)::int from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) as locks,
          exists (select from pg_stat_activity where pid = ${processID} and state = 'idle') as bystander,
          (select count(*)::int from ringfence.event_pending) + (select count(*)::int from ringfence.leaf) as events`,
      );
      if (found === undefined) throw new Error('the database says nothing of its state');
      return found;
    },
    session: async () => {
      const lease = await pool.lease(TENANT);
      const { processID } = lease.client as unknown as { processID: number };
      const lines = await lookAt(lease.client);
      lease.release(true);
      return { backend: String(processID), lines };
    },
    ask: async (sql) => {
      const lease = await pool.lease(TENANT);
      const { rows } = await lease.client.query({ text: sql, rowMode: 'array', types: AS_TEXT });
      lease.release(true);
      return JSON.stringify(rows);
    },
    verify: async () => {
      await governed.ringfence.sequence();
      const auditor = await database.connect();
      const broken: string[] = [];
      let leaves = 0;
      for await (const verdict of verifyLedger(auditor)) {
        if (verdict.verdict === 'intact') leaves += verdict.log === 'operator' ? 0 : verdict.events;
        else broken.push(JSON.stringify(verdict));
      }
      await auditor.end();
      return { broken, leaves };
    },
    drop: async () => {
      await bystander.end().catch(() => undefined);
      await pool.close();
      await governed.close();
      await database.drop();
    },
  };
}
