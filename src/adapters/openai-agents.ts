/** `ringfence/openai-agents`: the tools for the OpenAI Agents SDK. */
import * as sdk from '@openai/agents';
import type { Ringfence } from '../ringfence.js';
import { modelText } from '../tools/model-text.js';
import { type AdapterOptions, callTool, offered } from './call.js';
import { assertPeer } from './peer.js';

export type { AdapterOptions, ProseAdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';
export { openAiProse } from './openai-prose.js';

/**
 * The tools, as an `Agent` takes them. Pass `maxTurns: MAX_STEPS` to `run`, and a boundary as `context: { boundary }` unless it is given here.
 *
 * @throws {RingfenceError} `config_invalid` where another version of the framework is installed.
 * @example
 * ```ts
 * const agent = new Agent({ name: 'desk', instructions: workingWithRingfence, tools: openAiTools(ringfence) });
 * await run(agent, 'Which customers owe us money?', { context: { boundary }, maxTurns: MAX_STEPS });
 * ```
 */
export function openAiTools(ringfence: Ringfence, options: AdapterOptions = {}): sdk.FunctionTool<unknown>[] {
  const { tool } = sdk;
  assertPeer({ adapter: 'ringfence/openai-agents', name: '@openai/agents', range: '^0.20.0' }, { tool });
  return offered(ringfence, options).map(({ name, description, inputSchema }) =>
    tool({
      name,
      description,
      // Optional members are left out by models, not sent as null: the strict mode would make all of them required.
      strict: false,
      parameters: { ...inputSchema, additionalProperties: true } as never,
      execute: async (input: unknown, run, details) =>
        modelText(
          await callTool(ringfence, name, input, {
            boundary: options.boundary,
            context: run?.context,
            signal: details?.signal,
          }),
        ),
    }),
  ) as sdk.FunctionTool<unknown>[];
}
