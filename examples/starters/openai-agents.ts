/**
 * The OpenAI Agents SDK, where the quick start's policy and keys are:
 * `npm i ringfence @openai/agents tsx`, `npm pkg set type=module`, `npx tsx openai-agents.ts`
 */
import { Agent, RunToolCallOutputItem, run, setTracingDisabled } from '@openai/agents';
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing';
import { createRingfence, workingWithRingfence } from 'ringfence';
import { MAX_STEPS, openAiTools } from 'ringfence/openai-agents';

// Stands for a model of yours: it guesses a table, reads the refusal, asks again, answers.
const model = new ScriptedModel([
  [functionCall('query', { table: 'invoices' }, { callId: '1' })],
  [functionCall('query', { table: 'invoice', where: { status: 'open' } }, { callId: '2' })],
  [assistantMessage('Two invoices are open.')],
]);
setTracingDisabled(true);

const ringfence = await createRingfence({ url: process.env.RINGFENCE_GATEWAY_URL ?? '' });
const actor = { kind: 'agent', id: 'openai-agents-starter' } as const;
const boundary = ringfence.trustedBoundary({ tenant: '1', user: 'jane', role: 'viewer', actor });

// Made once; each run brings the boundary of whom it serves.
const agent = new Agent({
  name: 'desk',
  instructions: workingWithRingfence,
  model,
  tools: openAiTools(ringfence),
});
const result = await run(agent, 'Which invoices are open?', { context: { boundary }, maxTurns: MAX_STEPS });
for (const item of result.newItems) if (item instanceof RunToolCallOutputItem) console.log(item.output);
console.log(result.finalOutput);
await ringfence.close();
