/** Resuming: a client whose connection, or whose server, went away goes on where it was, with nothing but its token and its cursor. */
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SlowDesk, slowDesk } from '../cli/support/slow-desk.js';
import { type Faced, faced } from '../http/support/faced.js';
import { compiledPackage } from '../support/compiled.js';
import { describeOnServers } from '../support/test-server.js';

const PROTOCOLS: readonly (readonly [string, ClientOptions])[] = [
  ['of 2026', { versionNegotiation: { mode: 'auto' } }],
  ['before', {}],
];

interface Page {
  readonly rows: readonly { readonly id: number }[];
  readonly nextCursor?: string;
}

async function page(client: Client, cursor?: string): Promise<Page> {
  const more = cursor === undefined ? {} : { cursor };
  const input = { table: 'ticket', columns: ['id'], order: ['id'], limit: 2, ...more };
  const { isError, structuredContent } = await client.callTool({ name: 'query', arguments: input });
  expect(isError).toBeFalsy();
  return structuredContent as unknown as Page;
}

const ids = ({ rows }: Page): readonly number[] => rows.map(({ id }) => id);

describeOnServers('after a break', (server) => {
  const clients: Client[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  const connected = async (
    options: ClientOptions,
    transport: StreamableHTTPClientTransport | StdioClientTransport,
  ): Promise<Client> => {
    const client = new Client({ name: 'test', version: '1.0.0' }, options);
    await client.connect(transport);
    clients.push(client);
    return client;
  };

  describe('over Streamable HTTP', () => {
    let face: Faced;
    beforeAll(async () => {
      face = await faced(server);
    });
    afterAll(() => face?.close());
    const to = async (url: string, claims: Record<string, unknown> = {}) =>
      new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
        requestInit: { headers: { authorization: `Bearer ${await face.token(claims)}` } },
      });

    it.each(PROTOCOLS)('the same client %s goes on once the server is back', async (_, options) => {
      const first = await face.again();
      const client = await connected(options, await to(first.url));
      const { nextCursor, ...begun } = await page(client);
      expect(ids(begun)).toEqual([1, 2]);
      await first.close();
      await expect(page(client, nextCursor)).rejects.toThrow();
      // Nothing was kept there for it: another process, at the same place.
      const second = await face.again({ port: Number(new URL(first.url).port) });
      try {
        expect(ids(await page(client, nextCursor))).toEqual([3, 4]);
      } finally {
        await second.close();
      }
    });

    it.each(PROTOCOLS)('a new client %s goes on elsewhere, and a stranger does not', async (_, options) => {
      const { nextCursor } = await page(await connected(options, await to(face.served.url)));
      const elsewhere = await face.again();
      try {
        expect(ids(await page(await connected(options, await to(elsewhere.url)), nextCursor))).toEqual([
          3, 4,
        ]);
        const stranger = await connected(options, await to(elsewhere.url, { sub: 'bob', tenant: 'south' }));
        const refused = await stranger.callTool({
          name: 'query',
          arguments: { table: 'ticket', columns: ['id'], order: ['id'], limit: 2, cursor: nextCursor },
        });
        expect(refused.structuredContent).toMatchObject({ decision: 'denied', code: 'cursor_invalid' });
      } finally {
        await elsewhere.close();
      }
    });
  });

  describe('over standard input and output', () => {
    let desk: SlowDesk;
    beforeAll(async () => {
      desk = await slowDesk(server);
    });
    afterAll(() => desk?.close());
    const started = async (): Promise<StdioClientTransport> =>
      new StdioClientTransport({
        command: process.execPath,
        args: [
          `${await compiledPackage()}/dist/cli/main.js`,
          ...['mcp', '--tenant', 'north', '--user', 'ada', '--role', 'desk', '--tools', 'tools.mjs'],
        ],
        cwd: desk.place.directory,
        env: { ...desk.place.env },
        stderr: 'ignore',
      });

    it.each(PROTOCOLS)('a client %s starts another process, and goes on', async (_, options) => {
      const transport = await started();
      const { nextCursor, ...begun } = await page(await connected(options, transport));
      expect(ids(begun)).toEqual([1, 2]);
      // Without any warning.
      process.kill(Number(transport.pid), 'SIGKILL');
      expect(ids(await page(await connected(options, await started()), nextCursor))).toEqual([3, 4]);
    });
  });
});
