/**
 * What a probe is: one kind of thing that must not happen, tried through the tools as an agent would try it.
 *
 * To add a kind, write a file in `kinds/` that exports a {@link Probe}, and name it in `kinds.ts`. Nothing else knows of kinds.
 */
import type { Attempt } from './attempt.js';
import type { Ground } from './ground.js';

export interface Probe {
  /** Stable: `cross_tenant.ids`. */
  readonly id: string;
  /** What it tries, in a few words. */
  readonly title: string;
  /** What to do where it fails. */
  readonly advice: string;
  /** Runs after all others, and whatever the time: it judges what they did. */
  readonly last?: true;
  /** Everything it would try on this ground. An empty list is told of as skipped, with {@link Probe.none}. */
  cases(ground: Ground): readonly ProbeCase[];
  /** Why there may be nothing to try. */
  readonly none: string;
}

/** What a case is about. Names of the policy's, never values of rows. */
export interface Subject {
  readonly role: string;
  readonly tool: string;
  readonly table?: string;
  readonly column?: string;
  /** A rule under `approvals`. */
  readonly rule?: string;
}

export interface ProbeCase {
  readonly subject: Subject;
  /** Makes its calls and says what was wrong with the answers, if anything. */
  run(attempt: Attempt): Promise<void>;
}

/** One call that is held against an answer. No values of rows, but with `show`. */
export interface Evidence {
  readonly tool: string;
  readonly role: string;
  /** In whose boundary: `ours`, or `theirs` where the prober stands on the other side. */
  readonly inside: 'ours' | 'theirs';
  /** The shape of the input: names stay, values become their types. The input itself with `show`. */
  readonly input: unknown;
  readonly decision: string;
  readonly code: string | null;
  /** The event in the ledger: null where the call was thrown back. */
  readonly event: string | null;
}

export interface Fault {
  /** What was wrong, in one sentence, without values. */
  readonly what: string;
  /** The values that were seen and must not be: with `show` only. */
  readonly seen?: readonly string[];
  readonly evidence: readonly Evidence[];
}

export type Outcome =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly faults: readonly Fault[] }
  /** Not tried, and why. */
  | { readonly outcome: 'skipped'; readonly why: string }
  /** There was no time left. */
  | { readonly outcome: 'left_out' };

/** A case and what came of it. */
export type CaseResult = Outcome & {
  readonly probe: string;
  readonly subject: Subject | null;
  /** Calls that it made. */
  readonly calls: number;
  readonly ms: number;
};
