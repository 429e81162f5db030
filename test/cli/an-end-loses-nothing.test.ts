/** SIGTERM while calls are under way: each that was taken on is answered, and its event is in the ledger. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { compiledPackage } from '../support/compiled.js';
import { describeOnServers } from '../support/test-server.js';
import { eventsOf } from '../tools/support/events.js';
import { ISSUED, type SlowDesk, slowDesk } from './support/slow-desk.js';

const MODERN: ClientOptions = { versionNegotiation: { mode: 'auto' } };
const LEGACY: ClientOptions = {};
/** A poll gives up after a second, left to itself; a process may take longer to get there. */
const PATIENT = { timeout: 30_000 };
const READ = { name: 'query', arguments: { table: 'ticket', columns: ['id'] } };
const WRITE = {
  name: 'update',
  arguments: { table: 'ticket', id: 1, values: { title: 'written' }, reason: 'test' },
};
const OWN = { name: 'escalate', arguments: { id: 2, reason: 'test' } };

describeOnServers('an end', (server) => {
  let desk: SlowDesk;
  beforeAll(async () => {
    desk = await slowDesk(server);
  });
  afterAll(() => desk?.close());
  afterEach(() => desk.release());

  /** Every answer is one that was allowed, and the ledger has it so. */
  const allRecorded = async (answers: readonly unknown[]): Promise<void> => {
    for (const answer of answers) {
      expect(answer).toMatchObject({ decision: 'allowed', event: expect.any(String) });
      const [event] = await eventsOf(desk.database, (answer as { event: string }).event);
      expect(event).toMatchObject({ decision: { effect: 'allowed' } });
    }
    const titles = await desk.database.query<{ title: string }>(
      "select title from ticket where org = 'north' order by id limit 2",
    );
    expect(titles.map(({ title }) => title)).toEqual(['written', 'escalated']);
  };
  const structured = async (result: Promise<unknown>): Promise<unknown> =>
    ((await result) as { structuredContent: unknown }).structuredContent;

  it('of ringfence serve answers what came over HTTP and MCP', async () => {
    const { child, ended } = desk.place.start(
      ['serve', '--port', '0', '--json', '--tools', 'tools.mjs'],
      ISSUED,
    );
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    const headers = { authorization: `Bearer ${await desk.token()}`, 'content-type': 'application/json' };
    const overHttp = async ({
      name,
      arguments: input,
    }: {
      name: string;
      arguments: object;
    }): Promise<unknown> => {
      const body = JSON.stringify({ input });
      return await (await fetch(`${url}/v1/tools/${name}`, { method: 'POST', headers, body })).json();
    };
    const clients = await Promise.all(
      [MODERN, LEGACY].map(async (options) => {
        const client = new Client({ name: 'test', version: '1.0.0' }, options);
        await client.connect(
          new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }),
        );
        return client;
      }),
    );

    await desk.hold();
    const answers = [
      overHttp(READ),
      overHttp(WRITE),
      overHttp(OWN),
      ...clients.map((client) => structured(client.callTool(READ))),
    ];
    await expect.poll(desk.waiting, PATIENT).toBe(5);
    child.kill('SIGTERM');
    await said(child.stderr, 'Ending');
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    await desk.release();
    await allRecorded(await Promise.all(answers));
    expect((await ended).exit).toBe(0);
    await Promise.all(clients.map((client) => client.close()));
  });

  it.each([
    ['of 2026', MODERN],
    ['before', LEGACY],
  ])('of ringfence mcp answers what a client of the protocol %s had asked', async (_, options) => {
    await desk.database.query("update ticket set title = 'as it was'");
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        `${await compiledPackage()}/dist/cli/main.js`,
        ...['mcp', '--tenant', 'north', '--user', 'ada', '--role', 'desk', '--tools', 'tools.mjs'],
      ],
      cwd: desk.place.directory,
      env: { ...desk.place.env },
      stderr: 'pipe',
    });
    const client = new Client({ name: 'test', version: '1.0.0' }, options);
    await client.connect(transport);
    // It reads the schema as it starts, and that would have to wait as well.
    await client.listTools();
    const { pid } = transport;
    expect(pid).toEqual(expect.any(Number));

    await desk.hold();
    const answers = [READ, WRITE, OWN].map((call) => structured(client.callTool(call)));
    await expect.poll(desk.waiting, PATIENT).toBe(3);
    process.kill(Number(pid), 'SIGTERM');
    await said(transport.stderr as Readable, 'Ending');
    await desk.release();
    await allRecorded(await Promise.all(answers));
    await client.close();
  });

  it('of a client that hangs up leaves an event of each call all the same', async () => {
    const { child, ended } = desk.place.start([
      'mcp',
      '--tenant',
      'north',
      '--user',
      'ada',
      '--role',
      'desk',
      '--tools',
      'tools.mjs',
    ]);
    const before = await recorded();
    const send = (message: object): boolean =>
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    });
    await once(child.stdout, 'data');
    await desk.hold();
    send({ method: 'notifications/initialized' });
    for (const [id, params] of [READ, WRITE, OWN].entries())
      send({ id: id + 1, method: 'tools/call', params });
    await expect.poll(desk.waiting, PATIENT).toBe(3);
    child.stdin.end();
    expect((await ended).exit).toBe(0);
    await desk.release();
    expect((await recorded()) - before).toBe(3);
  });

  const recorded = async (): Promise<number> => {
    const [row] = await desk.database.query<{ events: number }>(
      'select ((select count(*) from ringfence.leaf) + (select count(*) from ringfence.event_pending))::int as events',
    );
    return row?.events ?? 0;
  };
});

/** Waits until the words have been said there. */
async function said(stream: Readable, words: string): Promise<void> {
  let heard = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (heard.includes(words)) return;
  }
  throw new Error(`never said: ${words}; but: ${heard}`);
}
