/**
 * What an agent says, for a log of the product's own: scrubbed, bounded, and apart from the ledger and from every record of a call.
 *
 * An adapter translates its framework's steps onto {@link Prose.steps}; everything else is here, once.
 */
import type { Actor, Boundary } from '../boundary/boundary.js';
import { currentBoundary } from '../boundary/propagation.js';
import type { Ringfence } from '../ringfence.js';
import type { Detector } from './detector.js';
import { defaultDetectors, scrub } from './scrub.js';

/** One thing that an agent said. */
export interface ProseEntry {
  /** Of the boundary, as the ledger's events have them. */
  readonly tenant: string;
  readonly traceId: string;
  readonly runId: string;
  readonly actor: Actor;
  /** Which step of the run, from 0. */
  readonly step: number;
  /** `assistant` for what is meant for the reader, `reasoning` for what the model wrote on the way there. */
  readonly role: 'assistant' | 'reasoning';
  /** Scrubbed, and cut where it is long. */
  readonly text: string;
  /** Characters that were cut off the end; 0 for none. */
  readonly cut: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Events of the calls that the step made: where the ledger goes on. */
  readonly events: readonly string[];
}

/** Where the product keeps it. May be slow and may fail: the agent's loop does not wait, and never hears of it. */
export type ProseLog = (entry: ProseEntry) => void | Promise<void>;

export interface ProseOptions {
  /** Given everything that the agent says, scrubbed. Left out: what it says is nobody's business. */
  readonly onProse?: ProseLog;
  /** What to take out of it. Default {@link defaultDetectors}; give your own beside them: `[...defaultDetectors, mine]`. */
  readonly detectors?: readonly Detector[];
}

/** A step as a framework tells of it. */
export interface SpokenStep {
  /** Left out: the ambient one. */
  readonly boundary?: Boundary | undefined;
  readonly step: number;
  readonly reasoning?: string | undefined;
  readonly assistant?: string | undefined;
  readonly events: readonly string[];
}

export interface Prose {
  /** Never throws and never waits. What goes wrong with reading the steps is the operator's to hear, as is a sink that fails. */
  steps(read: () => Iterable<SpokenStep>): void;
}

/** Characters of one entry. More than an answer has; a model that goes on for ever fills no disk. */
const LONGEST = 16_384;

/** Null where nobody wants to hear. */
export function proseOf(
  { log }: Pick<Ringfence, 'log'>,
  { onProse, detectors = defaultDetectors }: ProseOptions,
): Prose | null {
  if (onProse === undefined) return null;
  const failed = (cause: unknown): void => {
    try {
      log({ kind: 'prose_failed', message: 'What an agent said could not be logged.', cause });
    } catch {
      // An operator's log that throws is no reason for an agent to stop, either.
    }
  };
  const hand = ({ boundary, step, events, ...said }: SpokenStep): void => {
    const { tenant, traceId, runId, actor } = boundary ?? currentBoundary();
    const at = new Date().toISOString();
    for (const role of ['reasoning', 'assistant'] as const) {
      const spoken = said[role] ?? '';
      if (spoken.trim() === '') continue;
      const text = scrub(spoken, detectors, LONGEST);
      const cut = Math.max(0, spoken.length - LONGEST);
      // Not awaited: a slow sink is no reason for an agent to wait.
      Promise.resolve(onProse({ tenant, traceId, runId, actor, step, role, text, cut, at, events })).catch(
        failed,
      );
    }
  };
  return {
    steps(read) {
      try {
        for (const spoken of read()) hand(spoken);
      } catch (cause) {
        failed(cause);
      }
    },
  };
}

/** The id of the event in a call's outcome, as a program gets it or as a model reads it; none where there is none. */
export function eventsIn(outcomes: readonly unknown[]): readonly string[] {
  return outcomes.flatMap((outcome) => {
    const { event } = asObject(outcome) as { readonly event?: unknown };
    return typeof event === 'string' ? [event] : [];
  });
}

/** A model reads the decision in the first line: see `modelText`. */
function asObject(outcome: unknown): object {
  if (typeof outcome === 'object' && outcome !== null) return outcome;
  if (typeof outcome !== 'string') return {};
  try {
    const [line = ''] = outcome.split('\n', 1);
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null ? read : {};
  } catch {
    return {};
  }
}
