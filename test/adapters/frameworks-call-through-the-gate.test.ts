/**
 * Each framework's own loop, with its own kind of scripted model: it asks for a table that is not there, reads the refusal, asks again,
 * and answers. Whatever the framework, the gate decides and the boundary holds.
 */
import { AIMessage } from '@langchain/core/messages';
import { Agent as MastraAgent } from '@mastra/core/agent';
import { RequestContext } from '@mastra/core/request-context';
import { Agent, type Model, type ModelRequest, type ModelResponse, run, Usage } from '@openai/agents';
import { generateText } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aiSdk } from '../../src/adapters/ai-sdk.js';
import { MAX_STEPS } from '../../src/adapters/call.js';
import { langChainTools } from '../../src/adapters/langchain.js';
import { mastraTools } from '../../src/adapters/mastra.js';
import { openAiTools } from '../../src/adapters/openai-agents.js';
import type { Boundary } from '../../src/boundary/boundary.js';
import { within } from '../../src/boundary/propagation.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { embeddedServer } from '../support/test-server.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles: { support: { reach: tenant, tables: { note: {} } } }
`;

let database: TestDatabase;
let governed: Governed;
let boundary: Boundary;

beforeAll(async () => {
  database = await createDatabase(embeddedServer, {
    sql: "create table note (id int primary key, org text not null, body text); insert into note values (1, 'north', 'ours'), (2, 'south', 'theirs')",
  });
  governed = await govern(database, POLICY);
  boundary = governed.boundary({ tenant: 'north' });
});
afterAll(async () => {
  await governed?.close();
  await database.drop();
});

/** What the scripted models ask for, one after the other; then they answer with what they were last told. */
const ASKED = [{ table: 'notes' }, { table: 'note' }] as const;

function proves(told: readonly string[], answer: string): void {
  expect(told[0]).toContain('unknown_table');
  expect(told[0]).toContain('Did you mean');
  expect(told[1]).toContain('ours');
  expect(told.join()).not.toMatch(/theirs|south|north/);
  expect(answer).toBe('done');
}

/** A model that asks for {@link ASKED}, one after the other, and notes in `told` what it was told. */
function scripted(told: string[]): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const results = prompt
        .filter(({ role }) => role === 'tool')
        .map(({ content }) => JSON.stringify(content));
      told.splice(0, told.length, ...results);
      const input = ASKED[results.length];
      return {
        content:
          input === undefined
            ? [{ type: 'text', text: 'done' }]
            : [
                {
                  type: 'tool-call',
                  toolCallId: `call-${results.length}`,
                  toolName: 'query',
                  input: JSON.stringify(input),
                },
              ],
        finishReason: { unified: input === undefined ? 'stop' : 'tool-calls', raw: undefined },
        usage: USAGE,
        warnings: [],
      };
    },
  });
}

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

it('works in the AI SDK', async () => {
  const told: string[] = [];
  const model = scripted(told);
  const { text } = await generateText({
    model,
    prompt: 'What do we know?',
    ...aiSdk(governed.ringfence, { boundary }),
  });
  proves(told, text);
});

it('ends a loop of the AI SDK that would go on for ever', async () => {
  let calls = 0;
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({
      content: [
        { type: 'tool-call', toolCallId: `call-${calls++}`, toolName: 'query', input: '{"table":"note"}' },
      ],
      finishReason: { unified: 'tool-calls', raw: undefined },
      usage: USAGE,
      warnings: [],
    }),
  });
  await within(boundary, () => generateText({ model, prompt: 'go on', ...aiSdk(governed.ringfence) }));
  expect(calls).toBe(MAX_STEPS);
});

it('works in the OpenAI Agents SDK, with the boundary in its context', async () => {
  const told: string[] = [];
  const model: Model = {
    async getResponse({ input }: ModelRequest): Promise<ModelResponse> {
      const results = (input as { type?: string; output?: unknown }[]).filter(
        ({ type }) => type === 'function_call_result',
      );
      told.splice(0, told.length, ...results.map(({ output }) => JSON.stringify(output)));
      const asked = ASKED[results.length];
      return {
        usage: new Usage(),
        output:
          asked === undefined
            ? [
                {
                  type: 'message',
                  role: 'assistant',
                  status: 'completed',
                  content: [{ type: 'output_text', text: 'done' }],
                },
              ]
            : [
                {
                  type: 'function_call',
                  callId: `call-${results.length}`,
                  name: 'query',
                  status: 'completed',
                  arguments: JSON.stringify(asked),
                },
              ],
      };
    },
    // biome-ignore lint/correctness/useYield: nothing streams here
    async *getStreamedResponse() {
      throw new Error('not asked for');
    },
  };
  const agent = new Agent({ name: 'desk', model, tools: openAiTools(governed.ringfence) });
  const { finalOutput } = await run(agent, 'What do we know?', {
    context: { boundary },
    maxTurns: MAX_STEPS,
  });
  proves(told, String(finalOutput));
});

it('works with LangChain core', async () => {
  const tools = new Map(langChainTools(governed.ringfence, { boundary }).map((tool) => [tool.name, tool]));
  const told: string[] = [];
  for (const [index, args] of ASKED.entries()) {
    const message = new AIMessage({
      content: '',
      tool_calls: [{ id: `call-${index}`, name: 'query', args, type: 'tool_call' }],
    });
    for (const call of message.tool_calls ?? []) {
      const result = (await tools.get(call.name)?.invoke({ ...call, type: 'tool_call' })) as {
        content: string;
      };
      told.push(result.content);
    }
  }
  proves(told, 'done');
});

it('works in Mastra, with the boundary in its request context', async () => {
  const told: string[] = [];
  const model = scripted(told);
  const agent = new MastraAgent({
    id: 'desk',
    name: 'desk',
    instructions: 'x',
    model: model as never,
    tools: mastraTools(governed.ringfence) as never,
  });
  const requestContext = new RequestContext();
  requestContext.set('boundary', boundary);
  const { text } = await agent.generate('What do we know?', { requestContext, maxSteps: MAX_STEPS });
  proves(told, text);
});
