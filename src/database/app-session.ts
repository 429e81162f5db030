/**
 * A session for the product's own tool code: one transaction as `ringfence_app`, sealed with the boundary of the call it serves.
 *
 * What the code does and the event that tells of it commit together, or neither does. A tool that only reads runs in a read-only
 * savepoint, which is rolled back before its event is written. Transactions that the code opens itself become savepoints of this one.
 * Of each statement is kept what it was and how many rows it met, never what was in them.
 */
import pg from 'pg';
import type { Boundary } from '../boundary/boundary.js';
import { quoteIdent } from '../compile/quote.js';
import type { ClaimMaker } from './claim.js';
import {
  CONNECTION_LOST,
  judgeStatementError,
  OUTCOME_UNKNOWN,
  type StatementVerdict,
} from './database-error.js';
import { Pipeline } from './pipeline.js';
import type { Lease, TenantPool } from './pool.js';
import type { Statement } from './statement.js';
import { guardTime } from './time-guard.js';
import { type StatementNote, watchClient } from './watched-client.js';

export interface AppCall<T> {
  readonly boundary: Boundary;
  readonly effect: 'read' | 'write';
  /** Where names without a schema are looked for. */
  readonly schema: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The code. Whatever it throws takes back what it did. */
  work(client: pg.PoolClient): Promise<T>;
  /** The event of what it did. */
  event(
    value: T,
    statements: readonly StatementNote[],
  ): { readonly id: string; readonly body: string; readonly rowCount: number };
  /** Takes back what the code did, after the constraints have been checked; the event is written. */
  readonly dry?: boolean;
}

export type AppOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The code threw; nothing of it is left, and nothing is recorded. */
  | { readonly kind: 'threw'; readonly error: unknown; readonly statements: readonly StatementNote[] }
  /** The database would not have it; nothing is recorded. */
  | { readonly kind: 'verdict'; readonly verdict: StatementVerdict; readonly cause: Error };

const ENTER =
  "select ringfence.enter($1), pg_catalog.set_config('statement_timeout', $2, true), " +
  "pg_catalog.set_config('application_name', $3, true), pg_catalog.set_config('search_path', $4, true)";

const plain = (text: string): Statement => ({ text, values: [] });
const BEGIN = plain('begin');
const WORK = plain('savepoint ringfence_work');
const READ_ONLY = plain('set local transaction_read_only = on');
const CHECK = plain('set constraints all immediate');
const UNDO = plain('rollback to savepoint ringfence_work');
const COMMIT = plain('commit');
const ROLLBACK = plain('rollback');

/** Throws only where no connection could be had. */
export async function runInApp<T>(
  pool: TenantPool,
  claims: ClaimMaker,
  call: AppCall<T>,
): Promise<AppOutcome<T>> {
  const lease = await pool.lease(call.boundary.tenant);
  const guard = guardTime(lease, call.timeoutMs, call.signal);
  let clean = false;
  /** Ends the transaction without a trace. */
  const leave = async (outcome: AppOutcome<T>): Promise<AppOutcome<T>> => {
    clean = (await send(lease, [ROLLBACK])) === null;
    return outcome;
  };
  try {
    const reads = call.effect === 'read';
    const refused = await send(lease, [
      BEGIN,
      enter(lease, pool, claims, call),
      WORK,
      ...(reads ? [READ_ONLY] : []),
    ]);
    if (refused !== null) return await leave(verdict(refused));
    const watched = watchClient(lease.client);
    let value: T;
    try {
      value = await call.work(watched.client);
    } catch (error) {
      watched.close();
      return await leave({ kind: 'threw', error, statements: watched.statements });
    }
    watched.close();
    const { id, body, rowCount } = call.event(value, watched.statements);
    const append = { text: 'select ringfence.append($1, $2, $3)', values: [id, body, rowCount] };
    const undone = reads ? [UNDO] : call.dry ? [CHECK, UNDO] : [];
    const failed = await send(lease, [...undone, append]);
    if (failed !== null) return await leave(verdict(failed));
    // By itself: whatever was wrong before this has been told, so that only the commit can be in doubt.
    const lost = await send(lease, [COMMIT]);
    if (lost !== null) return unsettled(lost, call.effect);
    clean = true;
    return { kind: 'done', value };
  } finally {
    guard.stop();
    lease.release(clean && !guard.cancelled());
  }
}

function enter<T>(lease: Lease, pool: TenantPool, claims: ClaimMaker, call: AppCall<T>): Statement {
  const { processID } = lease.client as unknown as { processID: number };
  return {
    text: ENTER,
    values: [
      claims.make(call.boundary, pool.pooled ? null : processID),
      String(call.timeoutMs),
      claims.publicName(call.boundary),
      `pg_catalog, ${quoteIdent(call.schema)}`,
    ],
  };
}

/** Statements in one network write. The error of the first that fails, or null. */
async function send(lease: Lease, statements: readonly Statement[]): Promise<Error | null> {
  const pipeline = new Pipeline(lease.client, statements);
  lease.client.query(pipeline);
  return (await pipeline.outcome).error;
}

function verdict(error: Error): Extract<AppOutcome<never>, { kind: 'verdict' }> {
  const told = error instanceof pg.DatabaseError ? judgeStatementError(error) : CONNECTION_LOST;
  return { kind: 'verdict', verdict: told, cause: error };
}

/** A commit that was not answered has happened, or has not. One that was refused has not. */
function unsettled(error: Error, effect: 'read' | 'write'): Extract<AppOutcome<never>, { kind: 'verdict' }> {
  if (error instanceof pg.DatabaseError || effect === 'read') return verdict(error);
  return { kind: 'verdict', verdict: OUTCOME_UNKNOWN, cause: error };
}
