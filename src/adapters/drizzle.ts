/** `ringfence/drizzle`: Drizzle in the transaction of a call. */
import type { DrizzleConfig } from 'drizzle-orm';
import * as orm from 'drizzle-orm/node-postgres';
import { poolOf } from '../database/lent-pool.js';
import type { LentClient } from '../database/watched-client.js';
import { assertPeer } from './peer.js';

/** What Drizzle takes, but for a cache: it would hand the rows of one tenant to the next. */
export type DrizzleOnConfig<Schema extends Record<string, unknown>> = Omit<DrizzleConfig<Schema>, 'cache'>;

/**
 * Drizzle on the client that a tool is given with its call. Every statement runs on that call's one connection, inside its boundary;
 * transactions become savepoints of the call's.
 *
 * @throws {TypeError} For a client that was not lent for a call.
 * @throws {RingfenceError} `config_invalid` where another version of Drizzle is installed.
 * @example
 * ```ts
 * const db = drizzleOn(client, { schema });
 * const open = await db.query.invoice.findMany({ where: eq(schema.invoice.status, 'open'), with: { customer: true } });
 * ```
 */
export function drizzleOn<Schema extends Record<string, unknown> = Record<string, never>>(
  client: LentClient,
  config: DrizzleOnConfig<Schema> = {},
): orm.NodePgDatabase<Schema> {
  // By names of the namespace: a version without one of them can still be imported, and told of.
  const { drizzle } = orm;
  assertPeer({ adapter: 'ringfence/drizzle', name: 'drizzle-orm', range: '^0.45.0' }, { drizzle });
  return drizzle(poolOf(client), config);
}
