/**
 * Everything that can go wrong, by name.
 *
 * Two kinds of no, kept apart:
 * - a {@link RingfenceError} is thrown: the caller (a program, an operator) must change something;
 * - a {@link Denial} is returned: the agent asked for something it may not have, and is told what to do instead.
 *
 * Neither ever carries row data, a database DETAIL, a secret or another tenant's identifiers.
 */

/** The stable codes of thrown errors. Codes are never renamed; new ones may be added. */
export type ErrorCode =
  | 'boundary_missing'
  | 'boundary_invalid'
  | 'boundary_expired'
  | 'boundary_nested'
  | 'token_invalid'
  | 'token_expired'
  | 'membership_missing'
  | 'membership_ambiguous'
  | 'cross_tenant_refused'
  | 'policy_invalid'
  | 'policy_unapplied'
  | 'config_invalid'
  | 'key_missing'
  | 'database_unreachable'
  | 'database_lost'
  | 'database_read_only'
  | 'database_unsafe'
  | 'database_unsupported'
  | 'database_timeout'
  | 'database_busy'
  | 'database_refused'
  | 'apply_failed'
  | 'plan_changed'
  | 'approval_unknown'
  | 'approval_refused'
  | 'approval_settled'
  | 'approval_invalid'
  | 'ledger_unavailable'
  | 'ledger_tampered'
  | 'server_failed';

export interface RingfenceErrorOptions {
  /** What was underneath. Kept for the operator's log; never shown to an agent. */
  readonly cause?: unknown;
  /** What to do next, in one sentence. */
  readonly suggestion?: string;
}

/**
 * An error of Ringfence's: a stable `code`, a message that says what to do next, and the `cause` kept.
 *
 * @example
 * ```ts
 * try {
 *   currentBoundary();
 * } catch (error) {
 *   if (error instanceof RingfenceError && error.code === 'boundary_missing') respond(401);
 *   else throw error;
 * }
 * ```
 */
export class RingfenceError extends Error {
  override readonly name = 'RingfenceError';
  readonly code: ErrorCode;
  readonly suggestion: string | undefined;

  constructor(code: ErrorCode, message: string, options: RingfenceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.suggestion = options.suggestion;
  }
}

/** The stable codes of refusals and failures that an agent can read and act on. */
export type DenialCode =
  | 'unknown_tool'
  | 'tool_not_allowed'
  | 'input_invalid'
  | 'unknown_table'
  | 'unknown_column'
  | 'unknown_operator'
  | 'unknown_relation'
  | 'type_mismatch'
  | 'tenant_named'
  | 'scope_missing'
  | 'not_writable'
  | 'reason_required'
  | 'limit_exceeded'
  | 'too_broad'
  | 'join_too_deep'
  | 'cursor_invalid'
  | 'cursor_expired'
  | 'sql_invalid'
  | 'sql_refused'
  | 'tool_refused'
  | 'approval_denied'
  | 'approval_expired'
  | 'approval_revoked'
  | 'approval_used'
  | 'not_found'
  | 'conflict'
  | 'constraint_failed';

/** The stable codes of calls that were allowed and then failed. */
export type FailureCode =
  | 'timeout'
  | 'busy'
  | 'database_unavailable'
  | 'database_read_only'
  | 'outcome_unknown'
  | 'value_error'
  | 'too_complex'
  | 'too_large'
  | 'sql_failed'
  | 'internal';

/**
 * A refusal. A value, not an exception: the agent is meant to read it and do better.
 */
export interface Denial {
  readonly code: DenialCode;
  /** The rule that decided: a path in the policy (`roles.support.tables.invoice.columns`) or a built-in (`boundary.tenant`). */
  readonly rule: string;
  /** Why, in one sentence that an agent can be shown. */
  readonly reason: string;
  /** What to do instead, in one sentence, where there is something. */
  readonly suggestion?: string;
  /** What the call named and may not reach. For the ledger; not told to the agent. */
  readonly blocked?: readonly string[];
}

/** Builds a {@link Denial}. */
export function deny(code: DenialCode, rule: string, reason: string, suggestion?: string): Denial {
  return suggestion === undefined ? { code, rule, reason } : { code, rule, reason, suggestion };
}
