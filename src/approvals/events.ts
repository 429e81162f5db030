/** The events of approvals: who did what about which request. They carry its id and the call's digest, and nothing of the input. */
import type { Boundary } from '../boundary/boundary.js';
import type { ApprovalUse } from '../database/approvals.js';
import { commitment } from '../ledger/commitment.js';
import { encodeEvent } from '../ledger/encode-event.js';
import type { EventBody } from '../ledger/event.js';

/** Longest piece of free text that an event keeps. */
const TEXT_LIMIT = 500;

export interface ApprovalEvent {
  /** The event's own id. */
  readonly id: string;
  readonly action: 'approve' | 'deny' | 'revoke' | 'expire' | 'list' | 'show';
  readonly decision: Omit<EventBody['decision'], 'policy_hash'>;
  readonly boundary: Boundary;
  readonly approvals: readonly ApprovalUse[];
  /** What the person said. */
  readonly reason?: string | undefined;
  readonly occurredAt?: Date;
}

/** Canonical JSON of the event's body. */
export function approvalEvent(
  ledgerKey: Uint8Array,
  { id, action, decision, boundary, approvals, reason, occurredAt = new Date() }: ApprovalEvent,
): string {
  const input = { approvals: approvals.map((approval) => approval.id) };
  return encodeEvent({
    action: `approval.${action}`,
    decision: { ...decision, policy_hash: boundary.policyHash },
    ...(reason === undefined ? {} : { reason: reason.slice(0, TEXT_LIMIT) }),
    tables: [],
    columns: [],
    blocked: [],
    approvals,
    duration_us: 0,
    attempt: 1,
    trace_id: boundary.traceId,
    occurred_at: occurredAt.toISOString(),
    input_commitment: commitment(ledgerKey, id, 'input', input),
    input: {},
  });
}
