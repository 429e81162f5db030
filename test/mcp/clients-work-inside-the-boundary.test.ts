/** Real MCP clients, of the protocol of 2026 and of the one before: list, call, a refusal, and going on after it. */
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Faced, faced } from '../http/support/faced.js';
import { readModelText } from '../support/model-text.js';
import { describeOnServers } from '../support/test-server.js';

const PROTOCOLS: readonly (readonly [string, ClientOptions])[] = [
  ['the protocol of 2026', { versionNegotiation: { mode: 'auto' } }],
  ['the protocol before', {}],
];

describeOnServers('over MCP', (server) => {
  let face: Faced;
  beforeAll(async () => {
    face = await faced(server);
  });
  afterAll(() => face?.close());

  describe.each(PROTOCOLS)('a client of %s', (_, options) => {
    let client: Client;
    const connect = async (claims: Readonly<Record<string, unknown>> = {}): Promise<Client> => {
      const made = new Client({ name: 'test', version: '1.0.0' }, options);
      await made.connect(
        new StreamableHTTPClientTransport(new URL(`${face.served.url}/mcp`), {
          requestInit: { headers: { authorization: `Bearer ${await face.token(claims)}` } },
        }),
      );
      return made;
    };
    beforeAll(async () => {
      client = await connect();
    });
    afterAll(() => client?.close());

    it('lists the tools with what they do', async () => {
      const { tools } = await client.listTools();
      expect(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint])).toEqual([
        ['describe_schema', true],
        ['query', true],
        ['get', true],
        ['update', false],
      ]);
      expect(tools[1]?.inputSchema.properties).toHaveProperty('table');
      expect(tools[1]?.outputSchema).toMatchObject({ type: 'object' });
    });

    it('gets the rows of its tenant and no other', async () => {
      const result = await client.callTool({ name: 'query', arguments: { table: 'ticket', limit: 2 } });
      expect(result.isError).toBeFalsy();
      const { rows, truncated } = result.structuredContent as {
        rows: { title: string }[];
        truncated: boolean;
      };
      expect({ titles: rows.map(({ title }) => title), truncated }).toEqual({
        titles: ['north ticket 1', 'north ticket 2'],
        truncated: true,
      });
      const text = readModelText((result.content as { text: string }[])[0]?.text ?? '');
      expect(text.answer).toEqual(result.structuredContent);
      expect(text.open).not.toContain('north');
      expect(result.structuredContent).toMatchObject({ untrusted: ['rows'] });
    });

    it('is told how to do better, and goes on, also over a new connection', async () => {
      const refused = await client.callTool({ name: 'query', arguments: { table: 'tickets' } });
      expect(refused.isError).toBe(true);
      expect(refused.structuredContent).toMatchObject({
        decision: 'denied',
        code: 'unknown_table',
        suggestion: expect.stringContaining('ticket'),
      });
      const first = await client.callTool({ name: 'query', arguments: { table: 'ticket', limit: 3 } });
      const again = await connect();
      const { nextCursor } = first.structuredContent as { nextCursor: string };
      const rest = await again.callTool({
        name: 'query',
        arguments: { table: 'ticket', limit: 3, cursor: nextCursor },
      });
      expect((rest.structuredContent as { rows: unknown[] }).rows).toHaveLength(2);
      await again.close();
    });

    it('has a call to a tool that is not there recorded and refused', async () => {
      const refused = await client.callTool({ name: 'drop_everything', arguments: {} });
      expect(refused).toMatchObject({
        isError: true,
        structuredContent: { code: 'unknown_tool', event: expect.any(String) },
      });
    });

    it('reads the schema and its own part of the policy, which name no tenant', async () => {
      const { resources } = await client.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(['ringfence://schema', 'ringfence://policy']);
      const texts = await Promise.all(
        resources.map(async ({ uri }) =>
          (await client.readResource({ uri })).contents
            .map((content) => ('text' in content ? content.text : ''))
            .join(''),
        ),
      );
      expect(texts[0]).toContain('"ticket"');
      expect(texts[1]).toContain('"update"');
      for (const text of texts) expect(text).not.toMatch(/north|south|"org"|tenant/);
      await expect(client.readResource({ uri: 'ringfence://other' })).rejects.toThrow('no such resource');
    });

    it('is told how to work with the tools', async () => {
      const { messages } = await client.getPrompt({
        name: 'answer_from_data',
        arguments: { question: 'How many tickets?' },
      });
      expect(JSON.stringify(messages)).toContain('How many tickets?');
      expect(client.getInstructions()).toContain('describe_schema');
    });

    it('sees nothing that its token does not allow', async () => {
      const reader = await connect({ scope: 'ringfence:read' });
      expect((await reader.listTools()).tools.map(({ name }) => name)).toEqual([
        'describe_schema',
        'query',
        'get',
      ]);
      await reader.close();
      await expect(connect({ sub: 'eve' }).then((eve) => eve.listTools())).rejects.toThrow();
      await expect(connect({ scope: 'openid' })).rejects.toThrow();
    });
  });

  it('refuses a protocol that it does not know, a body that is no JSON and a request without a token', async () => {
    const post = async (body: string, headers: Record<string, string> = {}) =>
      await fetch(`${face.served.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await face.token()}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body,
      });
    const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await post(list, { 'mcp-protocol-version': '1999-01-01' })).status).toBe(400);
    expect((await post('{')).status).toBe(400);
    expect((await post(list, { authorization: '' })).status).toBe(401);
    expect((await post(list, { origin: 'https://evil.example' })).status).toBe(403);
  });
});
