/** `ringfence/mastra`: the tools for Mastra. */
import * as sdk from '@mastra/core/tools';
import type { Ringfence } from '../ringfence.js';
import { modelText } from '../tools/model-text.js';
import { type AdapterOptions, callTool, offered, type ToolOutcome, told } from './call.js';
import { assertPeer } from './peer.js';

export type { AdapterOptions, ProseAdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';
export { mastraProse } from './mastra-prose.js';

/**
 * The tools, as a Mastra `Agent` takes them. A boundary that is not given here is looked for under `boundary` in the request context.
 *
 * @throws {RingfenceError} `config_invalid` where another version of the framework is installed.
 * @example
 * ```ts
 * const agent = new Agent({ name: 'desk', instructions: workingWithRingfence, model, tools: mastraTools(ringfence) });
 * await agent.generate('Which customers owe us money?', { requestContext, maxSteps: MAX_STEPS });
 * ```
 */
export function mastraTools(ringfence: Ringfence, options: AdapterOptions = {}) {
  const { createTool } = sdk;
  assertPeer({ adapter: 'ringfence/mastra', name: '@mastra/core', range: '^1.71.0' }, { createTool });
  return Object.fromEntries(
    offered(ringfence, options).map(({ name, description, inputSchema }) => [
      name,
      createTool({
        id: name,
        description,
        inputSchema: told(inputSchema) as never,
        execute: async (
          input: unknown,
          context: { requestContext?: { get(key: string): unknown }; abortSignal?: AbortSignal },
        ) =>
          await callTool(ringfence, name, input, {
            boundary: options.boundary,
            context: { boundary: context.requestContext?.get('boundary') },
            signal: context.abortSignal,
          }),
        toModelOutput: (output: ToolOutcome) => ({ type: 'text', value: modelText(output) }),
      } as never),
    ]),
  );
}
