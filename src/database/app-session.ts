/**
 * A session for the product's own tool code: one transaction as `ringfence_app`, sealed with the boundary of the call it serves.
 *
 * What the code does and the event that tells of it commit together, or neither does. A tool that only reads runs in a read-only
 * savepoint, which is rolled back before its event is written. Transactions that the code opens itself become savepoints of this one.
 * Of each statement is kept what it was and how many rows it met, never what was in them.
 *
 * The database holds the one to the other: a commit without the event is refused, in whatever words it is asked for, and the event can only
 * be written in the transaction that was begun for it. What the code leaves on the connection is swept away before anybody else has it.
 */
import pg from 'pg';
import type { Boundary } from '../boundary/boundary.js';
import { quoteIdent } from '../compile/quote.js';
import { consumeStep } from './approval-store.js';
import type { ApprovalUse } from './approvals.js';
import type { ClaimMaker } from './claim.js';
import {
  CONNECTION_LOST,
  GIVEN_UP,
  judgeStatementError,
  OUTCOME_UNKNOWN,
  type StatementVerdict,
} from './database-error.js';
import { Pipeline, type PipelineOutcome, type PipelineStep } from './pipeline.js';
import type { Lease, TenantPool } from './pool.js';
import { judgeProductError, TOOK_TOO_LONG } from './product-error.js';
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
  /** The code. Whatever it throws takes back what it did. The signal is aborted when its time is over. */
  work(client: pg.PoolClient, signal: AbortSignal): Promise<T>;
  readonly eventId: string;
  /** The body of the event of what it did. */
  event(value: T, statements: readonly StatementNote[]): string;
  /** Takes back what the code did, after the constraints have been checked; the event is written. */
  readonly dry?: boolean;
  /** Approvals that the call uses up, in the same transaction. */
  readonly approvals?: readonly ApprovalUse[];
}

export type AppOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The code threw; nothing of it is left, and nothing is recorded. */
  | {
      readonly kind: 'threw';
      readonly error: unknown;
      /** What the database said no to just before, and what that means. */
      readonly verdict: StatementVerdict | null;
    }
  /** The database would not have it; nothing is recorded. */
  | {
      readonly kind: 'verdict';
      readonly verdict: StatementVerdict;
      readonly cause: Error;
      /** Whether the code had run. */
      readonly ran: boolean;
    };

const ENTER =
  "select ringfence.enter($1), ringfence.call_begin($5), pg_catalog.set_config('statement_timeout', $2, true), " +
  "pg_catalog.set_config('application_name', $3, true), pg_catalog.set_config('search_path', $4, true)";

const plain = (text: string): Statement => ({ text, values: [] });
const BEGIN = plain('begin');
const WORK = plain('savepoint ringfence_work');
const READ_ONLY = plain('set local transaction_read_only = on');
const CHECK = plain('set constraints all immediate');
const UNDO = plain('rollback to savepoint ringfence_work');
const COMMIT = plain('commit');
const ROLLBACK = plain('rollback');
/**
 * What of a session outlives a transaction: `discard all`, without the plans, which the next call would make again. It follows the end of the
 * transaction in the same write, so that a pooler gives it the same connection.
 */
const SWEEP = [
  'close all',
  'set session authorization default',
  'reset all',
  'deallocate all',
  'unlisten *',
  'select pg_catalog.pg_advisory_unlock_all()',
  'discard temp',
  'discard sequences',
].map(plain);

/** Throws only where no connection could be had. */
export async function runInApp<T>(
  pool: TenantPool,
  claims: ClaimMaker,
  call: AppCall<T>,
): Promise<AppOutcome<T>> {
  const lease = await pool.lease(call.boundary.tenant);
  if (call.signal?.aborted) {
    lease.release(true);
    return { kind: 'verdict', verdict: GIVEN_UP, cause: new Error('given up before it began'), ran: false };
  }
  const guard = guardTime(lease, call.timeoutMs, call.signal);
  let clean = false;
  /** Ends the transaction. The error of that, or null. */
  const end = async (how: Statement): Promise<Error | null> => {
    const { error, ended, idle } = await sendAll(lease, [how, ...SWEEP]);
    clean = error === null && idle;
    return ended > 0 ? null : error;
  };
  const refuse = async (error: Error, ran: boolean): Promise<AppOutcome<T>> => {
    await end(ROLLBACK);
    return guard.gaveUp() ? { ...verdict(error, ran), verdict: TOOK_TOO_LONG } : verdict(error, ran);
  };
  try {
    const reads = call.effect === 'read';
    const refused = await send(lease, [
      BEGIN,
      ...enter(lease, pool, claims, call),
      WORK,
      ...(reads ? [READ_ONLY] : []),
    ]);
    if (refused !== null) return await refuse(refused, false);
    const watched = watchClient(lease.client);
    let value: T;
    try {
      value = await Promise.race([call.work(watched.client, guard.signal), guard.hungUp.then(hangUp)]);
      await watched.close();
      if (watched.broken !== null) throw watched.broken;
    } catch (error) {
      await watched.close();
      const { failure } = watched;
      const lost = await end(ROLLBACK);
      if (guard.gaveUp()) return { kind: 'threw', error, verdict: TOOK_TOO_LONG };
      return { kind: 'threw', error, verdict: lost === null ? meaning(failure) : CONNECTION_LOST };
    }
    const body = call.event(value, watched.statements);
    const event = {
      text: 'select ringfence.call_end($1, $2, $3)',
      values: [call.eventId, body, watched.rowCount],
    };
    const undone = reads ? [UNDO] : call.dry ? [CHECK, UNDO] : [];
    const failed = await send(lease, [...undone, event]);
    if (failed !== null) return await refuse(failed, true);
    // By itself: whatever was wrong before this has been told, so that only the commit can be in doubt.
    const lost = await end(COMMIT);
    return lost === null ? { kind: 'done', value } : unsettled(lost, call.effect);
  } finally {
    guard.stop();
    lease.release(clean && !guard.cancelled());
  }
}

function hangUp(): never {
  throw new Error('The tool did not come to an end in its time.');
}

/** What an error says of the call in whose code it was met: null where it is a fault of the code's, or none of the database's. */
function meaning(error: Error | null): StatementVerdict | null {
  return error instanceof pg.DatabaseError ? judgeProductError(error) : null;
}

function enter<T>(lease: Lease, pool: TenantPool, claims: ClaimMaker, call: AppCall<T>): PipelineStep[] {
  const { processID } = lease.client as unknown as { processID: number };
  const claim = claims.make(call.boundary, pool.pooled ? null : processID);
  return [
    ...consumeStep(claim, call.approvals ?? []),
    {
      text: ENTER,
      values: [
        claim,
        String(call.timeoutMs),
        claims.publicName(call.boundary),
        `pg_catalog, ${quoteIdent(call.schema)}`,
        call.eventId,
      ],
    },
  ];
}

/** Statements in one network write. The error of the first that fails, or null. */
async function send(lease: Lease, statements: readonly PipelineStep[]): Promise<Error | null> {
  return (await sendAll(lease, statements)).error;
}

async function sendAll(lease: Lease, statements: readonly PipelineStep[]): Promise<PipelineOutcome> {
  const pipeline = new Pipeline(lease.client, statements);
  lease.client.query(pipeline);
  return await pipeline.outcome;
}

function verdict(error: Error, ran: boolean): Extract<AppOutcome<never>, { kind: 'verdict' }> {
  const told =
    error instanceof pg.DatabaseError
      ? ((ran ? judgeProductError(error) : null) ?? judgeStatementError(error))
      : CONNECTION_LOST;
  return { kind: 'verdict', verdict: told, cause: error, ran };
}

/** A commit that was not answered has happened, or has not. One that was refused has not. */
function unsettled(error: Error, effect: 'read' | 'write'): Extract<AppOutcome<never>, { kind: 'verdict' }> {
  if (error instanceof pg.DatabaseError || effect === 'read') return verdict(error, true);
  return { ...verdict(error, true), verdict: OUTCOME_UNKNOWN };
}
