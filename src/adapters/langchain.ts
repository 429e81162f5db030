/** `ringfence/langchain`: the tools for LangChain, and what is built on its core. */
import { type DynamicStructuredTool, tool } from '@langchain/core/tools';
import type { Ringfence } from '../ringfence.js';
import { type AdapterOptions, callTool, offered, told } from './call.js';

export type { AdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';

/**
 * The tools, as `model.bindTools` and agents take them.
 *
 * @example
 * ```ts
 * const tools = langChainTools(ringfence, { boundary });
 * const model = chat.bindTools(tools);
 * ```
 */
export function langChainTools(ringfence: Ringfence, options: AdapterOptions = {}): DynamicStructuredTool[] {
  return offered(ringfence, options).map(({ name, description, inputSchema }) =>
    tool(
      async (input: unknown, runtime: { context?: unknown; signal?: AbortSignal } | undefined) =>
        JSON.stringify(
          await callTool(ringfence, name, input, {
            boundary: options.boundary,
            context: runtime?.context,
            signal: runtime?.signal,
          }),
        ),
      {
        name,
        description,
        schema: told(inputSchema) as never,
      },
    ),
  ) as unknown as DynamicStructuredTool[];
}
