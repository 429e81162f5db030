/** `ringfence/langchain`: the tools for LangChain, and what is built on its core. */
import * as sdk from '@langchain/core/tools';
import type { Ringfence } from '../ringfence.js';
import { modelText } from '../tools/model-text.js';
import { type AdapterOptions, callTool, offered, told } from './call.js';
import { assertPeer } from './peer.js';

export type { AdapterOptions, ProseAdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';
export { langChainProse } from './langchain-prose.js';

/**
 * The tools, as `model.bindTools` and agents take them. A message's `content` is for the model; its `artifact` is the decision, for programs.
 *
 * @throws {RingfenceError} `config_invalid` where another version of the framework is installed.
 * @example
 * ```ts
 * const tools = langChainTools(ringfence, { boundary });
 * const model = chat.bindTools(tools);
 * ```
 */
export function langChainTools(
  ringfence: Ringfence,
  options: AdapterOptions = {},
): sdk.DynamicStructuredTool[] {
  const { tool } = sdk;
  assertPeer({ adapter: 'ringfence/langchain', name: '@langchain/core', range: '^1.4.0' }, { tool });
  return offered(ringfence, options).map(({ name, description, inputSchema }) =>
    tool(
      async (input: unknown, runtime: { context?: unknown; signal?: AbortSignal } | undefined) => {
        const outcome = await callTool(ringfence, name, input, {
          boundary: options.boundary,
          context: runtime?.context,
          signal: runtime?.signal,
        });
        return [modelText(outcome), outcome];
      },
      {
        name,
        description,
        responseFormat: 'content_and_artifact',
        schema: told(inputSchema) as never,
      },
    ),
  ) as unknown as sdk.DynamicStructuredTool[];
}
