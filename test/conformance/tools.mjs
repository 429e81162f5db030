/** Tools of the names that the conformance suite calls, where one of a product's own can do what it asks: they go through the gate as all do. */
import { defineTool, Refusal } from 'ringfence';
import { z } from 'zod';

export const tools = [
  defineTool({
    name: 'test_simple_text',
    description: 'Gives a text.',
    effect: 'read',
    input: z.object({}),
    output: z.string(),
    run: async () => 'This is a simple text response for testing.',
  }),
  defineTool({
    name: 'test_error_handling',
    description: 'Always says no.',
    effect: 'read',
    input: z.object({}),
    output: z.string(),
    run: async () => {
      throw new Refusal('This tool intentionally returns an error for testing.');
    },
  }),
];
