/** `ringfence/langchain`: the tools for LangChain, and what is built on its core. */
import { type DynamicStructuredTool, tool } from '@langchain/core/tools';
import type { Ringfence } from '../ringfence.js';
import { type AdapterOptions, callTool, offered } from './call.js';

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
        description, // The framework writes into the schemas it checks with.
        schema: structuredClone(inputSchema) as never,
      },
    ),
  ) as unknown as DynamicStructuredTool[];
}
