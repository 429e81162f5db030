/**
 * Asks PostgreSQL what a statement of an agent's would give and how much it would visit. It is parsed and planned, never run.
 *
 * One write, one Sync, inside a transaction that is rolled back, sealed, as the slice role, reading only. The protocol's Parse takes one
 * statement and no more, whatever the text holds; `prepare … as` takes none that is not a query; `explain` runs nothing. A generic plan
 * knows none of the statement's parameters: so the agent's values stay out of the estimate, and the boundary's are put into the text.
 *
 * What `prepare` leaves on a connection no rollback takes back. So it goes by one name, and after an error it is taken away in the same
 * write that ends the transaction: behind a pooler that is still the same server connection.
 */
import pg from 'pg';
import { executorPath } from '../compile/executor-objects.js';
import type { DescribeCall, DescribeOutcome } from './agent-sql.js';
import { withBoundaryValues } from './boundary-values.js';
import type { ClaimMaker } from './claim.js';
import { CONNECTION_LOST, GIVEN_UP, judgeStatementError } from './database-error.js';
import { OVERSTAYED } from './execute-agent-sql.js';
import { Pipeline, type PipelineOutcome, type PipelineStep } from './pipeline.js';
import type { Lease, TenantPool } from './pool.js';
import type { ResultField } from './statement.js';
import { guardTime } from './time-guard.js';
import { visitedRows } from './visited-rows.js';

const ENTER =
  "select ringfence.enter($1), pg_catalog.set_config('role', $2, true), pg_catalog.set_config('statement_timeout', $3, true), " +
  "pg_catalog.set_config('application_name', $4, true), pg_catalog.set_config('transaction_read_only', 'on', true), " +
  "pg_catalog.set_config('search_path', $5, true), pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)";

const NAME = 'ringfence_opaque';
const FORGET = `deallocate ${NAME}`;

/** The places of the steps: those that the agent's text has a part in, and those whose results are read. */
const STEP = { describe: 2, prepare: 3, explain: 4 } as const;

const TEXT = 25;
/** More parameters than the protocol can bind. */
const PARAMETER_LIMIT = 65_535;
/** What tidying up gets before the connection is given up. */
const FORGET_MS = 2_000;

/** Throws only where no connection could be had. */
export async function describeAgentSql(
  pool: TenantPool,
  claims: ClaimMaker,
  call: DescribeCall,
): Promise<DescribeOutcome> {
  const bound = withBoundaryValues(call.opaque, call.boundary);
  if (bound.parameters > PARAMETER_LIMIT || call.opaque.includes('\0'))
    return {
      kind: 'error',
      error: { sqlstate: '54000', message: 'the text cannot be sent', position: null },
    };
  const first = await attempt(pool, claims, call, bound);
  const { outcome } = first.again ? await attempt(pool, claims, call, bound) : first;
  if (outcome.kind !== 'planned') return outcome;
  const { fields, explained } = outcome;
  return { kind: 'described', fields, scannedRows: await visitedRows(pool, explained) };
}

type Planned =
  | { readonly kind: 'planned'; readonly fields: readonly ResultField[]; readonly explained: string }
  | Exclude<DescribeOutcome, { kind: 'described' }>;

interface Attempt {
  readonly outcome: Planned;
  /** Whether it may come to more on another try: nothing is run, so nothing is run twice. */
  readonly again: boolean;
}

async function attempt(
  pool: TenantPool,
  claims: ClaimMaker,
  call: DescribeCall,
  bound: { readonly text: string; readonly parameters: number },
): Promise<Attempt> {
  const lease = await pool.lease(call.boundary.tenant);
  if (call.signal?.aborted) {
    lease.release(true);
    const cause = new Error('given up before it began');
    return { outcome: { kind: 'verdict', verdict: GIVEN_UP, cause }, again: false };
  }
  const { processID } = lease.client as unknown as { processID: number };
  const steps: PipelineStep[] = [
    { text: 'begin', values: [] },
    {
      name: pool.pooled ? '' : 'ringfence_enter_to_describe',
      text: ENTER,
      values: [
        claims.make(call.boundary, pool.pooled ? null : processID),
        call.role.sliceRole,
        String(call.timeoutMs),
        claims.publicName(call.boundary),
        executorPath(call.role),
      ],
    },
    { describe: call.opaque, parameterTypes: [TEXT, TEXT, TEXT] },
    { text: `prepare ${NAME} (text, text, text) as ${bound.text}`, values: [] },
    {
      text: `explain (format json, verbose) execute ${NAME}(${Array.from({ length: bound.parameters }, () => 'null').join(', ')})`,
      values: [],
    },
    { text: FORGET, values: [] },
    { text: 'rollback', values: [] },
  ];
  const guard = guardTime(lease, call.timeoutMs, call.signal);
  const pipeline = new Pipeline(lease.client, steps);
  lease.client.query(pipeline);
  const done = await pipeline.outcome;
  guard.stop();
  const good = done.error === null ? done.idle : await forget(lease);
  lease.release(good && !guard.cancelled());
  return judge(done, guard.gaveUp());
}

/** Ends a transaction that failed, and takes away what it prepared. Says whether the connection is good. */
async function forget(lease: Lease): Promise<boolean> {
  const pipeline = new Pipeline(lease.client, [
    { text: 'rollback', values: [] },
    { text: FORGET, values: [] },
  ]);
  const guard = guardTime(lease, FORGET_MS);
  lease.client.query(pipeline);
  const { error, ended, idle } = await pipeline.outcome;
  guard.stop();
  const nothingThere = error instanceof pg.DatabaseError && error.code === '26000';
  return idle && (error === null || (ended === 1 && nothingThere));
}

function judge(done: PipelineOutcome, gaveUp: boolean): Attempt {
  const { error, ended, results } = done;
  if (error === null) {
    const explained = results[STEP.explain]?.rows[0]?.[0];
    const fields = results[STEP.describe]?.fields;
    if (typeof explained === 'string' && fields !== undefined && done.idle)
      return { outcome: { kind: 'planned', fields, explained }, again: false };
    return lost(new Error('the transaction did not end'), false);
  }
  if (gaveUp && error !== null)
    return { outcome: { kind: 'verdict', verdict: OVERSTAYED, cause: error }, again: false };
  if (!(error instanceof pg.DatabaseError)) return lost(error, true);
  const state = error.code ?? '';
  if (/^(08|57P)/.test(state)) return lost(error, true);
  if (ended < STEP.describe || ended > STEP.explain)
    return {
      outcome: { kind: 'verdict', verdict: judgeStatementError(error), cause: error },
      again: false,
    };
  const position = ended === STEP.describe ? Number(error.position) || null : null;
  return {
    outcome: { kind: 'error', error: { sqlstate: state, message: error.message, position } },
    // Left by a call whose connection was lost behind a pooler; it has been taken away by now.
    again: ended === STEP.prepare && state === '42P05',
  };
}

function lost(cause: Error, again: boolean): Attempt {
  return { outcome: { kind: 'verdict', verdict: CONNECTION_LOST, cause }, again };
}
