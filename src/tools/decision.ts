/** What the gate answers. A refusal and a failure are values: an agent is meant to read them and do better. */
import type { DenialCode, FailureCode } from '../errors.js';
import type { Freshness } from './freshness.js';
import type { AnswerColumn } from './tool.js';

/** A member of an answer that holds what others wrote. */
export type Untrusted = 'rows' | 'output';

interface Answered {
  /** Id of the event in the ledger: durable before this answer was given. */
  readonly event: string;
  /** The rule that decided: a path in the policy, or a built-in such as `boundary.tenant`. */
  readonly rule: string;
  /** Milliseconds from call to answer, the event's durability included. */
  readonly ms: number;
}

export interface Allowed extends Answered {
  readonly decision: 'allowed';
  /**
   * Which members hold what others wrote: values of the database, or what code of the product gave back. Hand them to a model as data, as
   * {@link modelText} does. Everything else here is Ringfence's own, or a word of the caller's.
   */
  readonly untrusted?: readonly Untrusted[];
  /** For `sql`: names and types of what the rows hold, in the order in which it was selected. */
  readonly columns?: readonly AnswerColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** True where more rows matched than are given. */
  readonly truncated: boolean;
  /**
   * By name, for each materialised view that was read: when its rows were read from their tables, in ISO 8601; null where Ringfence does
   * not know, since the product refreshes it or nobody has yet. The rows are as old as that, or younger.
   */
  readonly freshness?: Freshness;
  /** For a tool of the product's own: what it gave back, redacted as it says. */
  readonly output?: unknown;
  /** Of a dry run: the rules under `approvals` that the call would wait for. */
  readonly needsApproval?: readonly string[];
  /** Pass it as `cursor` to the same query to go on. */
  readonly nextCursor?: string;
  /** `not_found` where a `get` met no row. */
  readonly code?: 'not_found';
  readonly suggestion?: string;
}

export interface Denied extends Answered {
  readonly decision: 'denied';
  readonly code: DenialCode;
  readonly reason: string;
  readonly suggestion?: string;
}

/** Allowed, and then something went wrong. Nothing was half-done. */
export interface Failed extends Answered {
  readonly decision: 'failed';
  readonly code: FailureCode;
  readonly reason: string;
  readonly suggestion?: string;
}

/** A call that waits for people. Nothing of it has been done; it is made when the same call comes again and has been approved. */
export interface Pending extends Answered {
  readonly decision: 'pending';
  readonly code: 'approval_pending';
  /** Id of the request for approval: the same for as long as it waits. */
  readonly approval: string;
  readonly reason: string;
  readonly suggestion: string;
  /** When the request is denied by the clock, in ISO 8601. */
  readonly expiresAt: string;
}

export type Decision = Allowed | Denied | Failed | Pending;

/** Said with a call, beside its input. None of it comes from the boundary, and none of it changes what is allowed. */
export interface CallOptions {
  /** Why, where the input does not say. */
  readonly reason?: string;
  /** Joins this call with others of a conversation or a request. */
  readonly correlationId?: string;
  /** The event that led to this one. */
  readonly parentEvent?: string;
  /** 1 for the first time. */
  readonly attempt?: number;
  /** Which prompt the agent ran under. */
  readonly promptVersion?: string;
  /** Does everything a call does and takes a write back before it commits. The event says so. */
  readonly dry?: boolean;
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}
