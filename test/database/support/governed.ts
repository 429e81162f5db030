import type pg from 'pg';
import { trustedBoundary } from '../../../src/boundary/resolve.js';
import type { Plan } from '../../../src/compile/plan.js';
import { type Applied, type ApplyOptions, apply } from '../../../src/database/apply.js';
import { createClaimMaker } from '../../../src/database/claim.js';
import { installClaimKeys, setGatewayPassword } from '../../../src/database/credentials.js';
import { introspect } from '../../../src/database/introspect.js';
import { generateKeys } from '../../../src/database/keys.js';
import { plan } from '../../../src/database/plan.js';
import { compilePolicy } from '../../../src/policy/compile.js';
import { parsePolicy } from '../../../src/policy/file.js';
import type { TestDatabase } from '../../support/database.js';

const policyFile = (yaml: string) =>
  parsePolicy(`version: 1\npreset: development\n${yaml}`, { filename: 'p.yaml' });

/** Applies a policy, given without its first two lines. */
export async function applyPolicy(
  client: pg.ClientBase,
  yaml: string,
  options: ApplyOptions = {},
): Promise<Applied> {
  const file = policyFile(yaml);
  return apply(client, (catalog) => compilePolicy(file, catalog), options);
}

/** What applying it would do. */
export async function planPolicy(client: pg.ClientBase, yaml: string): Promise<Plan> {
  const catalog = await introspect(client);
  return plan(client, compilePolicy(policyFile(yaml), catalog), catalog);
}

/** Whose boundary a sealed session is opened for. */
export interface Sealed {
  readonly tenant: string;
  readonly user?: string;
  readonly workspace?: string;
  readonly role: string;
}

/** An agent's connection: logged in as the gateway, every statement in a transaction of its own that is rolled back. */
export interface Agent {
  /**
   * Rows of the last of the statements, run as the role's slice role under a genuine seal.
   * @param as the slice role to be, if not the seal's own
   */
  rows<Row extends pg.QueryResultRow = pg.QueryResultRow>(
    seal: Sealed | null,
    sql: string | readonly string[],
    as?: string,
  ): Promise<Row[]>;
  /** The SQLSTATE and message with which it fails; fails itself if it does not. */
  refusal(
    seal: Sealed | null,
    sql: string | readonly string[],
    as?: string,
  ): Promise<{ code: string; message: string }>;
}

/** Gives the gateway its keys and connects as it. */
export async function connectAgent(database: TestDatabase): Promise<Agent> {
  const keys = generateKeys();
  const admin = await database.connect();
  await installClaimKeys(admin, keys);
  await setGatewayPassword(admin, keys);
  await admin.end();
  const client = await database.connect({ name: 'ringfence_gateway', password: keys.gatewayPassword });
  const { rows } = await client.query<{ domain: string; pid: number }>(
    'select ringfence.domain() as domain, pg_backend_pid() as pid',
  );
  const claims = createClaimMaker(keys, rows[0]?.domain ?? '');
  const claim = (seal: Sealed): string =>
    claims.make(
      trustedBoundary({
        tenant: seal.tenant,
        user: seal.user ?? 'nobody',
        ...(seal.workspace === undefined ? {} : { workspace: seal.workspace }),
        role: seal.role,
        actor: { kind: 'agent', id: 'test' },
        policy: { hash: 'sha256:test', roles: new Set([seal.role]) },
      }),
      rows[0]?.pid ?? 0,
    );
  const run = async (
    seal: Sealed | null,
    sql: string | readonly string[],
    as?: string,
  ): Promise<pg.QueryResult> => {
    await client.query('begin');
    try {
      if (seal !== null) await client.query('select ringfence.enter($1)', [claim(seal)]);
      const role = as ?? `ringfence_slice_${seal?.role ?? 'support'}`;
      await client.query(`select set_config('role', $1, true)`, [role]);
      let result: pg.QueryResult | undefined;
      for (const one of typeof sql === 'string' ? [sql] : sql) result = await client.query(one);
      if (result === undefined) throw new Error('no statement');
      return result;
    } finally {
      await client.query('rollback');
    }
  };
  return {
    rows: async (seal, sql, as) => (await run(seal, sql, as)).rows,
    refusal: async (seal, sql, as) => {
      try {
        await run(seal, sql, as);
      } catch (error) {
        const { code, message } = error as { code: string; message: string };
        return { code, message };
      }
      throw new Error(`not refused: ${JSON.stringify(sql)}`);
    },
  };
}
