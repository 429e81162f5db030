/** Approvals, asked of the database: `approvals.ts` says what each question means. */
import pg from 'pg';
import type { Boundary } from '../boundary/boundary.js';
import { RingfenceError } from '../errors.js';
import type { ApprovalStanding, ApprovalStore, ApprovalUse, ApprovalVerdict } from './approvals.js';
import type { ClaimMaker } from './claim.js';
import { CONNECTION_LOST, judgeStatementError } from './database-error.js';
import { queryOwn } from './own-query.js';
import { Pipeline, type PipelineStep } from './pipeline.js';
import type { TenantPool } from './pool.js';
import { guardTime } from './time-guard.js';

const TIMEOUT_MS = 10_000;

/** The step that uses approvals, before anything else of their transaction. */
export function consumeStep(claim: string, uses: readonly ApprovalUse[]): PipelineStep[] {
  if (uses.length === 0) return [];
  return [
    {
      text: 'select ringfence.approval_consume($1::text, $2::uuid[], $3::text[])',
      values: [claim, uses.map(({ id }) => id), uses.map(({ digest }) => digest)],
    },
  ];
}

/** @param ledger Where the clock is asked: what waits for a call under way must not hold up deadlines, nor the reverse. */
export function createApprovalStore(pool: TenantPool, ledger: TenantPool, claims: ClaimMaker): ApprovalStore {
  /** One network write; the first value of the last step's first row. */
  const send = async (
    boundary: Boundary,
    steps: (claim: string) => readonly PipelineStep[],
  ): Promise<string | null> => {
    const lease = await pool.lease(boundary.tenant);
    const { processID } = lease.client as unknown as { processID: number };
    const pipeline = new Pipeline(
      lease.client,
      steps(claims.make(boundary, pool.pooled ? null : processID, 'enter')),
    );
    const guard = guardTime(lease, TIMEOUT_MS);
    lease.client.query(pipeline);
    const { error, idle, results } = await pipeline.outcome;
    guard.stop();
    lease.release(idle && !guard.cancelled());
    if (error !== null) throw error;
    return results.at(-1)?.rows[0]?.[0] ?? null;
  };
  const call = async <T>(boundary: Boundary, text: string, values: readonly unknown[]): Promise<T> => {
    const answer = await send(boundary, (claim) => [{ text, values: [claim, ...values] }]);
    return JSON.parse(answer ?? 'null') as T;
  };
  const callOrThrow = async <T>(boundary: Boundary, text: string, values: readonly unknown[]): Promise<T> => {
    try {
      return await call<T>(boundary, text, values);
    } catch (error) {
      throw told(error);
    }
  };
  return {
    async ask(boundary, request, event) {
      const asked = await call<StandingRow>(
        boundary,
        'select ringfence.approval_ask($1::text, $2::jsonb, $3::uuid, $4::text)',
        [
          JSON.stringify({
            id: request.id,
            digest: request.digest,
            rule: request.rule,
            rule_digest: request.ruleDigest,
            tool: request.tool,
            input: request.input,
            approvers: request.approvers,
            tenant_wide: request.tenantWide,
            cosigners: request.cosigners,
            minutes: request.minutes,
            expired_event: request.expired.id,
            expired_body: request.expired.body,
          }),
          event.id,
          event.body,
        ],
      ).catch(verdictOf);
      if ('verdict' in asked) return asked;
      return {
        state: asked.state,
        id: asked.id,
        expiresAt: Number(asked.expires_ms),
        reason: asked.reason ?? null,
      };
    },
    decide: (boundary, id, { verdict, reason, ruleDigest }, event) =>
      callOrThrow(
        boundary,
        'select ringfence.approval_decide($1::text, $2::uuid, $3::text, $4::text, $5::text, $6::uuid, $7::text)',
        [id, verdict, reason, ruleDigest, event.id, event.body],
      ),
    list: (boundary, { id = null, state = null, limit }) =>
      callOrThrow(boundary, 'select ringfence.approvals($1::text, $2::uuid, $3::text, $4::int)', [
        id,
        state,
        limit,
      ]),
    async consume({ id, boundary, body, rowCount }, uses) {
      try {
        await send(boundary, (claim) => [
          ...consumeStep(claim, uses),
          {
            text: 'select ringfence.record(array[$1::text], array[$2::uuid], array[$3::text], array[$4::bigint])',
            values: [claim, id, body, rowCount],
          },
        ]);
        return null;
      } catch (error) {
        return verdictOf(error);
      }
    },
    async expire(atMost) {
      const [row] = await queryOwn<{ ended: number }>(
        ledger,
        'select ringfence.approvals_expire($1) as ended',
        [atMost],
      );
      return row?.ended ?? 0;
    },
  };
}

interface StandingRow {
  readonly state: ApprovalStanding['state'];
  readonly id: string;
  readonly expires_ms: number;
  readonly reason?: string | null;
}

/** Rethrows what is no answer of the server's and no loss of the connection. */
function verdictOf(error: unknown): ApprovalVerdict {
  if (error instanceof RingfenceError || !(error instanceof Error)) throw error;
  const verdict = error instanceof pg.DatabaseError ? judgeStatementError(error) : CONNECTION_LOST;
  return { kind: 'verdict', verdict, cause: error };
}

function told(error: unknown): unknown {
  if (error instanceof RingfenceError || !(error instanceof Error)) return error;
  const state = error instanceof pg.DatabaseError ? error.code : undefined;
  if (state === '57014')
    return new RingfenceError(
      'database_timeout',
      'Somebody else is at this approval. Try again in a moment.',
      {
        cause: error,
      },
    );
  if (state === '25006')
    return new RingfenceError('database_read_only', 'The database accepts no writes at the moment.', {
      cause: error,
    });
  return state === undefined
    ? new RingfenceError(
        'database_lost',
        'The database was lost, and what became of the decision is not known.',
        {
          cause: error,
          suggestion: 'Look at the approval again before you repeat it.',
        },
      )
    : error;
}
