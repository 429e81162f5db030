/** `ringfence/ai-sdk`: the tools for Vercel's AI SDK 7. */
import * as sdk from 'ai';
import { eventsIn, type ProseOptions, proseOf } from '../prose/prose-log.js';
import type { Ringfence } from '../ringfence.js';
import { modelText } from '../tools/model-text.js';
import { workingWithRingfence } from '../tools/working-with-ringfence.js';
import { type AdapterOptions, boundaryIn, callTool, MAX_STEPS, offered, type ToolOutcome } from './call.js';
import { assertPeer } from './peer.js';

export type { AdapterOptions, ToolOutcome } from './call.js';
export { MAX_STEPS } from './call.js';

/** The tools, as `generateText` and `ToolLoopAgent` take them. */
export type AiSdkTools = Record<string, sdk.Tool<Record<string, unknown>, ToolOutcome>>;

/** What the SDK calls when a step has ended. */
export type StepEnded = (step: sdk.StepResult<sdk.ToolSet>) => void;

export interface AiSdkSettings {
  readonly tools: AiSdkTools;
  /** Ends the loop after {@link MAX_STEPS} steps. */
  readonly stopWhen: sdk.StopCondition<AiSdkTools>;
  /** How to work with the tools; yours goes before or after it. */
  readonly instructions: string;
  /** Logs what the agent says; there only with `onProse`. */
  readonly onStepEnd?: StepEnded;
}

/**
 * Tools, loop limit and instructions, to be spread into an agent; with `onProse`, what the agent says goes there.
 *
 * @throws {RingfenceError} `config_invalid` where another version of the SDK is installed.
 * @example
 * ```ts
 * const agent = new ToolLoopAgent({ model, ...aiSdk(ringfence, { boundary }) });
 * const { text } = await agent.generate({ prompt: 'Which customers owe us money?' });
 * ```
 */
export function aiSdk(ringfence: Ringfence, options: AdapterOptions & ProseOptions = {}): AiSdkSettings {
  // By names of the namespace: a version without one of them can still be imported, and told of.
  const { isStepCount, jsonSchema, tool } = sdk;
  assertPeer({ adapter: 'ringfence/ai-sdk', name: 'ai', range: '^7.0.0' }, { isStepCount, jsonSchema, tool });
  const prose = proseOf(ringfence, options);
  const tools = offered(ringfence, options).map(({ name, description, inputSchema }) => [
    name,
    tool({
      description,
      inputSchema: jsonSchema<Record<string, unknown>>(inputSchema),
      execute: (input: Record<string, unknown>, { abortSignal, context }) =>
        callTool(ringfence, name, input, { boundary: options.boundary, context, signal: abortSignal }),
      toModelOutput: ({ output }) => ({ type: 'text', value: modelText(output) }),
    }),
  ]);
  return {
    tools: Object.fromEntries(tools) as AiSdkTools,
    stopWhen: isStepCount(MAX_STEPS),
    instructions: workingWithRingfence,
    ...(prose && {
      onStepEnd: ({ stepNumber, text, reasoningText, toolResults, runtimeContext }) =>
        prose.steps(() => [
          {
            boundary: options.boundary ?? boundaryIn(runtimeContext),
            step: stepNumber,
            reasoning: reasoningText,
            assistant: text,
            events: eventsIn(toolResults.map(({ output }) => output)),
          },
        ]),
    }),
  };
}
