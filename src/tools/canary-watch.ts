/**
 * Keeps canaries from going in or out: whatever a call says and whatever it is answered is looked at here, once, for every tool and every face.
 *
 * Who meets one is told of a failure like any other. That it was a canary is for the event and for the operator's log.
 */
import { uuidv7 } from 'uuidv7';
import type { OperatorEntry } from '../operator-log.js';
import type { Answers, Call } from './answers.js';
import type { Canaries, SeenCanary } from './canaries.js';
import type { Decision } from './decision.js';
import type { Effect, Failure, Prepared } from './tool.js';

export interface CanaryWatch {
  /** How to answer in place of a call that brings a canary along, from wherever it has it; null where it brings none. */
  asked(call: Call): (() => Promise<Decision>) | null;
  /**
   * The decision, or a failure in its place where it holds a canary. By then the call has its event, which says what it did; another one, led
   * to by it, says that the answer was withheld.
   */
  answered(call: Call, decision: Decision, effect: Effect): Promise<Decision>;
  /**
   * How to answer in place of what code of the product gave back, where that holds a canary; null where it holds none. The call has no event
   * yet, and what it did can still be undone.
   */
  inOutput(
    call: Call,
    json: string,
  ): ((rule: string, failure: Failure, prepared: Prepared) => Promise<Decision>) | null;
}

const REFUSED: Failure = { code: 'internal', reason: 'The call could not be prepared.' };
const FAILED: Failure = { code: 'internal', reason: 'The call failed.' };
const UNANSWERED: Failure = {
  code: 'outcome_unknown',
  reason: 'The call was made, and its answer was lost.',
  suggestion: 'Look the row up before you repeat it.',
};

/** What watches where there is nothing to watch for. */
const BLIND: CanaryWatch = {
  asked: () => null,
  answered: (_, decision) => Promise.resolve(decision),
  inOutput: () => null,
};

export function createCanaryWatch(
  canaries: Canaries | null,
  answers: Answers,
  log: (entry: OperatorEntry) => void,
): CanaryWatch {
  if (canaries === null) return BLIND;

  const fail = (
    call: Call,
    { name, mark }: SeenCanary,
    where: 'call of' | 'answer of',
    told: { readonly rule: string; readonly failure: Failure },
    prepared: Prepared | null,
  ): Promise<Decision> => {
    const tool = canaries.hide(call.action).slice(0, 60);
    log({
      kind: 'canary_seen',
      message: `The canary ${name} (mark ${mark}) was in a ${where} ${tool}, in a boundary that it does not belong to. Nothing of it was answered.`,
      canary: name,
      tool,
      event: call.event,
    });
    return answers.failQuietly(
      call,
      { recorded: `canaries.${name}`, told: told.rule },
      told.failure,
      prepared,
    );
  };

  return {
    asked(call) {
      const { signal: _, ...said } = call.options;
      const seen = canaries.seenIn([call.action, call.input, said], call.boundary.tenant);
      if (seen === null) return null;
      return () => fail(call, seen, 'call of', { rule: 'gate.prepare', failure: REFUSED }, null);
    },

    async answered(call, decision, effect) {
      const { event, ms: _, rule, ...told } = decision;
      const seen = canaries.seenIn([told], call.boundary.tenant);
      if (seen === null) return decision;
      const failure = effect === 'read' || decision.decision !== 'allowed' ? FAILED : UNANSWERED;
      const after = { ...call, event: uuidv7(), options: { ...call.options, parentEvent: event } };
      return fail(after, seen, 'answer of', { rule, failure }, null);
    },

    inOutput(call, json) {
      const seen = canaries.seenIn([json], call.boundary.tenant);
      if (seen === null) return null;
      return (rule, failure, prepared) => fail(call, seen, 'answer of', { rule, failure }, prepared);
    },
  };
}
