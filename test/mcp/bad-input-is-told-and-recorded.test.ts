/** What comes in wrong over MCP: what the client sees of it, and whether it is in the ledger or in the operator's log. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Served } from '../../src/http/serve.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { type Faced, faced } from '../http/support/faced.js';
import { describeOnServers } from '../support/test-server.js';
import { allEvents, eventsOf } from '../tools/support/events.js';

/** What a message of the protocol of 2026 says of itself. */
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
};
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The messages that came back, out of a stream or a body. */
  readonly messages: readonly Message[];
  readonly text: string;
}

interface Message {
  readonly id?: unknown;
  readonly result?: { readonly isError?: boolean; readonly structuredContent?: Record<string, unknown> };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

describeOnServers('what comes in wrong over MCP', (server) => {
  let face: Faced;
  let served: Served;
  let told: OperatorEntry[];
  beforeAll(async () => {
    face = await faced(server);
  });
  afterAll(() => face?.close());
  beforeEach(async () => {
    told = [];
    served = await face.again({ log: (entry) => told.push(entry), rateLimits: { perSession: 50 } });
  });
  afterEach(() => served.close());

  const post = async (
    body: unknown,
    { token, method = 'POST', ...headers }: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${served.url}/mcp`, {
      method,
      headers: {
        authorization: `Bearer ${token ?? (await face.token())}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const parts = text.includes('data: ')
      ? [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data = '']) => data)
      : text.startsWith('{')
        ? [text]
        : [];
    const messages = parts.map((part) => JSON.parse(part) as Message);
    return { status: response.status, headers: response.headers, messages, text };
  };
  const calling = (name: unknown, args: unknown = {}) => ({
    ...LIST,
    method: 'tools/call',
    params: { name, arguments: args },
  });

  it.each([
    ['a tool that is not there', 'nothing', {}, 'unknown_tool'],
    ['a tool of another role', 'delete', { table: 'ticket', id: 1 }, 'tool_not_allowed'],
    ['input that does not fit', 'query', { table: 7 }, 'input_invalid'],
    ['a tenant', 'query', { table: 'ticket', where: { org: 'south' } }, 'tenant_named'],
    ['a cursor of its own making', 'query', { table: 'ticket', cursor: 'x' }, 'cursor_invalid'],
  ])('records %s, and tells the model what to do instead', async (_, name, args, code) => {
    const { status, messages } = await post(calling(name, args));
    const { isError, structuredContent } = messages[0]?.result ?? {};
    expect({ status, isError, structuredContent }).toMatchObject({
      status: 200,
      isError: true,
      structuredContent: { decision: 'denied', code, event: expect.any(String) },
    });
    const [event] = await eventsOf(face.database, String(structuredContent?.event));
    expect(event).toMatchObject({ action: name, decision: { effect: 'denied', code } });
  });

  it.each([
    ['no JSON', '{"jsonrpc":', 400, -32700],
    ['nothing', '', 400, -32700],
    ['no message', '"tools/list"', 400, -32600],
    ['a message of another version', { ...LIST, jsonrpc: '1.0' }, 400, -32600],
    ['an empty batch', [], 400, -32600],
  ])('answers %s with an error of the protocol, and tells the operator', async (_, body, status, code) => {
    const before = (await allEvents(face.database)).length;
    const answer = await post(body);
    expect({ status: answer.status, code: answer.messages[0]?.error?.code }).toEqual({ status, code });
    expect(told.map(({ kind }) => kind)).toEqual(['request_refused']);
    expect(await allEvents(face.database)).toHaveLength(before);
  });

  it.each([
    ['a method that is not there', { ...LIST, method: 'tenants/list' }, -32601],
    ['a method of the server’s alone', { ...LIST, method: 'sampling/createMessage', params: {} }, -32601],
    ['a call without a name', { ...LIST, method: 'tools/call', params: {} }, -32602],
    ['a call whose arguments are no object', calling('query', 'ticket'), -32602],
    [
      'a resource that is not there',
      { ...LIST, method: 'resources/read', params: { uri: 'file:///etc/passwd' } },
      -32602,
    ],
    ['a prompt that is not there', { ...LIST, method: 'prompts/get', params: { name: 'x' } }, -32602],
  ])('answers %s with an error of the protocol', async (_, body, code) => {
    const { status, messages } = await post(body);
    expect({ status, code: messages[0]?.error?.code }).toEqual({ status: 200, code });
    expect(messages[0]?.error?.message).not.toMatch(/north|south|node_modules|at /);
  });

  it.each([
    ['1999-01-01', {}],
    ['2026-07-28', { 'mcp-protocol-version': '2025-06-18', 'mcp-method': 'tools/list' }],
    ['2099-01-01', { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' }],
    ['2026-07-28', { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' }],
  ])('names the versions it speaks to a client of %s with the headers %j', async (version, headers) => {
    const modern = version > '2026';
    const params = modern ? { _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': version } } : {};
    const { status, messages } = await post(
      { ...LIST, params },
      modern ? headers : { 'mcp-protocol-version': version },
    );
    expect(status).toBe(400);
    expect(messages[0]?.error?.code).toBeLessThan(-31_999);
    expect(told.map(({ kind }) => kind)).toEqual(['request_refused']);
  });

  it('keeps no session: an id of one says nothing, whosever it is and whenever it ended', async () => {
    const south = await face.token({ sub: 'bob', tenant: 'south' });
    const initialize = {
      ...LIST,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    };
    const { headers } = await post(initialize, { token: south });
    expect(headers.has('mcp-session-id')).toBe(false);
    const query = calling('query', { table: 'ticket' });
    for (const id of ['of-bob', '00000000-0000-4000-8000-000000000000']) {
      const mine = await post(query, { 'mcp-session-id': id });
      expect(mine.text).toContain('north ticket 1');
      expect(mine.text).not.toContain('south');
      expect((await post(query, { 'mcp-session-id': id, token: '' })).status).toBe(401);
      expect((await post('', { 'mcp-session-id': id, method: 'DELETE' })).status).toBe(405);
      expect((await post('', { 'mcp-session-id': id, method: 'GET' })).status).toBe(405);
    }
  });

  it('answers a call whose membership has gone as failed, and tells the operator', async () => {
    await face.database.query(
      "insert into ringfence.membership (tenant, user_id, role) values ('north', 'gone', 'desk')",
    );
    const token = await face.token({ sub: 'gone' });
    expect((await post(calling('query', { table: 'ticket' }), { token })).text).toContain('north ticket');
    await face.database.query("delete from ringfence.membership where user_id = 'gone'");
    const { messages } = await post(calling('query', { table: 'ticket' }), { token });
    expect(messages[0]?.result).toMatchObject({
      isError: true,
      structuredContent: { decision: 'failed', code: 'membership_missing' },
    });
    const listing = await post(LIST, { token });
    expect(listing.messages[0]?.error).toMatchObject({ data: { code: 'membership_missing' } });
    expect(told.map(({ message }) => message)).toEqual(
      Array(2).fill('A request was refused: membership_missing.'),
    );
  });

  it('counts the messages of a batch one by one', async () => {
    const batch = (size: number) => Array.from({ length: size }, (_, id) => ({ ...LIST, id }));
    const answered = await post(batch(3));
    expect(answered.messages.map(({ id }) => id).sort()).toEqual([0, 1, 2]);
    expect((await post(batch(90))).status).toBe(429);
    expect(
      (await post(batch(101), { token: await face.token({ sub: 'bob', tenant: 'south' }) })).status,
    ).toBe(429);
  });

  it('answers a call nested without end, and goes on', async () => {
    const deep = 100_000;
    const where = `${'{"not":'.repeat(deep)}{}${'}'.repeat(deep)}`;
    const { messages } = await post(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","arguments":{"table":"ticket","where":${where}}}}`,
    );
    expect(messages[0]?.result?.structuredContent).toMatchObject({
      code: 'limit_exceeded',
      event: expect.any(String),
    });
    expect((await post(calling('query', { table: 'ticket' }))).text).toContain('north ticket');
  });

  it('has nothing to announce, and few streams to wait for it on', async () => {
    const listen = async (): Promise<Response> =>
      await fetch(`${served.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await face.token()}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'subscriptions/listen',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'subscriptions/listen',
          params: { _meta: META, notifications: { toolsListChanged: true } },
        }),
      });
    const open = await listen();
    expect(open.headers.get('content-type')).toBe('text/event-stream');
    // The end of the service ends it; nobody waits for a client that only listens.
    const heard = open.text();
    await served.close(60_000);
    expect(await heard).not.toContain('list_changed');
  });
});
