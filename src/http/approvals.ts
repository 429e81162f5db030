/**
 * Approvals over HTTP: what waits, and a person's word on it. For tokens that people hold, with a scope of its own: a token that an agent works
 * with must not decide what the agent asked for.
 */
import { z } from 'zod';
import { APPROVAL_STATES, type ApprovalState } from '../approvals/approval.js';
import { within } from '../boundary/propagation.js';
import type { Ringfence } from '../ringfence.js';
import { visibleJson } from '../tools/model-text.js';
import { type Caller, openPersonBoundary } from './authenticate.js';
import { jsonBody } from './json-body.js';
import { type Problem, problem } from './problem.js';

export const wordSchema = z.strictObject({
  verdict: z.enum(['approve', 'deny', 'revoke']).describe('revoke: ends it before the call has run.'),
  reason: z
    .string()
    .max(2_000)
    .optional()
    .describe('Why. Needed to deny and to revoke; whoever asked is told.'),
});

/** Who asks, and about what. */
export interface ApprovalAsked {
  readonly caller: Caller;
  readonly traceId: string | undefined;
  readonly request: Request;
}

/** The requests that the caller may see. */
export async function listApprovals(
  ringfence: Ringfence,
  { caller, traceId, request }: ApprovalAsked,
): Promise<Response | Problem> {
  const asked = new URL(request.url).searchParams;
  const state = asked.get('state');
  const limit = asked.get('limit');
  if (state !== null && !isState(state))
    return problem('malformed_json', `state is one of ${APPROVAL_STATES.join(', ')}.`);
  if (limit !== null && !/^[1-9]\d{0,2}$/.test(limit))
    return problem('malformed_json', 'limit is from 1 to 500.');
  const boundary = await openPersonBoundary(ringfence, caller, traceId);
  const approvals = await within(boundary, () =>
    ringfence.approvals.list({
      ...(state === null ? {} : { state }),
      ...(limit === null ? {} : { limit: Number(limit) }),
    }),
  );
  return json({ approvals });
}

export async function showApproval(
  ringfence: Ringfence,
  { caller, traceId }: ApprovalAsked,
  id: string,
): Promise<Response> {
  const boundary = await openPersonBoundary(ringfence, caller, traceId);
  return json(await within(boundary, () => ringfence.approvals.show(id)));
}

export async function decideApproval(
  ringfence: Ringfence,
  { caller, traceId, request }: ApprovalAsked,
  id: string,
): Promise<Response | Problem> {
  const read = await jsonBody(request, wordSchema, '{"verdict": "approve"}');
  if ('status' in read) return read;
  const { verdict, reason } = read.body;
  const boundary = await openPersonBoundary(ringfence, caller, traceId);
  const word = { reason: reason ?? '' };
  return json(await within(boundary, () => ringfence.approvals[verdict](id, word)));
}

function isState(text: string): text is ApprovalState {
  return APPROVAL_STATES.some((state) => state === text);
}

function json(value: unknown): Response {
  return new Response(visibleJson(value), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}
