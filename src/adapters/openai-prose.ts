/** What an agent of the OpenAI Agents SDK said. */
import * as sdk from '@openai/agents';
import { eventsIn, proseOf, type SpokenStep } from '../prose/prose-log.js';
import type { Ringfence } from '../ringfence.js';
import { boundaryIn, type ProseAdapterOptions } from './call.js';
import { assertPeer } from './peer.js';

/** A run that is over, as far as it is read here. */
interface Finished {
  readonly runContext: { readonly context: unknown };
  readonly newItems: readonly sdk.RunItem[];
  readonly rawResponses: readonly sdk.ModelResponse[];
  /** Of a run that is streamed. */
  readonly completed?: Promise<unknown>;
}

/**
 * Logs what an agent said, once its run is over, however it ended: hand it the run. A streamed one is logged when the stream has been read.
 *
 * @example
 * ```ts
 * const prose = openAiProse(ringfence, { onProse: (entry) => journal.write(entry) });
 * const result = await prose(run(agent, 'Which customers owe us money?', { context: { boundary } }));
 * ```
 */
export function openAiProse(
  ringfence: Ringfence,
  options: ProseAdapterOptions,
): <Result>(running: Promise<Result>) => Promise<Result> {
  const { AgentsError, RunResult } = sdk;
  assertPeer(
    { adapter: 'ringfence/openai-agents', name: '@openai/agents', range: '^0.20.0' },
    { AgentsError, RunResult },
  );
  const prose = proseOf(ringfence, options);
  // A run that was interrupted and goes on has its earlier steps again.
  const logged = new WeakSet<sdk.ModelResponse>();
  const log = (result: Finished): void =>
    prose?.steps(() => {
      const boundary = options.boundary ?? boundaryIn(result.runContext.context);
      const fresh = [...result.rawResponses.entries()].filter(([, response]) => !logged.has(response));
      for (const [, response] of fresh) logged.add(response);
      return fresh.map(([step, response]) => ({ boundary, step, ...saidIn(response, result.newItems) }));
    });
  return async (running) => {
    try {
      const result = await running;
      if (isFinished(result)) {
        // Whoever reads a stream hears of what ends it.
        if (result.completed === undefined) log(result);
        else void result.completed.catch(() => undefined).then(() => log(result));
      }
      return result;
    } catch (error) {
      if (error instanceof AgentsError && error.state !== undefined) log(new RunResult(error.state));
      throw error;
    }
  };
}

function isFinished(result: unknown): result is Finished {
  return typeof result === 'object' && result !== null && 'rawResponses' in result && 'newItems' in result;
}

function saidIn(
  { output }: sdk.ModelResponse,
  items: readonly sdk.RunItem[],
): Pick<SpokenStep, 'reasoning' | 'assistant' | 'events'> {
  const calls = new Set(output.flatMap((item) => (item.type === 'function_call' ? [item.callId] : [])));
  const outcomes = items.flatMap((item) =>
    item.type === 'tool_call_output_item' &&
    'callId' in item.rawItem &&
    calls.has(String(item.rawItem.callId))
      ? [item.output]
      : [],
  );
  return {
    reasoning: textOf(output.filter(({ type }) => type === 'reasoning')),
    assistant: textOf(output.filter(({ type }) => type === 'message' || type === undefined)),
    events: eventsIn(outcomes),
  };
}

/** The text in items of the model's, whatever else is in them. */
function textOf(items: readonly object[]): string {
  return items
    .flatMap((item) => {
      const { content, rawContent } = item as { readonly content?: unknown; readonly rawContent?: unknown };
      const parts = Array.isArray(content) && content.length > 0 ? content : rawContent;
      return Array.isArray(parts) ? parts : [];
    })
    .flatMap(({ text }: { readonly text?: unknown }) => (typeof text === 'string' ? [text] : []))
    .join('\n');
}
