/** `ringfence/kysely`: Kysely in the transaction of a call. */
import { Kysely, type KyselyConfig, PostgresDialect, type PostgresDialectConfig } from 'kysely';
import { poolOf } from '../database/lent-pool.js';
import { type LentClient, whenReturned } from '../database/watched-client.js';

/** What Kysely takes beside a dialect; `cursor` is `pg-cursor`, for `stream()`. */
export type KyselyOnConfig = Omit<KyselyConfig, 'dialect'> & Pick<PostgresDialectConfig, 'cursor'>;

/**
 * Kysely on the client that a tool is given with its call. Every statement runs on that call's one connection, inside its boundary;
 * transactions become savepoints of the call's. It is destroyed when the call is over.
 *
 * @throws {TypeError} For a client that was not lent for a call.
 * @example
 * ```ts
 * const db = kyselyOn<Database>(client);
 * const open = await db.selectFrom('invoice').select(['id', 'total']).where('status', '=', 'open').execute();
 * ```
 */
export function kyselyOn<Database>(
  client: LentClient,
  { cursor, ...config }: KyselyOnConfig = {},
): Kysely<Database> {
  const pool = poolOf(client);
  const dialect = new PostgresDialect({ pool, ...(cursor === undefined ? {} : { cursor }) });
  const db = new Kysely<Database>({ ...config, dialect });
  whenReturned(client, () => db.destroy());
  return db;
}
