/**
 * Where the demo happens: a PostgreSQL of its own, a fresh database of a product in it, the policy applied, Ringfence opened.
 */
import { randomBytes } from 'node:crypto';
import { quoteLiteral } from '../compile/quote.js';
import { type Administrator, connectAdministrator } from '../database/administrator.js';
import { apply } from '../database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../database/credentials.js';
import { introspect } from '../database/introspect.js';
import { generateKeys, type Keys } from '../database/keys.js';
import { plan } from '../database/plan.js';
import { type Server, startServer } from '../database/server.js';
import { RingfenceError } from '../errors.js';
import { compilePolicy } from '../policy/compile.js';
import { parsePolicy } from '../policy/file.js';
import { createRingfence, type Ringfence } from '../ringfence.js';
import type { OwnedRow } from './canaries.js';
import { POLICY } from './policy.js';
import { DATABASE, insertRows, MOVE_SEQUENCES, OWNED_ROWS, PRODUCT_LOGIN, SCHEMA } from './schema.js';
import { openSignIn, type SignIn } from './sign-in.js';
import type { Listener } from './story.js';
import { demoRows, OURS, THEIRS } from './tenants.js';

/** The people whose agents appear. A login knows them by `user`; what they are and where, memberships say. */
const MEMBERSHIPS = [
  { user: 'ada', tenant: OURS, workspace: 'front-desk', role: 'support' },
  { user: 'ben', tenant: OURS, workspace: 'back-office', role: 'team_lead' },
  { user: 'cleo', tenant: THEIRS, workspace: 'front-desk', role: 'support' },
] as const;

/** Everything the demo's parts need of the place. */
export interface Stage {
  readonly server: Server;
  readonly ringfence: Ringfence;
  /** The superuser, who sees and may do everything: tells what is really there. */
  readonly superuser: Administrator;
  /** The product's own login, for what happens without Ringfence. */
  readonly product: Administrator;
  /** A connection with the gateway's password, as somebody has it who stole it. */
  stolenLogin(): Promise<Administrator>;
  readonly keys: Keys;
  readonly signIn: SignIn;
  /** How many steps the plan had. */
  readonly steps: number;
  /** All rows of all tenants, as they are now. */
  ownedRows(): Promise<OwnedRow[]>;
  close(): Promise<void>;
}

export interface StageOptions {
  readonly dataDir: string;
  readonly listener: Listener;
  /** Aborted where somebody does not want to wait any longer: the next step is not begun. */
  readonly signal: AbortSignal;
}

/**
 * Sets the stage. The database and all that the last run left in it are made anew; the PostgreSQL beneath is kept.
 * @throws {RingfenceError} `server_failed` and whatever else keeps a database from being made; what was started is stopped then.
 */
export async function setStage({ dataDir, listener, signal }: StageOptions): Promise<Stage> {
  const server = await startServer({ dataDir, onProgress: listener.progress });
  const open: Administrator[] = [];
  const connect = async (
    database: string,
    user: string,
    password: string | undefined,
  ): Promise<Administrator> => {
    const connection = await connectAdministrator(server.url(database, user, password));
    open.push(connection);
    return connection;
  };
  let ringfence: Ringfence | null = null;
  const close = async (): Promise<void> => {
    await ringfence?.close().catch(() => undefined);
    await Promise.all(open.map((connection) => connection.close()));
    await server.stop();
  };
  try {
    const password = superuserPassword(server);
    const productPassword = randomBytes(16).toString('base64url');
    const cluster = await connect('postgres', server.superuser, password);
    signal.throwIfAborted();
    listener.progress(`Creating the database ${DATABASE}: a help desk with six customers`);
    await makeAnew(cluster, productPassword);
    const superuser = await connect(DATABASE, server.superuser, password);
    await fill(superuser);
    signal.throwIfAborted();
    const keys = generateKeys();
    const steps = await fence(superuser, keys, listener);
    signal.throwIfAborted();
    listener.progress('Opening Ringfence as the login ringfence_gateway, which may read no table');
    const gatewayUrl = server.url(DATABASE, 'ringfence_gateway', keys.gatewayPassword);
    const opened = await createRingfence({
      url: gatewayUrl,
      policy: parsePolicy(POLICY),
      keys,
      onOperatorEvent: ({ kind, message }) => {
        // The story tells of its call without a boundary itself.
        if (kind !== 'call_without_boundary') listener.progress(message);
      },
    });
    ringfence = opened;
    return {
      server,
      ringfence: opened,
      superuser,
      product: await connect(DATABASE, PRODUCT_LOGIN, productPassword),
      stolenLogin: () => connect(DATABASE, 'ringfence_gateway', keys.gatewayPassword),
      keys,
      signIn: openSignIn(),
      steps,
      ownedRows: async () => (await superuser.query(OWNED_ROWS)).rows as unknown as OwnedRow[],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function superuserPassword({ superuserPassword: password, dataDir }: Server): string {
  if (password !== undefined) return password;
  throw new RingfenceError('server_failed', `The password of the PostgreSQL in ${dataDir} is not there.`, {
    suggestion: `Remove ${dataDir} and run the demo again: it makes a new one.`,
  });
}

async function makeAnew(cluster: Administrator, productPassword: string): Promise<void> {
  await cluster.query(`drop database if exists ${DATABASE} with (force)`);
  const { rows } = await cluster.query('select from pg_catalog.pg_roles where rolname = $1', [PRODUCT_LOGIN]);
  const verb = rows.length === 0 ? 'create' : 'alter';
  await cluster.query(`${verb} role ${PRODUCT_LOGIN} login password ${quoteLiteral(productPassword)}`);
  await cluster.query(`create database ${DATABASE}`);
}

async function fill(superuser: Administrator): Promise<void> {
  await superuser.query(SCHEMA);
  for (const [table, rows] of demoRows()) await superuser.query(insertRows(table), [JSON.stringify(rows)]);
  await superuser.query(MOVE_SEQUENCES);
  await superuser.query('analyze');
}

/** Plans and applies the policy, as `ringfence plan` and `ringfence apply` do. Gives the number of the plan's steps. */
async function fence({ client }: Administrator, keys: Keys, listener: Listener): Promise<number> {
  const file = parsePolicy(POLICY);
  listener.progress('Planning: what the policy changes in this database');
  const catalog = await introspect(client);
  const { digest, steps } = await plan(client, compilePolicy(file, catalog), catalog);
  listener.progress(`Applying ${steps.length} steps in one transaction`);
  await apply(client, (found) => compilePolicy(file, found), {
    expect: digest,
    alongside: async () => {
      await installClaimKeys(client, keys);
      await setGatewayPassword(client, keys);
      for (const { user, tenant, workspace, role } of MEMBERSHIPS) {
        await client.query(
          'insert into ringfence.membership (user_id, tenant, workspace, role) values ($1, $2, $3, $4)',
          [user, tenant, workspace, role],
        );
      }
      return true;
    },
  });
  return steps.length;
}
