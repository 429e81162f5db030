/**
 * Runs SQL that an agent wrote: one call of `ringfence.execute`, whose text `sql/0005_executor.sql` explains what holds it.
 *
 * Two steps and one Sync, so one transaction: the first arms the limits, which hold from the next statement on.
 */
import pg from 'pg';
import type { ExecuteCall, ExecuteOutcome } from './agent-sql.js';
import type { ClaimMaker } from './claim.js';
import { CONNECTION_LOST, GIVEN_UP, judgeStatementError, type StatementVerdict } from './database-error.js';
import { Pipeline, type PipelineOutcome } from './pipeline.js';
import type { TenantPool } from './pool.js';
import { parseRecords } from './record-text.js';
import { guardTime } from './time-guard.js';

const LIMITS =
  "select pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('application_name', $2, true)";
const EXECUTE =
  'select e.records, e.cut, e.sqlstate, e.message from ringfence.execute($1, $2, $3, $4, $5, $6, $7) e';

/**
 * Characters of agents' texts that one connection takes before it is closed. PostgreSQL remembers the type of every row that it has
 * put together for as long as a session lasts, at some 130 bytes a column.
 */
const TEXT_PER_CONNECTION = 1_000_000;
const textTaken = new WeakMap<pg.PoolClient, number>();

/** It could not even be canceled: its connection was closed. */
export const OVERSTAYED: StatementVerdict = {
  kind: 'failed',
  code: 'timeout',
  reason: 'The statement took longer than it may.',
  suggestion: 'Narrow it: a smaller range, fewer joins, a bound on the recursion.',
};

/**
 * Throws only where no connection could be had. Never goes again by itself where the connection was lost: the text may be why.
 */
export async function executeAgentSql(
  pool: TenantPool,
  claims: ClaimMaker,
  call: ExecuteCall,
): Promise<ExecuteOutcome> {
  const lease = await pool.lease(call.boundary.tenant);
  if (call.signal?.aborted) {
    lease.release(true);
    return { kind: 'verdict', verdict: GIVEN_UP, cause: new Error('given up before it began') };
  }
  const { processID } = lease.client as unknown as { processID: number };
  const { event } = call;
  const pipeline = new Pipeline(lease.client, [
    {
      name: pool.pooled ? '' : 'ringfence_limits',
      text: LIMITS,
      values: [String(call.timeoutMs), claims.publicName(call.boundary)],
    },
    {
      name: pool.pooled ? '' : 'ringfence_execute',
      text: EXECUTE,
      values: [
        claims.make(call.boundary, pool.pooled ? null : processID),
        call.text,
        call.rowLimit,
        call.byteLimit,
        event?.id ?? null,
        event?.allowed ?? null,
        event?.failed ?? null,
      ],
    },
  ]);
  const guard = guardTime(lease, call.timeoutMs, call.signal);
  lease.client.query(pipeline);
  const done = await pipeline.outcome;
  guard.stop();
  const taken = (textTaken.get(lease.client) ?? 0) + call.text.length;
  textTaken.set(lease.client, taken);
  // What the text ran into is told in the answer. An error is about the call itself, and may have come before the tidying up.
  const good = done.idle && done.error === null && !guard.cancelled();
  lease.release(good && taken < TEXT_PER_CONNECTION);
  return judge(done, call, guard.gaveUp());
}

function judge(
  { error, results, idle }: PipelineOutcome,
  call: ExecuteCall,
  gaveUp: boolean,
): ExecuteOutcome {
  if (error instanceof pg.DatabaseError && idle)
    return { kind: 'verdict', verdict: judgeStatementError(error), cause: error };
  const answer = results[1]?.rows[0];
  if (error !== null || answer === undefined || !idle)
    return {
      kind: 'verdict',
      verdict: gaveUp ? OVERSTAYED : CONNECTION_LOST,
      cause: error ?? new Error('the transaction did not end'),
    };
  return told(answer, call.columns);
}

function told(answer: readonly (string | null)[], columns: number): ExecuteOutcome {
  const [records = null, cut = null, sqlstate = null, message = null] = answer;
  if (records === null)
    return {
      kind: 'error',
      error: { sqlstate: sqlstate ?? 'XX000', message: message ?? '', position: null },
    };
  return {
    kind: 'rows',
    rows: parseRecords(records, columns),
    cut: cut === 'rows' || cut === 'bytes' ? cut : null,
  };
}
