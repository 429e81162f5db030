/** `ringfence/openai-agents`: the tools for the OpenAI Agents SDK. */
import { type FunctionTool, tool } from '@openai/agents';
import type { Ringfence } from '../ringfence.js';
import { type AdapterOptions, callTool, offered } from './call.js';

export type { AdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';

/**
 * The tools, as an `Agent` takes them. Pass `maxTurns: MAX_STEPS` to `run`, and a boundary as `context: { boundary }` unless it is given here.
 *
 * @example
 * ```ts
 * const agent = new Agent({ name: 'desk', instructions: workingWithRingfence, tools: openAiTools(ringfence) });
 * await run(agent, 'Which customers owe us money?', { context: { boundary }, maxTurns: MAX_STEPS });
 * ```
 */
export function openAiTools(ringfence: Ringfence, options: AdapterOptions = {}): FunctionTool<unknown>[] {
  return offered(ringfence, options).map(({ name, description, inputSchema }) =>
    tool({
      name,
      description,
      // Optional members are left out by models, not sent as null: the strict mode would make all of them required.
      strict: false,
      parameters: { ...inputSchema, additionalProperties: true } as never,
      execute: async (input: unknown, run, details) =>
        JSON.stringify(
          await callTool(ringfence, name, input, {
            boundary: options.boundary,
            context: run?.context,
            signal: details?.signal,
          }),
        ),
    }),
  ) as FunctionTool<unknown>[];
}
