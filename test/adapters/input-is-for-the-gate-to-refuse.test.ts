/** An adapter tells a model what a tool takes, a product's own tool too, and refuses nothing itself: wrong input is refused by the gate, and recorded. */
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { RunContext } from '@openai/agents';
import { asSchema, type FlexibleSchema } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aiSdk } from '../../src/adapters/ai-sdk.js';
import { langChainTools } from '../../src/adapters/langchain.js';
import { mastraTools } from '../../src/adapters/mastra.js';
import { openAiTools } from '../../src/adapters/openai-agents.js';
import type { Boundary } from '../../src/boundary/boundary.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { readModelText } from '../support/model-text.js';
import { embeddedServer } from '../support/test-server.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
tools: { count_words: { effect: read } }
roles: { support: { reach: tenant, tools: [query, count_words], tables: { note: {} } } }
`;
const countWords = defineTool({
  name: 'count_words',
  description: 'Counts the words of a note.',
  effect: 'read',
  input: z.object({ note: z.int() }),
  output: z.int(),
  inBoundary: { note: 'note' },
  async run({ note }, { client }) {
    const { rows } = await client.query('select body from note where id = $1', [note]);
    return String(rows[0]?.body).split(' ').length;
  },
});

let database: TestDatabase;
let governed: Governed;
let boundary: Boundary;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, {
    sql: "create table note (id int primary key, org text not null, body text); insert into note values (1, 'north', 'three short words'), (2, 'south', 'theirs')",
  });
  governed = await govern(database, POLICY, { tools: [countWords] });
  boundary = governed.boundary({ tenant: 'north' });
});
afterAll(async () => {
  await governed?.close();
  await database.drop();
});

/** Calls a tool as the framework does with what a model asked for, and gives what the model is told; and what the model was told of the input. */
interface Framework {
  told(tool: string): Promise<unknown>;
  call(tool: string, input: object): Promise<unknown>;
}

/** The answer in what a model is told of it. */
const json = (text: unknown): unknown => readModelText(String(text)).answer;
const frameworks: Readonly<Record<string, () => Framework>> = {
  'the AI SDK': () => {
    const { tools } = aiSdk(governed.ringfence, { boundary });
    return {
      told: async (tool) => await asSchema(tools[tool]?.inputSchema as FlexibleSchema<unknown>).jsonSchema,
      async call(tool, input) {
        const checked = await asSchema(tools[tool]?.inputSchema as FlexibleSchema<unknown>).validate?.(input);
        expect(checked?.success ?? true).toBe(true);
        return await tools[tool]?.execute?.(input as never, {
          toolCallId: '1',
          messages: [],
          context: undefined as never,
        });
      },
    };
  },
  'the OpenAI Agents SDK': () => {
    const tools = new Map(openAiTools(governed.ringfence, { boundary }).map((tool) => [tool.name, tool]));
    return {
      told: async (tool) => tools.get(tool)?.parameters,
      call: async (tool, input) =>
        json(await tools.get(tool)?.invoke(new RunContext(undefined), JSON.stringify(input))),
    };
  },
  LangChain: () => {
    const tools = new Map(langChainTools(governed.ringfence, { boundary }).map((tool) => [tool.name, tool]));
    return {
      told: async (tool) => convertToOpenAITool(tools.get(tool) as never).function.parameters,
      call: async (tool, args) =>
        json((await tools.get(tool)?.invoke({ type: 'tool_call', id: '1', name: tool, args }))?.content),
    };
  },
  Mastra: () => {
    const tools = mastraTools(governed.ringfence, { boundary }) as Readonly<Record<string, never>>;
    const of = (tool: string) =>
      tools[tool] as unknown as {
        readonly inputSchema: { readonly '~standard': { readonly jsonSchema: { input(): unknown } } };
        execute(input: object, context: object): Promise<unknown>;
      };
    return {
      told: async (tool) => of(tool).inputSchema['~standard'].jsonSchema.input(),
      call: (tool, input) => of(tool).execute(input, {}),
    };
  },
};

describe.each(Object.keys(frameworks))('in %s', (name) => {
  const framework = (): Framework => (frameworks[name] as () => Framework)();

  it('a model is told what a tool takes, one of the product among them', async () => {
    expect(await framework().told('query')).toMatchObject({ properties: { table: { type: 'string' } } });
    expect(await framework().told('count_words')).toMatchObject({
      properties: { note: { type: 'integer' } },
      required: ['note'],
    });
  });

  it('a tool of the product answers, and keeps to the boundary', async () => {
    expect(await framework().call('count_words', { note: 1 })).toMatchObject({ output: 3 });
    expect(await framework().call('count_words', { note: 2 })).toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['query', { table: 7 }],
    ['query', { tabel: 'note' }],
    ['query', { table: 'note', more: true }],
    ['count_words', {}],
    ['count_words', { note: 'one' }],
  ])('%s with %j is refused by the gate, and recorded', async (tool, input) => {
    const answer = (await framework().call(tool, input)) as { event: string };
    expect(answer).toMatchObject({ decision: 'denied', code: 'input_invalid', event: expect.any(String) });
    const events = await database.query<{ id: string }>(
      'select id from ringfence.event_pending where id = $1 union all select event_id from ringfence.leaf where event_id = $1',
      [answer.event],
    );
    expect(events).toHaveLength(1);
  });
});
