/** What the gate answers. A refusal and a failure are values: an agent is meant to read them and do better. */
import type { DenialCode, FailureCode } from '../errors.js';

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
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** True where more rows matched than are given. */
  readonly truncated: boolean;
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

export type Decision = Allowed | Denied | Failed;

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
