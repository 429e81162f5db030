/**
 * A sealed session: one statement, inside one boundary, in one transaction, in one network write.
 *
 * The first step opens the seal, becomes the slice role and arms the limits; the second is the statement; the Sync commits.
 * Nothing of it outlives the transaction. A timer in this process stands behind the one in the database: it asks for a cancel, and then
 * gives up the connection.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Boundary } from '../boundary/boundary.js';
import { quoteIdent } from '../compile/quote.js';
import type { CompiledRole } from '../policy/compiled.js';
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
import { Pipeline, type PipelineOutcome } from './pipeline.js';
import type { TenantPool } from './pool.js';
import type { ResultRows, Statement } from './statement.js';
import { guardTime } from './time-guard.js';

export interface SealedCall {
  readonly boundary: Boundary;
  readonly role: CompiledRole;
  readonly statement: Statement;
  readonly effect: 'read' | 'write';
  /** Where a product's triggers and defaults look for their names when a row is written. The statement itself qualifies all of its own. */
  readonly triggerSchema?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The statement deletes: then a foreign key says that other rows refer to this one. */
  readonly removes?: boolean;
  /** Undoes what the statement did, after its constraints have been checked. */
  readonly dry?: boolean;
  /** Approvals that the call uses up, in the same transaction. */
  readonly approvals?: readonly ApprovalUse[];
}

export type SealedOutcome =
  | { readonly kind: 'rows'; readonly result: ResultRows }
  | { readonly kind: 'verdict'; readonly verdict: StatementVerdict; readonly cause: Error };

const ENTER =
  "select ringfence.enter($1), pg_catalog.set_config('role', $2, true), pg_catalog.set_config('statement_timeout', $3, true), " +
  "pg_catalog.set_config('application_name', $4, true), pg_catalog.set_config('transaction_read_only', $5, true), " +
  "pg_catalog.set_config('search_path', $6, true)";

/** How often a read goes again after it met a connection that had died. */
const RETRIES = 3;
const RETRY_PAUSE_MS = 10;

const BEFORE_DRY: readonly Statement[] = [{ text: 'begin', values: [] }];
const AFTER_DRY: readonly Statement[] = [
  { text: 'set constraints all immediate', values: [] },
  { text: 'rollback', values: [] },
];

/** Runs one statement as the slice role, inside the boundary. Throws only where no connection could be had. */
export async function runSealed(
  pool: TenantPool,
  claims: ClaimMaker,
  call: SealedCall,
): Promise<SealedOutcome> {
  for (let tries = 1; ; tries++) {
    const { outcome, lost } = await attempt(pool, claims, call);
    // A connection that had died while idle: a read may simply go again, on another. A write may not: nobody knows how far it came.
    if (!lost || call.effect === 'write' || call.signal?.aborted || tries > RETRIES) return outcome;
    // Whatever killed one connection has killed others: the pool hears of them meanwhile.
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS * tries));
  }
}

async function attempt(
  pool: TenantPool,
  claims: ClaimMaker,
  call: SealedCall,
): Promise<{ outcome: SealedOutcome; lost: boolean }> {
  const lease = await pool.lease(call.boundary.tenant);
  if (call.signal?.aborted) {
    lease.release(true);
    const cause = new Error('given up before it began');
    return { outcome: { kind: 'verdict', verdict: GIVEN_UP, cause }, lost: false };
  }
  if (call.effect === 'write' && lease.facts.standby) {
    lease.release(true);
    return { outcome: readOnly(), lost: false };
  }
  const { processID } = lease.client as unknown as { processID: number };
  const claim = claims.make(call.boundary, pool.pooled ? null : processID);
  const enter = {
    name: pool.pooled ? '' : 'ringfence_enter',
    text: ENTER,
    values: [
      claim,
      call.role.sliceRole,
      String(call.timeoutMs),
      claims.publicName(call.boundary),
      call.effect === 'read' ? 'on' : 'off',
      call.triggerSchema === undefined ? 'pg_catalog' : `pg_catalog, ${quoteIdent(call.triggerSchema)}`,
    ],
  };
  const statement = { ...call.statement, name: pool.pooled ? '' : preparedName(call.statement.text) };
  const steps = [...consumeStep(claim, call.approvals ?? []), enter, statement];
  const pipeline = new Pipeline(lease.client, call.dry ? [...BEFORE_DRY, ...steps, ...AFTER_DRY] : steps);
  const guard = guardTime(lease, call.timeoutMs, call.signal);
  lease.client.query(pipeline);
  const done = await pipeline.outcome;
  guard.stop();
  // A cancel that is still under way would meet whoever has the connection next.
  lease.release(done.idle && !guard.cancelled());
  return judge(done, call, guard.gaveUp());
}

function judge(
  done: PipelineOutcome,
  call: SealedCall,
  gaveUp: boolean,
): { outcome: SealedOutcome; lost: boolean } {
  const { error } = done;
  if (error === null) {
    const result = done.results.at(call.dry ? -1 - AFTER_DRY.length : -1);
    if (result && done.idle) return { outcome: { kind: 'rows', result }, lost: false };
    return { outcome: unknownEnd(call, new Error('the transaction did not end')), lost: false };
  }
  if (error instanceof pg.DatabaseError) {
    const shutDown = error.code?.startsWith('57P') ?? false;
    return {
      outcome: { kind: 'verdict', verdict: judgeStatementError(error, call.removes), cause: error },
      lost: shutDown && !done.idle,
    };
  }
  return { outcome: unknownEnd(call, error), lost: !gaveUp };
}

/** The connection went away under the call. */
function unknownEnd({ effect }: SealedCall, cause: Error): SealedOutcome {
  return { kind: 'verdict', verdict: effect === 'read' ? CONNECTION_LOST : OUTCOME_UNKNOWN, cause };
}

function readOnly(): SealedOutcome {
  return {
    kind: 'verdict',
    cause: new Error('standby'),
    verdict: {
      kind: 'failed',
      code: 'database_read_only',
      reason: 'The database accepts no writes at the moment.',
      suggestion: 'Try again later; reading still works.',
    },
  };
}

/** Texts seen once are not worth preparing; agents ask many questions once. */
const SEEN_LIMIT = 2_000;
const seen = new Map<string, string>();

function preparedName(text: string): string {
  const known = seen.get(text);
  if (known === undefined) {
    if (seen.size >= SEEN_LIMIT) {
      const [oldest] = seen.keys();
      if (oldest !== undefined) seen.delete(oldest);
    }
    seen.set(text, '');
    return '';
  }
  if (known !== '') return known;
  const name = `ringfence_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  seen.set(text, name);
  return name;
}
