/** A request for approval, as people are shown it. */
import type { ActorKind } from '../boundary/boundary.js';
import type { ApprovalRow } from '../database/approvals.js';
import { visibleText, visibleThroughout } from './visible-text.js';

/** `pending` and `approved` are open; every other state is an end. */
export type ApprovalState = 'pending' | 'approved' | 'denied' | 'revoked' | 'expired' | 'executed';

export const APPROVAL_STATES: readonly ApprovalState[] = [
  'pending',
  'approved',
  'denied',
  'revoked',
  'expired',
  'executed',
];

/** One person's word. */
export interface ApprovalWord {
  readonly verdict: 'approve' | 'deny' | 'revoke';
  readonly user: string;
  readonly role: string;
  readonly reason: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * A call that waits, or waited, for people. Control, bidirectional and invisible characters in what an agent or a person supplied stand
 * written out, as `‹U+202E›`.
 */
export interface Approval {
  readonly id: string;
  readonly state: ApprovalState;
  /** The rule's name in the policy, under `approvals`. */
  readonly rule: string;
  readonly tool: string;
  /** The input, for as long as the request is open; null afterwards. */
  readonly input: unknown;
  /** Of the exact call: see `callDigest`. */
  readonly digest: string;
  readonly requester: {
    readonly user: string;
    readonly role: string;
    readonly workspace: string | null;
    readonly actor: { readonly kind: ActorKind; readonly id: string };
  };
  /** Roles whose people may decide, and how many must approve. */
  readonly approvers: readonly string[];
  readonly cosigners: number;
  readonly words: readonly ApprovalWord[];
  /** Whether this boundary is one that may decide it. */
  readonly decidable: boolean;
  /** ISO 8601, on the database's clock. At `expiresAt` an open request is denied. */
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly settledAt: string | null;
}

export function approvalOf(row: ApprovalRow): Approval {
  return {
    id: row.id,
    state: row.state as ApprovalState,
    rule: row.rule,
    tool: row.tool,
    input: row.input === null ? null : visibleThroughout(JSON.parse(row.input)),
    digest: row.digest,
    requester: {
      user: visibleText(row.user_id),
      role: row.role,
      workspace: row.workspace === '' ? null : visibleText(row.workspace),
      actor: { kind: row.actor_kind as ActorKind, id: visibleText(row.actor) },
    },
    approvers: row.approvers,
    cosigners: row.cosigners,
    words: row.decisions.map(({ verdict, user, role, reason, at }) => ({
      verdict,
      user: visibleText(user),
      role,
      reason: reason === null ? null : visibleText(reason),
      at: new Date(at).toISOString(),
    })),
    decidable: row.decidable && (row.state === 'pending' || row.state === 'approved'),
    requestedAt: new Date(row.requested_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
    settledAt: row.settled_at === null ? null : new Date(row.settled_at).toISOString(),
  };
}
