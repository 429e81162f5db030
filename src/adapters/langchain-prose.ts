/** What an agent says, by LangChain's callbacks. */
import type { CallbackHandlerMethods } from '@langchain/core/callbacks/base';
import { eventsIn, proseOf, type SpokenStep } from '../prose/prose-log.js';
import type { Ringfence } from '../ringfence.js';
import type { ProseAdapterOptions } from './call.js';

/** A message of a model's, as far as it is read here. */
interface Message {
  readonly contentBlocks?: readonly {
    readonly type: string;
    readonly text?: unknown;
    readonly reasoning?: unknown;
  }[];
  readonly tool_calls?: readonly { readonly id?: string }[];
}

/** A tool's message. */
interface ToolMessage {
  readonly tool_call_id?: string;
  readonly artifact?: unknown;
}

/** A step whose calls are under way. */
interface Waiting {
  readonly step: Omit<SpokenStep, 'events'>;
  readonly calls: Set<string>;
  readonly outcomes: unknown[];
}

/** LangChain waits for handlers that say so: then they run in the flow of the run, where the ambient boundary is. */
export type ProseCallbacks = CallbackHandlerMethods & { readonly name: string; readonly awaitHandlers: true };

/**
 * Logs what an agent says: a callback handler for one run, which begins at step 0. Give it to the model and to the tools, or to whatever runs both.
 * A step is logged when its calls have been answered, so that it knows their events; at the latest when the model speaks again or the chain ends.
 *
 * @example
 * ```ts
 * const callbacks = [langChainProse(ringfence, { boundary, onProse: (entry) => journal.write(entry) })];
 * const answer = await model.invoke(messages, { callbacks });
 * ```
 */
export function langChainProse(
  ringfence: Pick<Ringfence, 'log'>,
  options: ProseAdapterOptions,
): ProseCallbacks {
  const prose = proseOf(ringfence, options);
  let steps = 0;
  let waiting: Waiting | null = null;

  const logWaiting = (): void => {
    if (waiting === null) return;
    const { step, outcomes } = waiting;
    waiting = null;
    prose?.steps(() => [{ ...step, events: eventsIn(outcomes) }]);
  };
  const endOfChain = (_: unknown, _runId: string, parentRunId?: string): void => {
    if (parentRunId === undefined) logWaiting();
  };

  return {
    name: 'ringfence-prose',
    awaitHandlers: true,
    handleLLMEnd({ generations }: { readonly generations: readonly (readonly object[])[] }) {
      logWaiting();
      const { message, text } = (generations[0]?.[0] ?? {}) as {
        readonly message?: Message;
        readonly text?: string;
      };
      const blocks = message?.contentBlocks ?? [{ type: 'text', text }];
      const said = (type: 'text' | 'reasoning'): string =>
        blocks
          .flatMap((block) => (block.type === type && typeof block[type] === 'string' ? [block[type]] : []))
          .join('\n');
      waiting = {
        step: {
          boundary: options.boundary,
          step: steps++,
          reasoning: said('reasoning'),
          assistant: said('text'),
        },
        calls: new Set(message?.tool_calls?.flatMap(({ id }) => id ?? [])),
        outcomes: [],
      };
      if (waiting.calls.size === 0) logWaiting();
    },
    handleToolEnd(output: unknown) {
      const { tool_call_id: id, artifact } = (output ?? {}) as ToolMessage;
      if (waiting === null || id === undefined || !waiting.calls.delete(id)) return;
      waiting.outcomes.push(artifact);
      if (waiting.calls.size === 0) logWaiting();
    },
    handleChainEnd: endOfChain,
    handleChainError: endOfChain,
  };
}
