/** Each face shows a call that waits as waiting, and the same call goes through it once people have agreed. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { RunContext } from '@openai/agents';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiSdk } from '../../src/adapters/ai-sdk.js';
import { langChainTools } from '../../src/adapters/langchain.js';
import { mastraTools } from '../../src/adapters/mastra.js';
import { openAiTools } from '../../src/adapters/openai-agents.js';
import { createTokenVerifier } from '../../src/boundary/token.js';
import { type Served, serve } from '../../src/http/serve.js';
import { embeddedServer } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';

const secret = 'known to this test alone, and long enough for HS256 to take it';
const issuer = 'https://login.example.test/';

let desk: Desk;
let served: Served;
let at = 100;
const update = () => ({ table: 'invoice', id: at++, values: { total: 5 } });

async function token(sub: string, scope: string): Promise<string> {
  return await new SignJWT({ sub, scope, client_id: 'console' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience('desk')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
}
async function http(path: string, bearer: string, body?: unknown): Promise<{ status: number; json: never }> {
  const response = await fetch(`${served.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as never };
}

beforeAll(async () => {
  desk = await openDesk(embeddedServer);
  await desk.database.query(
    `insert into ringfence.membership (tenant, user_id, role)
     values ('north', 'ada', 'support'), ('north', 'fin', 'finance'), ('south', 'sam', 'finance')`,
  );
  const verify = createTokenVerifier({ issuer, audience: 'desk', secret });
  served = await serve({ ringfence: desk.governed.ringfence, verify, version: '1.0.0', port: 0 });
});
afterAll(async () => {
  await served?.close();
  await desk?.close();
});

describe('over HTTP', () => {
  it('a call waits with 202, is shown and approved by a person, and goes through', async () => {
    const agent = await token('ada', 'ringfence:read ringfence:write');
    const person = await token('fin', 'ringfence:approve');
    const input = update();
    const asked = await http('/v1/tools/update', agent, { input });
    expect(asked).toMatchObject({ status: 202, json: { decision: 'pending', code: 'approval_pending' } });
    const { approval } = asked.json as { approval: string };

    const listed = await http('/v1/approvals?state=pending&limit=5', person);
    expect(listed).toMatchObject({
      status: 200,
      json: { approvals: [{ id: approval, input, decidable: true }] },
    });
    expect(await http(`/v1/approvals/${approval}`, person)).toMatchObject({
      status: 200,
      json: { id: approval, requester: { user: 'ada', actor: { kind: 'agent', id: 'console' } } },
    });
    expect(
      await http(`/v1/approvals/${approval}`, person, { verdict: 'approve', reason: 'fine' }),
    ).toMatchObject({
      status: 200,
      json: { id: approval, state: 'approved' },
    });
    expect(await http('/v1/tools/update', agent, { input })).toMatchObject({
      status: 200,
      json: { decision: 'allowed' },
    });
  });

  it('a denial is told as a problem', async () => {
    const agent = await token('ada', 'ringfence:write');
    const person = await token('fin', 'ringfence:approve');
    const input = update();
    const { approval } = (await http('/v1/tools/update', agent, { input })).json as { approval: string };
    await http(`/v1/approvals/${approval}`, person, { verdict: 'deny', reason: 'paid already' });
    expect(await http('/v1/tools/update', agent, { input })).toMatchObject({
      status: 403,
      json: {
        code: 'approval_denied',
        detail: 'It was not approved: "paid already".',
        rule: 'approvals.totals',
      },
    });
  });

  it('whoever may not decide is told so', async () => {
    const agent = await token('ada', 'ringfence:read ringfence:write');
    const person = await token('fin', 'ringfence:approve');
    const { approval } = (await http('/v1/tools/update', agent, { input: update() })).json as {
      approval: string;
    };
    const word = { verdict: 'approve' };
    const path = `/v1/approvals/${approval}`;
    for (const [bearer, status, code] of [
      // The agent's token, the requester's own with the scope, another tenant's.
      [agent, 403, 'scope_insufficient'],
      [await token('ada', 'ringfence:approve'), 403, 'approval_refused'],
      [await token('sam', 'ringfence:approve'), 404, 'approval_unknown'],
    ] as const)
      expect(await http(path, bearer, word)).toMatchObject({ status, json: { code } });
    for (const [body, status, code] of [
      [{}, 400, 'malformed_json'],
      [{ verdict: 'maybe' }, 400, 'malformed_json'],
      [{ verdict: 'deny' }, 400, 'approval_invalid'],
    ] as const)
      expect(await http(path, person, body)).toMatchObject({ status, json: { code } });
    expect((await http('/v1/approvals?state=odd', person)).status).toBe(400);
    expect((await http('/v1/approvals?limit=0', person)).status).toBe(400);
    expect((await http('/v1/approvals/nothing', person)).status).toBe(404);
    // A token that only decides calls no tool.
    expect(await http('/v1/tools/query', person, { input: { table: 'invoice' } })).toMatchObject({
      status: 403,
      json: { code: 'tool_not_allowed' },
    });
    await http(path, person, { verdict: 'revoke', reason: 'tidy' });
    expect(await http(path, person, word)).toMatchObject({ status: 409, json: { code: 'approval_settled' } });
  });

  it('nobody decides where tokens carry no scopes', async () => {
    const verify = createTokenVerifier({ issuer, audience: 'desk', secret });
    const open = await serve({
      ringfence: desk.governed.ringfence,
      verify,
      version: '1.0.0',
      port: 0,
      scopes: null,
    });
    const response = await fetch(`${open.url}/v1/approvals`, {
      headers: { authorization: `Bearer ${await token('fin', 'ringfence:approve')}` },
    });
    expect(response.status).toBe(403);
    await open.close();
  });
});

it('over MCP, a call that waits is a result and no error', async () => {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${served.url}/mcp`), {
      requestInit: {
        headers: { authorization: `Bearer ${await token('ada', 'ringfence:read ringfence:write')}` },
      },
    }),
  );
  const call = { name: 'update', arguments: update() };
  const asked = await client.callTool(call);
  expect(asked.isError).toBeFalsy();
  expect(asked.structuredContent).toMatchObject({ decision: 'pending', code: 'approval_pending' });
  await desk.approve((asked.structuredContent as { approval: string }).approval);
  expect((await client.callTool(call)).structuredContent).toMatchObject({
    decision: 'allowed',
    rows: [{ total: 5 }],
  });
  await client.close();
});

describe('in a framework', () => {
  const boundary = () =>
    desk.governed.boundary({
      tenant: 'north',
      user: 'ada',
      role: 'support',
      actor: { kind: 'agent', id: 'desk' },
    });
  const named = <T extends { readonly name: string }>(list: readonly T[]): T => {
    const found = list.find(({ name }) => name === 'update');
    if (found === undefined) throw new Error('no tool update');
    return found;
  };
  const asObject = (told: unknown): Record<string, unknown> => {
    const text = typeof told === 'string' ? (told.split('\n')[0] ?? '') : told;
    return (typeof text === 'string' ? JSON.parse(text) : text) as Record<string, unknown>;
  };
  const frameworks: Readonly<Record<string, (input: object) => Promise<unknown>>> = {
    'the AI SDK': async (input) =>
      await aiSdk(desk.governed.ringfence, { boundary: boundary() }).tools.update?.execute?.(
        input as never,
        { toolCallId: '1', messages: [] } as never,
      ),
    'OpenAI Agents': async (input) =>
      await named(openAiTools(desk.governed.ringfence, { boundary: boundary() })).invoke(
        new RunContext(),
        JSON.stringify(input),
      ),
    LangChain: async (input) =>
      await named(langChainTools(desk.governed.ringfence, { boundary: boundary() })).invoke(input as never),
    Mastra: async (input) =>
      await (
        mastraTools(desk.governed.ringfence, { boundary: boundary() }).update as unknown as {
          execute(input: object, context: object): Promise<unknown>;
        }
      ).execute(input, {}),
  };

  it.each(Object.entries(frameworks))('%s: pending, then the same call goes through', async (_, call) => {
    const input = update();
    const asked = asObject(await call(input));
    expect(asked).toMatchObject({
      decision: 'pending',
      code: 'approval_pending',
      suggestion: expect.any(String),
    });
    expect(asObject(await call(input))).toMatchObject({ decision: 'pending', approval: asked.approval });
    await desk.approve(String(asked.approval));
    expect(asObject(await call(input))).toMatchObject({ decision: 'allowed' });
  });
});
