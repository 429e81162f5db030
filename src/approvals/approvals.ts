/**
 * What people do about calls that wait for them: look, approve, deny, revoke. Each inside a boundary of their own, and each recorded.
 *
 * Who may decide is judged in the database, from the claim of that boundary and from the request itself; nothing here widens it.
 */
import { uuidv7 } from 'uuidv7';
import { assertBoundary, type Boundary } from '../boundary/boundary.js';
import { currentBoundary } from '../boundary/propagation.js';
import type { ApprovalRow, ApprovalStore, DecisionOutcome, Verdict } from '../database/approvals.js';
import type { EventToRecord } from '../database/gateway.js';
import { type ErrorCode, RingfenceError } from '../errors.js';
import type { Recorder } from '../ledger/recorder.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { APPROVAL_STATES, type Approval, type ApprovalState, approvalOf } from './approval.js';
import { type ApprovalEvent, approvalEvent } from './events.js';
import { createTurns } from './turns.js';

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  /** 1 to 500; default 50. */
  readonly limit?: number;
}

/** What became of somebody's word. */
export interface ApprovalAnswer {
  readonly id: string;
  /** `pending` where others must approve as well. */
  readonly state: ApprovalState;
  /** Id of the event in the ledger. */
  readonly event: string;
}

/** Approvals, inside the ambient boundary (see `within`). Every method throws `boundary_missing`, `boundary_expired` or `boundary_invalid` without one. */
export interface Approvals {
  /** The requests that the boundary may see, the newest first: its user's own, and those that its role may decide. */
  list(filter?: ApprovalFilter): Promise<readonly Approval[]>;
  /** @throws {RingfenceError} `approval_unknown`. */
  show(id: string): Promise<Approval>;
  /**
   * One approval; the call may run once there are as many as the rule says.
   * @throws {RingfenceError} `approval_unknown`; `approval_refused` where this boundary may not decide; `approval_settled`; `approval_invalid`.
   */
  approve(id: string, word?: { readonly reason?: string }): Promise<ApprovalAnswer>;
  /** One denial ends the request, with its reason told to the agent. Throws as {@link Approvals.approve} does. */
  deny(id: string, word: { readonly reason: string }): Promise<ApprovalAnswer>;
  /** Ends a request that is pending or approved, before the call has run; whoever asked may do so too. Throws as {@link Approvals.approve} does. */
  revoke(id: string, word: { readonly reason: string }): Promise<ApprovalAnswer>;
}

export interface ApprovalsParts {
  readonly policy: CompiledPolicy;
  readonly store: ApprovalStore;
  readonly recorder: Recorder<EventToRecord>;
  readonly ledgerKey: Uint8Array;
}

/** Characters of a reason. */
const REASON = 2_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const REFUSALS: Readonly<
  Record<Exclude<DecisionOutcome['outcome'], 'done' | 'settled'>, readonly [ErrorCode, string, string?]>
> = {
  unknown: [
    'approval_unknown',
    'There is no such approval among those that you can see.',
    'List those that there are.',
  ],
  not_a_person: [
    'approval_refused',
    'Only people decide, and this is the boundary of an agent or a service.',
    'Open a boundary whose actor is a user or an operator.',
  ],
  own_request: [
    'approval_refused',
    'Whoever asked does not decide.',
    'Somebody else must, or you revoke it.',
  ],
  role: ['approval_refused', 'Your role is not one that may decide this.', 'Ask somebody whose role may.'],
  changed: [
    'approval_refused',
    'The policy says something else of this rule by now.',
    'Deny it; the call is asked for anew under the rule as it is.',
  ],
  twice: ['approval_refused', 'You have decided already.', 'Somebody else must, or you revoke it.'],
};

export function createApprovals({ policy, store, recorder, ledgerKey }: ApprovalsParts): Approvals {
  const inTurn = createTurns();
  const open = (): Boundary => {
    const boundary = currentBoundary();
    assertBoundary(boundary);
    if (boundary.policyHash === policy.hash) return boundary;
    throw new RingfenceError(
      'boundary_invalid',
      'This boundary was made under another policy. Resolve it again.',
    );
  };
  const record = (event: ApprovalEvent, rowCount = 0): Promise<void> =>
    recorder.record({
      id: event.id,
      boundary: event.boundary,
      body: approvalEvent(ledgerKey, event),
      rowCount,
    });
  const refuse = async (
    event: Omit<ApprovalEvent, 'decision'>,
    rule: string,
    [code, message, suggestion]: readonly [ErrorCode, string, string?],
  ): Promise<never> => {
    await record({ ...event, decision: { effect: 'denied', rule, code, reason: message } });
    throw new RingfenceError(code, message, suggestion === undefined ? {} : { suggestion });
  };
  const find = async (boundary: Boundary, id: string): Promise<ApprovalRow | undefined> =>
    UUID.test(id) ? (await store.list(boundary, { id, limit: 1 }))[0] : undefined;

  const decide = async (
    verdict: Verdict,
    id: string,
    given: { readonly reason?: string } | undefined,
  ): Promise<ApprovalAnswer> => {
    const boundary = open();
    const reason = readReason(verdict, given?.reason);
    return await inTurn(boundary.tenant, () => say(boundary, verdict, id, reason));
  };

  const say = async (
    boundary: Boundary,
    verdict: Verdict,
    id: string,
    reason: string | null,
  ): Promise<ApprovalAnswer> => {
    const found = await find(boundary, id);
    const rule = found === undefined ? 'approvals' : `approvals.${found.rule}.approvers`;
    const event: Omit<ApprovalEvent, 'decision'> = {
      id: uuidv7(),
      action: verdict,
      boundary,
      approvals: found === undefined ? [] : [{ id: found.id, digest: found.digest }],
      reason: reason ?? undefined,
    };
    if (!UUID.test(id)) return await refuse(event, rule, REFUSALS.unknown);
    const ruleDigest = policy.approvals.find(({ name }) => name === found?.rule)?.digest ?? null;
    const body = approvalEvent(ledgerKey, { ...event, decision: { effect: 'allowed', rule } });
    const { outcome, state } = await store.decide(
      boundary,
      id,
      { verdict, reason, ruleDigest },
      { id: event.id, body },
    );
    if (outcome === 'done') return { id, state: state as ApprovalState, event: event.id };
    // Not said to whoever cannot see it.
    const told = found === undefined && outcome === 'settled' ? 'unknown' : outcome;
    return await refuse(
      event,
      rule,
      told === 'settled'
        ? ['approval_settled', `It is ${state} already.`, 'There is nothing left to decide.']
        : REFUSALS[told],
    );
  };

  return Object.freeze({
    async list({ state, limit = 50 }: ApprovalFilter = {}) {
      const boundary = open();
      if (state !== undefined && !APPROVAL_STATES.includes(state))
        throw invalid(`state is one of ${APPROVAL_STATES.join(', ')}.`);
      if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw invalid('limit is from 1 to 500.');
      const rows = await store.list(boundary, { limit, ...(state === undefined ? {} : { state }) });
      const decision = { effect: 'allowed', rule: 'approvals' } as const;
      await record({ id: uuidv7(), action: 'list', boundary, approvals: [], decision }, rows.length);
      return rows.map(approvalOf);
    },
    async show(id: string) {
      const boundary = open();
      const row = await find(boundary, id);
      const event = { id: uuidv7(), action: 'show', boundary } as const;
      if (row === undefined) return await refuse({ ...event, approvals: [] }, 'approvals', REFUSALS.unknown);
      const decision = { effect: 'allowed', rule: `approvals.${row.rule}` } as const;
      await record({ ...event, approvals: [{ id: row.id, digest: row.digest }], decision }, 1);
      return approvalOf(row);
    },
    approve: (id: string, word?: { readonly reason?: string }) => decide('approve', id, word),
    deny: (id: string, word: { readonly reason: string }) => decide('deny', id, word),
    revoke: (id: string, word: { readonly reason: string }) => decide('revoke', id, word),
  });
}

function readReason(verdict: Verdict, given: string | undefined): string | null {
  const reason = given ?? '';
  if (typeof reason !== 'string' || reason.length > REASON)
    throw invalid(`A reason is text of at most ${REASON} characters.`);
  // PostgreSQL has no text with U+0000 in it.
  const told = reason.replaceAll('\u0000', '\uFFFD').trim();
  if (told !== '') return told;
  if (verdict === 'approve') return null;
  throw invalid('Say why: the reason is told to whoever asked.');
}

function invalid(message: string): RingfenceError {
  return new RingfenceError('approval_invalid', message);
}
