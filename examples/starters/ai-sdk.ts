/**
 * The AI SDK, where the quick start's policy and keys are:
 * `npm i ringfence ai tsx`, `npm pkg set type=module`, `npx tsx ai-sdk.ts`
 */
import { ToolLoopAgent } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { createRingfence } from 'ringfence';
import { aiSdk } from 'ringfence/ai-sdk';

// Stands for a model of yours: it guesses a table, reads the refusal, asks again, answers.
const usage = { inputTokens: {}, outputTokens: {} };
const says = (part: object) => {
  return { content: [part], finishReason: { unified: 'stop' }, usage, warnings: [] };
};
const asks = (toolCallId: string, input: object) =>
  says({ type: 'tool-call', toolCallId, toolName: 'query', input: JSON.stringify(input) });
const script = [
  asks('1', { table: 'invoices' }),
  asks('2', { table: 'invoice', where: { status: 'open' } }),
  says({ type: 'text', text: 'Two invoices are open.' }),
];
const model = new MockLanguageModelV4({ doGenerate: script as never });

const ringfence = await createRingfence({ url: process.env.RINGFENCE_GATEWAY_URL ?? '' });
const actor = { kind: 'agent', id: 'ai-sdk-starter' } as const;
const boundary = ringfence.trustedBoundary({ tenant: '1', user: 'jane', role: 'viewer', actor });

const agent = new ToolLoopAgent({ model, ...aiSdk(ringfence, { boundary }) });
const { text, steps } = await agent.generate({ prompt: 'Which invoices are open?' });
for (const { toolResults } of steps) {
  for (const { output } of toolResults) console.log(JSON.stringify(output));
}
console.log(text);
await ringfence.close();
