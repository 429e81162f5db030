/** `ringfence/ai-sdk`: the tools for Vercel's AI SDK 7. */
import { isStepCount, jsonSchema, type StopCondition, type Tool, tool } from 'ai';
import type { Ringfence } from '../ringfence.js';
import { workingWithRingfence } from '../tools/working-with-ringfence.js';
import { type AdapterOptions, callTool, MAX_STEPS, offered, type ToolOutcome } from './call.js';

export type { AdapterOptions, ToolOutcome } from './call.js';
export { MAX_STEPS } from './call.js';

/** The tools, as `generateText` and `ToolLoopAgent` take them. */
export type AiSdkTools = Record<string, Tool<Record<string, unknown>, ToolOutcome>>;

export interface AiSdkSettings {
  readonly tools: AiSdkTools;
  /** Ends the loop after {@link MAX_STEPS} steps. */
  readonly stopWhen: StopCondition<AiSdkTools>;
  /** How to work with the tools; yours goes before or after it. */
  readonly instructions: string;
}

/**
 * Tools, loop limit and instructions, to be spread into an agent.
 *
 * @example
 * ```ts
 * const agent = new ToolLoopAgent({ model, ...aiSdk(ringfence, { boundary }) });
 * const { text } = await agent.generate({ prompt: 'Which customers owe us money?' });
 * ```
 */
export function aiSdk(ringfence: Ringfence, options: AdapterOptions = {}): AiSdkSettings {
  const tools = offered(ringfence, options).map(({ name, description, inputSchema }) => [
    name,
    tool({
      description,
      inputSchema: jsonSchema<Record<string, unknown>>(inputSchema),
      execute: (input: Record<string, unknown>, { abortSignal, context }) =>
        callTool(ringfence, name, input, { boundary: options.boundary, context, signal: abortSignal }),
    }),
  ]);
  return {
    tools: Object.fromEntries(tools) as AiSdkTools,
    stopWhen: isStepCount(MAX_STEPS),
    instructions: workingWithRingfence,
  };
}
