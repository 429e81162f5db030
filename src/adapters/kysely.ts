/** `ringfence/kysely`: Kysely in the transaction of a call. */
import * as orm from 'kysely';
import { poolOf } from '../database/lent-pool.js';
import { type LentClient, whenReturned } from '../database/watched-client.js';
import { assertPeer } from './peer.js';

/** What Kysely takes beside a dialect; `cursor` is `pg-cursor`, for `stream()`. */
export type KyselyOnConfig = Omit<orm.KyselyConfig, 'dialect'> & Pick<orm.PostgresDialectConfig, 'cursor'>;

/**
 * Kysely on the client that a tool is given with its call. Every statement runs on that call's one connection, inside its boundary;
 * transactions become savepoints of the call's. It is destroyed when the call is over.
 *
 * @throws {TypeError} For a client that was not lent for a call.
 * @throws {RingfenceError} `config_invalid` where another version of Kysely is installed.
 * @example
 * ```ts
 * const db = kyselyOn<Database>(client);
 * const open = await db.selectFrom('invoice').select(['id', 'total']).where('status', '=', 'open').execute();
 * ```
 */
export function kyselyOn<Database>(
  client: LentClient,
  { cursor, ...config }: KyselyOnConfig = {},
): orm.Kysely<Database> {
  // By names of the namespace: a version without one of them can still be imported, and told of.
  const { Kysely, PostgresDialect } = orm;
  assertPeer({ adapter: 'ringfence/kysely', name: 'kysely', range: '^0.28.0' }, { Kysely, PostgresDialect });
  const pool = poolOf(client);
  const dialect = new PostgresDialect({ pool, ...(cursor === undefined ? {} : { cursor }) });
  const db = new Kysely<Database>({ ...config, dialect });
  whenReturned(client, () => db.destroy());
  return db;
}
