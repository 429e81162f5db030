/** Clients that send slowly, or not at all, or do not read: their connections end, and others are served meanwhile. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Served, Timeouts } from '../../src/http/serve.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { embeddedServer } from '../support/test-server.js';
import { type Faced, faced } from './support/faced.js';
import { type Wire, wire } from './support/wire.js';

const HEAD = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

let face: Faced;
let served: Served | undefined;
let told: OperatorEntry[];
beforeAll(async () => {
  face = await faced(embeddedServer);
});
afterAll(() => face?.close());
beforeEach(() => {
  told = [];
});
afterEach(() => served?.close());

const start = async (timeouts: Partial<Timeouts>): Promise<string> => {
  served = await face.again({ timeouts, log: (entry) => told.push(entry) });
  return served.url;
};

/** Sends one byte after another, for as long as the other side has them. */
async function drip({ send, socket }: Wire): Promise<void> {
  while (!socket.destroyed) {
    send('x');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const othersAreServed = async (url: string): Promise<void> => {
  const response = await fetch(`${url}/v1/tools`, {
    headers: { authorization: `Bearer ${await face.token()}` },
  });
  expect(response.status).toBe(200);
};

it('ends many connections whose headers never end', async () => {
  const url = await start({ headersMs: 400, requestMs: 60_000 });
  const slow = await Promise.all(Array.from({ length: 50 }, () => wire(url)));
  for (const connection of slow) {
    connection.send(`${HEAD}X-Slow: `);
    void drip(connection);
  }
  await othersAreServed(url);
  for (const answer of await Promise.all(slow.map(({ ended }) => ended)))
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  await othersAreServed(url);
});

it.each([
  ['whose length is known', 'Content-Length: 100000\r\n\r\n', ''],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n', '5000\r\n'],
])('ends a request with a body %s that never ends, and it is no call', async (_, length, first) => {
  const url = await start({ headersMs: 400, requestMs: 600 });
  const authorization = `Authorization: Bearer ${await face.token()}\r\n`;
  const slow = await Promise.all(Array.from({ length: 10 }, () => wire(url)));
  for (const connection of slow) {
    connection.send(`${HEAD}${authorization}${length}${first}`);
    void drip(connection);
  }
  await othersAreServed(url);
  for (const answer of await Promise.all(slow.map(({ ended }) => ended)))
    expect(answer === '' || /^HTTP\/1\.1 (408|400) /.test(answer), answer).toBe(true);
  await othersAreServed(url);
  // It is nobody's fault here, and said to be none.
  expect(told.filter(({ kind }) => kind === 'request_failed')).toEqual([]);
});

it('ends a connection on which nothing comes after a request', async () => {
  const url = await start({ keepAliveMs: 200 });
  const idle = await wire(url);
  idle.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await idle.ended).toMatch(/^HTTP\/1\.1 200 /);
});

it('ends a connection on which nothing is said at all', async () => {
  const url = await start({ headersMs: 300, stalledMs: 300 });
  expect(await (await wire(url)).ended).not.toContain('200');
});

it('ends a client that asks and does not read', async () => {
  const url = await start({ stalledMs: 500 });
  const deaf = await wire(url);
  deaf.socket.pause();
  const asks = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(500);
  const closed = new Promise((resolve) => deaf.socket.once('error', resolve).once('close', resolve));
  // Into whatever room there is on the way; the answers fill it from the other side.
  const write = (): void => {
    if (!deaf.socket.destroyed) deaf.socket.write(asks, () => setTimeout(write, 10));
  };
  write();
  await othersAreServed(url);
  await closed;
});
