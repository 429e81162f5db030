/**
 * LangChain, where the quick start's policy and keys are:
 * `npm i ringfence @langchain/core tsx`, `npm pkg set type=module`, `npx tsx langchain.ts`
 */
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { createRingfence, workingWithRingfence } from 'ringfence';
import { langChainTools, MAX_STEPS } from 'ringfence/langchain';

// Stands for a model of yours: it guesses a table, reads the refusal, asks again, answers.
const scripted = fakeModel()
  .respondWithTools([{ name: 'query', args: { table: 'invoices' } }])
  .respondWithTools([{ name: 'query', args: { table: 'invoice', where: { status: 'open' } } }])
  .respond(new AIMessage('Two invoices are open.'));

const ringfence = await createRingfence({ url: process.env.RINGFENCE_GATEWAY_URL ?? '' });
const actor = { kind: 'agent', id: 'langchain-starter' } as const;
const boundary = ringfence.trustedBoundary({ tenant: '1', user: 'jane', role: 'viewer', actor });

const tools = langChainTools(ringfence, { boundary });
const model = scripted.bindTools(tools);
const messages: BaseMessage[] = [
  new SystemMessage(workingWithRingfence),
  new HumanMessage('Which invoices are open?'),
];
for (let step = 0; step < MAX_STEPS; step++) {
  const answer = await model.invoke(messages);
  messages.push(answer);
  if (!answer.tool_calls?.length) break;
  for (const call of answer.tool_calls) {
    const result = await tools.find(({ name }) => name === call.name)?.invoke({ ...call, type: 'tool_call' });
    console.log(result.content);
    messages.push(result);
  }
}
console.log(messages.at(-1)?.content);
await ringfence.close();
