/** What an agent of Mastra's says. */
import { eventsIn, proseOf } from '../prose/prose-log.js';
import type { Ringfence } from '../ringfence.js';
import type { ProseAdapterOptions } from './call.js';

/** A step of Mastra's, as far as it is read here. */
export interface MastraStep {
  readonly text?: string | undefined;
  readonly reasoningText?: string | undefined;
  readonly toolResults?: readonly { readonly payload: { readonly result?: unknown } }[];
}

/**
 * Logs what an agent says: an `onStepFinish` for one run, which begins at step 0. The boundary is the one given here, or else the ambient one:
 * Mastra tells a step nothing of its request context.
 *
 * @example
 * ```ts
 * const onStepFinish = mastraProse(ringfence, { boundary, onProse: (entry) => journal.write(entry) });
 * await agent.generate('Which customers owe us money?', { requestContext, maxSteps: MAX_STEPS, onStepFinish });
 * ```
 */
export function mastraProse(ringfence: Ringfence, options: ProseAdapterOptions): (step: MastraStep) => void {
  const prose = proseOf(ringfence, options);
  let step = 0;
  return (finished) =>
    prose?.steps(() => [
      {
        boundary: options.boundary,
        step: step++,
        reasoning: finished.reasoningText,
        assistant: finished.text,
        events: eventsIn((finished.toolResults ?? []).map(({ payload }) => payload.result)),
      },
    ]);
}
