/**
 * The one transaction in which a database is planned, changed or cleaned: one at a time, with names that no search path can change,
 * and never waiting long for a lock that the product holds.
 */
import pg from 'pg';
import { RingfenceError } from '../../errors.js';

/** `ring` in ASCII, and 1: nobody else's advisory lock. */
const LOCK = 'pg_catalog.pg_advisory_xact_lock(1919512167, 1)';

/** How long a statement may wait for a lock, in milliseconds: while it waits, the product's statements queue up behind it. */
const LOCK_TIMEOUT_MS = 5000;

/** Runs `work` in a transaction that commits if `work` says so, and is rolled back if not or if anything fails. */
export async function inTransaction<T>(
  client: pg.ClientBase,
  options: { readonly exclusive: boolean; readonly lockTimeoutMs?: number },
  work: () => Promise<{ readonly commit: boolean; readonly value: T }>,
): Promise<T> {
  const timeout = options.lockTimeoutMs ?? LOCK_TIMEOUT_MS;
  await client.query('begin transaction isolation level read committed');
  try {
    await client.query(
      `select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('lock_timeout', $1, true)`,
      [`${timeout}ms`],
    );
    if (options.exclusive) await client.query(`select ${LOCK}`);
    const { commit, value } = await work();
    await client.query(commit ? 'commit' : 'rollback');
    return value;
  } catch (error) {
    // The connection may be what failed; the server then rolls back by itself.
    await client.query('rollback').catch(() => undefined);
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  return error instanceof pg.DatabaseError ? failure(error, 'The database refused.') : error;
}

/** What a failure while planning or applying means, by its SQLSTATE. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function failure(error: unknown, what: string): RingfenceError {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  switch (code) {
    case '55P03':
      return new RingfenceError(
        'database_busy',
        `${what} A lock was not free within the time allowed. Nothing was changed.`,
        {
          cause: error,
          suggestion: 'Run it again, at a quieter moment if need be: it needs each table for an instant.',
        },
      );
    case '25006':
      return new RingfenceError(
        'database_read_only',
        `${what} The database accepts no writes: it is a standby or read-only. Nothing was changed.`,
        {
          cause: error,
          suggestion: 'Apply to the primary.',
        },
      );
    case '42501':
      return new RingfenceError(
        'apply_failed',
        `${what} PostgreSQL says: ${String(message)}. Nothing was changed.`,
        {
          cause: error,
          suggestion:
            'Apply as a superuser, or as a role with CREATEROLE that owns the tables, may create in the database, and applied the first time.',
        },
      );
    case '53200':
      return new RingfenceError(
        'apply_failed',
        `${what} PostgreSQL has no room for so many locks in one transaction. Nothing was changed.`,
        {
          cause: error,
          suggestion:
            'Raise max_locks_per_transaction (64 by default; four per table and role will do) and restart the server.',
        },
      );
    case '2BP01':
      return new RingfenceError(
        'apply_failed',
        `${what} PostgreSQL says: ${String(message)}. Nothing was changed.`,
        {
          cause: error,
          suggestion: 'Something that Ringfence did not make depends on it. Drop that first.',
        },
      );
    default:
      return new RingfenceError(
        'apply_failed',
        `${what} PostgreSQL says: ${String(message)}. Nothing was changed.`,
        { cause: error },
      );
  }
}
