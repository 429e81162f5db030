/** `ringfence/mastra`: the tools for Mastra. */
import { createTool } from '@mastra/core/tools';
import type { Ringfence } from '../ringfence.js';
import { type AdapterOptions, callTool, offered, told } from './call.js';

export type { AdapterOptions } from './call.js';
export { MAX_STEPS } from './call.js';

/**
 * The tools, as a Mastra `Agent` takes them. A boundary that is not given here is looked for under `boundary` in the request context.
 *
 * @example
 * ```ts
 * const agent = new Agent({ name: 'desk', instructions: workingWithRingfence, model, tools: mastraTools(ringfence) });
 * await agent.generate('Which customers owe us money?', { requestContext, maxSteps: MAX_STEPS });
 * ```
 */
export function mastraTools(ringfence: Ringfence, options: AdapterOptions = {}) {
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
      } as never),
    ]),
  );
}
