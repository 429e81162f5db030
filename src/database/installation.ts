/**
 * What a database and its cluster have of Ringfence already, as far as keys and logins are concerned.
 */
import pg from 'pg';
import { GATEWAY_ROLE } from '../compile/names.js';
import { RingfenceError } from '../errors.js';
import { rolesUsedElsewhere } from './apply/situation.js';
import { connectionError } from './database-error.js';
import type { Keys } from './keys.js';
import type { Queryable } from './migrate.js';
import { describeUrl } from './pool.js';

export interface Installation {
  readonly installed: boolean;
  /** Whether the cluster has the gateway's login: from this database's installation, or from another's. */
  readonly gatewayExists: boolean;
  /** Other databases of the cluster whose agents use the gateway's login. */
  readonly gatewayUsedBy: readonly string[];
}

/** Reads it. Anybody who may connect may know. */
export async function readInstallation(client: Queryable): Promise<Installation> {
  const { rows } = await client.query(
    `select pg_catalog.to_regclass('ringfence.install') is not null as installed,
       exists (select from pg_catalog.pg_roles where rolname = $1) as gateway`,
    [GATEWAY_ROLE],
  );
  const [row] = rows as { installed: boolean; gateway: boolean }[];
  return {
    installed: row?.installed ?? false,
    gatewayExists: row?.gateway ?? false,
    gatewayUsedBy: (await rolesUsedElsewhere(client)).get(GATEWAY_ROLE) ?? [],
  };
}

/** @throws {RingfenceError} `policy_unapplied` where Ringfence is not installed in this database. */
export async function requireInstallation(client: Queryable): Promise<void> {
  if ((await readInstallation(client)).installed) return;
  throw new RingfenceError('policy_unapplied', 'Ringfence is not installed in this database.', {
    suggestion: 'Run "ringfence apply", or check the URL.',
  });
}

/**
 * How these keys stand to those that the database knows: `same` where it knows the one that signs; `behind` where it knows an
 * older one of them, as after a rotation elsewhere; `foreign` where it knows none.
 */
export async function compareClaimKeys(
  client: Queryable,
  keys: Keys,
): Promise<'same' | 'behind' | 'foreign'> {
  const { rows } = await client.query(
    `select k.key_id from ringfence.claim_key k
     join unnest($1::text[], $2::bytea[]) as given (key_id, key)
       on k.key_id = given.key_id and k.inner_pad = ringfence.hmac_pad(given.key, 54)`,
    [keys.claimKeys.map(({ id }) => id), keys.claimKeys.map(({ key }) => key)],
  );
  const known = new Set((rows as { key_id: string }[]).map(({ key_id }) => key_id));
  if (known.size === 0) return 'foreign';
  return known.has(keys.claimKeys[0].id) ? 'same' : 'behind';
}

/** Whether the database has claim keys, newer than the one that signs here, that are not among these: another copy was rotated. */
export async function rotatedElsewhere(client: Queryable, keys: Keys): Promise<boolean> {
  const { rows } = await client.query(
    `select from ringfence.claim_key k
     where not (k.key_id = any ($1)) and k.added_at > (select s.added_at from ringfence.claim_key s where s.key_id = $2)`,
    [keys.claimKeys.map(({ id }) => id), keys.claimKeys[0].id],
  );
  return rows.length > 0;
}

/**
 * Whether the gateway's login gets in with the password of this URL; null where the server turned the login away before it asked.
 * @throws {RingfenceError} `database_unreachable` where the server did not answer.
 */
export async function gatewayLogsIn(url: string): Promise<boolean | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch (error) {
    const state = error instanceof pg.DatabaseError ? error.code : undefined;
    if (state === '28P01') return false;
    if (state === '28000') return null;
    // Only a login that has proved itself is told of what else is in its way.
    if (state !== undefined) return true;
    throw connectionError(error, describeUrl(url));
  } finally {
    await client.end().catch(() => undefined);
  }
}
