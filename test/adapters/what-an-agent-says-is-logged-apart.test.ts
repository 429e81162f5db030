/**
 * What an agent says goes to the product's own log, scrubbed, with the events of the calls it made; the ledger and the answers of calls have
 * nothing of it. Each framework's own loop, with its own kind of scripted model.
 */
import { AIMessage } from '@langchain/core/messages';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { Agent as MastraAgent } from '@mastra/core/agent';
import { Agent, type Model, type ModelResponse, run, type StreamEvent, Usage } from '@openai/agents';
import { generateText, streamText } from 'ai';
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aiSdk } from '../../src/adapters/ai-sdk.js';
import { langChainProse, langChainTools } from '../../src/adapters/langchain.js';
import { mastraProse, mastraTools } from '../../src/adapters/mastra.js';
import { openAiProse, openAiTools } from '../../src/adapters/openai-agents.js';
import type { Boundary } from '../../src/boundary/boundary.js';
import { within } from '../../src/boundary/propagation.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import type { ProseEntry, ProseLog } from '../../src/prose/prose-log.js';
import type { Ringfence } from '../../src/ringfence.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { embeddedServer } from '../support/test-server.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles: { support: { reach: tenant, tables: { note: {} } } }
`;
const THOUGHT = 'Wistful pondering: jane@example.com wants her notes.';
const SAYING = 'Wistfully, let me look. The password is hunter2.';
const ANSWER = 'Wistful answer: call +1 555 010 4477.';
/** Said twice: once with a call, and once to end with. */
const EXPECTED: readonly Partial<ProseEntry>[] = [
  { step: 0, role: 'reasoning', text: 'Wistful pondering: [email] wants her notes.' },
  { step: 0, role: 'assistant', text: 'Wistfully, let me look. The password is [secret]' },
  { step: 1, role: 'assistant', text: 'Wistful answer: call [phone].' },
];

let database: TestDatabase;
let governed: Governed;
let ringfence: Ringfence;
let boundary: Boundary;
const entries: ProseEntry[] = [];
const told: OperatorEntry[] = [];
const onProse = (entry: ProseEntry): void => void entries.push(entry);

beforeAll(async () => {
  database = await createDatabase(embeddedServer, {
    sql: "create table note (id int primary key, org text not null, body text); insert into note values (1, 'north', 'ours')",
  });
  governed = await govern(database, POLICY);
  // The operator's log, without its limit of five a minute.
  ringfence = { ...governed.ringfence, log: (entry) => void told.push(entry) };
});
beforeEach(() => {
  // A run of its own each time.
  boundary = governed.boundary({ tenant: 'north' });
  entries.length = 0;
  told.length = 0;
});
afterAll(async () => {
  await governed?.close();
  await database.drop();
});

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** Thinks, says something and asks once; then answers. */
function spoken(): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const asks = !prompt.some(({ role }) => role === 'tool');
      return {
        content: asks
          ? [
              { type: 'reasoning', text: THOUGHT },
              { type: 'text', text: SAYING },
              { type: 'tool-call', toolCallId: '1', toolName: 'query', input: '{"table":"note"}' },
            ]
          : [{ type: 'text', text: ANSWER }],
        finishReason: { unified: asks ? 'tool-calls' : 'stop', raw: undefined },
        usage: USAGE,
        warnings: [],
      };
    },
  });
}

const MESSAGE = { type: 'message', role: 'assistant', status: 'completed' } as const;
const openAiModel = (): Model => ({
  async getResponse({ input }): Promise<ModelResponse> {
    const asks = !(input as { type?: string }[]).some(({ type }) => type === 'function_call_result');
    return {
      usage: new Usage(),
      output: asks
        ? [
            { type: 'reasoning', content: [{ type: 'input_text', text: THOUGHT }] },
            { ...MESSAGE, content: [{ type: 'output_text', text: SAYING }] },
            {
              type: 'function_call',
              callId: '1',
              name: 'query',
              status: 'completed',
              arguments: '{"table":"note"}',
            },
          ]
        : [{ ...MESSAGE, content: [{ type: 'output_text', text: ANSWER }] }],
    };
  },
  // biome-ignore lint/correctness/useYield: nothing streams here
  async *getStreamedResponse() {
    throw new Error('not asked for');
  },
});

/** LangChain's own model for tests, made to ask for a tool. */
class Scripted extends FakeListChatModel {
  readonly #messages: AIMessage[];
  constructor(messages: AIMessage[]) {
    super({ responses: [] });
    this.#messages = messages;
  }
  override async _generate() {
    const message = this.#messages.shift() ?? new AIMessage('');
    return { generations: [{ message, text: message.text }] };
  }
}

type Say = (log: ProseLog) => Promise<unknown>;
const FRAMEWORKS: Readonly<Record<string, Say>> = {
  'the AI SDK': (log) =>
    generateText({
      model: spoken(),
      prompt: 'x',
      ...aiSdk(ringfence, { boundary, onProse: log }),
    }),
  'the AI SDK, inside an ambient boundary': (log) => {
    const settings = aiSdk(ringfence, { onProse: log });
    return within(boundary, () => generateText({ model: spoken(), prompt: 'x', ...settings }));
  },
  'the OpenAI Agents SDK, with the boundary in its context': (log) => {
    const agent = new Agent({
      name: 'desk',
      model: openAiModel(),
      tools: openAiTools(ringfence),
    });
    const prose = openAiProse(ringfence, { onProse: log });
    return prose(run(agent, 'x', { context: { boundary } }));
  },
  LangChain: async (log) => {
    const query = langChainTools(ringfence, { boundary }).find(({ name }) => name === 'query');
    const callbacks = [langChainProse(ringfence, { boundary, onProse: log })];
    const call = { type: 'tool_call', id: '1', name: 'query', args: { table: 'note' } } as const;
    const model = new Scripted([
      new AIMessage({
        content: [
          { type: 'reasoning', reasoning: THOUGHT },
          { type: 'text', text: SAYING },
        ] as never,
        response_metadata: { output_version: 'v1' },
        tool_calls: [call],
      }),
      new AIMessage(ANSWER),
    ]);
    await model.invoke('x', { callbacks });
    await query?.invoke(call, { callbacks });
    await model.invoke('y', { callbacks });
  },
  Mastra: (log) => {
    const agent = new MastraAgent({
      id: 'desk',
      name: 'desk',
      instructions: 'x',
      model: spoken() as never,
      tools: mastraTools(ringfence, { boundary }) as never,
    });
    const onStepFinish = mastraProse(ringfence, { boundary, onProse: log });
    return agent.generate('x', { maxSteps: 3, onStepFinish });
  },
};

/** Everything that Ringfence keeps of the calls. */
async function kept(): Promise<string> {
  await ringfence.sequence();
  const leaves = await database.query(
    "select convert_from(leaf, 'UTF8') as leaf from ringfence.leaf union all select body from ringfence.event_pending",
  );
  return JSON.stringify(leaves);
}

describe.each(Object.keys(FRAMEWORKS))('in %s', (name) => {
  const say: Say = (log) => (FRAMEWORKS[name] as Say)(log);

  it('everything that is said is logged, scrubbed, step by step', async () => {
    await say(onProse);
    expect(entries).toMatchObject(EXPECTED);
    for (const entry of entries)
      expect(entry).toMatchObject({
        tenant: 'north',
        traceId: boundary.traceId,
        runId: boundary.runId,
        actor: { kind: 'agent', id: 'test' },
        cut: 0,
        at: expect.stringMatching(/^\d{4}-.+Z$/),
      });
  });

  it('a step leads to the events of its calls, and the ledger has nothing of what was said', async () => {
    await say(onProse);
    const [thought, , answer] = entries;
    expect(thought?.events).toHaveLength(1);
    expect(answer?.events).toEqual([]);
    const ledger = await kept();
    expect(ledger).toContain(String(thought?.events[0]));
    expect(ledger).not.toMatch(/wistful|jane@|hunter2|555 010/i);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('the sink is full');
      },
    ],
    ['fails', () => Promise.reject(new Error('the sink is full'))],
  ])('a sink that %s is told to the operator, and nothing else happens', async (_, sink) => {
    await expect(say(sink)).resolves.not.toThrow();
    await expect.poll(() => told.map(({ kind }) => kind)).toContain('prose_failed');
    expect(JSON.stringify(told.map(({ message }) => message))).not.toMatch(/wistful/i);
  });

  it('a sink that is slow is not waited for', async () => {
    let done: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      done = resolve;
    });
    await say(() => slow);
    done();
  });
});

describe('a run that is streamed', () => {
  it('is logged in the AI SDK', async () => {
    const model = new MockLanguageModelV4({
      doStream: async () => ({
        stream: convertArrayToReadableStream([
          { type: 'stream-start', warnings: [] },
          { type: 'text-start', id: '1' },
          ...['Wistful answer: call ', '+1 555 ', '010 4477.'].map(
            (delta) => ({ type: 'text-delta', id: '1', delta }) as const,
          ),
          { type: 'text-end', id: '1' },
          { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage: USAGE },
        ]),
      }),
    });
    const result = streamText({ model, prompt: 'x', ...aiSdk(ringfence, { boundary, onProse }) });
    await result.consumeStream();
    expect(entries).toMatchObject([{ step: 0, role: 'assistant', text: 'Wistful answer: call [phone].' }]);
  });

  it('is logged in the OpenAI Agents SDK once it has been read', async () => {
    const steps = openAiModel();
    const model: Model = {
      ...steps,
      async *getStreamedResponse(request) {
        const { output } = await steps.getResponse(request);
        const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
        yield { type: 'response_done', response: { id: 'r', usage, output } } as StreamEvent;
      },
    };
    const agent = new Agent({ name: 'desk', model, tools: openAiTools(ringfence) });
    const prose = openAiProse(ringfence, { onProse });
    const result = await prose(run(agent, 'x', { stream: true, context: { boundary } }));
    for await (const _ of result) expect(entries).toEqual([]);
    await expect.poll(() => entries).toMatchObject(EXPECTED);
  });
});

it('a run that ends in an error is logged as far as it came', async () => {
  const agent = new Agent({ name: 'desk', model: openAiModel(), tools: openAiTools(ringfence) });
  const prose = openAiProse(ringfence, { onProse });
  await expect(prose(run(agent, 'x', { context: { boundary }, maxTurns: 1 }))).rejects.toThrow('Max turns');
  expect(entries).toMatchObject(EXPECTED.slice(0, 2));
  expect(entries[0]?.events).toHaveLength(1);
});

it('what a model says without an end is cut, and says by how much', async () => {
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({
      content: [{ type: 'text', text: 'a b '.repeat(10_000) }],
      finishReason: { unified: 'stop', raw: undefined },
      usage: USAGE,
      warnings: [],
    }),
  });
  await generateText({ model, prompt: 'x', ...aiSdk(ringfence, { boundary, onProse }) });
  expect(entries).toHaveLength(1);
  expect(entries[0]?.text).toHaveLength(16_384);
  expect(entries[0]?.cut).toBe(40_000 - 16_384);
});

it('a detector that throws keeps the text from the log', async () => {
  const broken = {
    label: '[x]',
    find: () => {
      throw new Error('broken');
    },
  };
  const settings = aiSdk(ringfence, { boundary, onProse, detectors: [broken] });
  await generateText({ model: spoken(), prompt: 'x', ...settings });
  expect(entries).toEqual([]);
  expect(told.map(({ kind }) => kind)).toContain('prose_failed');
});

it('nothing is logged where nobody asked for it', async () => {
  expect(aiSdk(ringfence, { boundary })).not.toHaveProperty('onStepEnd');
});
