/**
 * Mastra, where the quick start's policy and keys are:
 * `npm i ringfence @mastra/core tsx`, `npm pkg set type=module`, `npx tsx mastra.ts`
 */
import { Agent } from '@mastra/core/agent';
import { RequestContext } from '@mastra/core/request-context';
import { MastraLanguageModelV2Mock } from '@mastra/core/test-utils/llm-mock';
import { createRingfence, workingWithRingfence } from 'ringfence';
import { MAX_STEPS, mastraTools } from 'ringfence/mastra';

// Stands for a model of yours: it guesses a table, reads the refusal, asks again, answers.
const says = (finishReason: string, part: object) => {
  return { content: [part], finishReason, usage: {}, warnings: [] };
};
const asks = (toolCallId: string, input: object) =>
  says('tool-calls', { type: 'tool-call', toolCallId, toolName: 'query', input: JSON.stringify(input) });
const script = [
  asks('1', { table: 'invoices' }),
  asks('2', { table: 'invoice', where: { status: 'open' } }),
  says('stop', { type: 'text', text: 'Two invoices are open.' }),
];
const model = new MastraLanguageModelV2Mock({ doGenerate: async () => script.shift() as never }) as never;

const ringfence = await createRingfence({ url: process.env.RINGFENCE_GATEWAY_URL ?? '' });
const actor = { kind: 'agent', id: 'mastra-starter' } as const;
const boundary = ringfence.trustedBoundary({ tenant: '1', user: 'jane', role: 'viewer', actor });

// Made once; each request brings the boundary of whom it serves.
const tools = mastraTools(ringfence);
const agent = new Agent({ id: 'desk', name: 'desk', instructions: workingWithRingfence, model, tools });
const requestContext = new RequestContext([['boundary', boundary]]);
const options = { requestContext, maxSteps: MAX_STEPS };
const { text, steps } = await agent.generate('Which invoices are open?', options);
for (const { toolResults } of steps) {
  for (const { payload } of toolResults) console.log(JSON.stringify(payload.result));
}
console.log(text);
await ringfence.close();
