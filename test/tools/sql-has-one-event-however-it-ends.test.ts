/** Connections that die before, under and after a statement of an agent's: one answer, one event, and nothing is left hanging. */
import { createServer, type Server as NetServer, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { parsePolicy } from '../../src/policy/file.js';
import { createRingfence } from '../../src/ringfence.js';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { CHINOOK_SQL } from './support/chinook.js';
import { eventsOf } from './support/events.js';

const COUNT = 'select count(*) as n from customer';
const ENDLESS = 'with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n';
/** Sessions of the gateway's that run a statement of an agent's now. */
const RUNNING =
  "from pg_stat_activity where usename = 'ringfence_gateway' and state = 'active' and query like '%from ringfence.execute(%'";

/** A way to the server on which answers can be held back, and cut off. */
class Wire {
  readonly #server: NetServer;
  readonly #held = new Set<Socket>();
  #holding = false;

  constructor(port: number) {
    this.#server = createServer((client) => {
      const server = new Socket().connect(port, '127.0.0.1');
      client.pipe(server);
      server.on('data', (data) => {
        if (this.#holding) this.#held.add(client);
        else client.write(data);
      });
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('close', () => other.destroy());
        one.on('error', () => undefined);
      }
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** From now on the server is heard by nobody. */
  hold(): void {
    this.#holding = true;
  }

  /** Hangs up on whoever waits for an answer, and lets the others through again. */
  cut(): void {
    this.#holding = false;
    for (const client of this.#held) client.destroy();
    this.#held.clear();
  }

  close(): void {
    this.#server.close();
  }
}

describeOnServers('a statement of an agent’s', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await loadChinook(server);
    governed = await govern(database, CHINOOK_SQL);
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  const until = async (reached: () => Promise<boolean>): Promise<void> => {
    while (!(await reached())) await pause(5);
  };

  /** What the ledger keeps under an id: an event that was sent twice because its own connection died is pending twice for a moment. */
  const chained = async (id: string): Promise<unknown[]> => {
    await governed.ringfence.sequence();
    return eventsOf(database, id);
  };

  it('is answered, or said to be lost, where its connection died while idle', async () => {
    await governed.call('3', 'sql', { statement: COUNT });
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway'",
    );
    for (let n = 0; n < 6; n++) {
      const answer = await governed.call('3', 'sql', { statement: COUNT });
      if (answer.decision === 'allowed') expect(answer.rows).toEqual([{ n: 21 }]);
      else expect(answer).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
      expect(await chained(answer.event)).toMatchObject([{ decision: { effect: answer.decision } }]);
    }
    expect(await governed.call('3', 'sql', { statement: COUNT })).toMatchObject({ rows: [{ n: 21 }] });
  });

  it('is said to be lost where its connection dies under it, and is recorded as that', async () => {
    const asked = governed.call('3', 'sql', { statement: ENDLESS });
    await until(async () => (await database.query(`select pg_terminate_backend(pid) ${RUNNING}`)).length > 0);
    const answer = await asked;
    expect(answer).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
    expect(await chained(answer.event)).toMatchObject([
      { decision: { effect: 'failed', code: 'database_unavailable' } },
    ]);
  });

  it('keeps the event that was committed where the connection dies between commit and answer', async () => {
    const wire = new Wire(database.port);
    const port = await wire.listen();
    const ringfence = await createRingfence({
      url: governed.gatewayUrl.replace(`:${database.port}/`, `:${port}/`),
      keys: governed.keys,
      policy: parsePolicy(CHINOOK_SQL),
    });
    try {
      const call = () =>
        within(governed.boundary({ tenant: '3' }), () => ringfence.call('sql', { statement: COUNT }));
      // It is described once, so that what is held back is the execution.
      expect(await call()).toMatchObject({ rows: [{ n: 21 }] });
      const count = async (): Promise<number> => {
        const [row] = await database.query<{ n: number }>(
          'select ((select count(*) from ringfence.event_pending) + (select count(*) from ringfence.leaf))::int as n',
        );
        return row?.n ?? 0;
      };
      const before = await count();
      wire.hold();
      const asked = call();
      await until(async () => (await count()) > before);
      wire.cut();
      const answer = await asked;
      expect(answer).toMatchObject({ decision: 'failed', code: 'database_unavailable' });
      expect(await chained(answer.event)).toMatchObject([{ decision: { effect: 'allowed' }, rows: 1 }]);
      expect(await count()).toBe(before + 1);
      expect(await call()).toMatchObject({ rows: [{ n: 21 }] });
    } finally {
      await ringfence.close();
      wire.close();
    }
  });

  it('ends when its caller gives up', async () => {
    const stop = new AbortController();
    const asked = governed.call('3', 'sql', { statement: ENDLESS }, { signal: stop.signal });
    await until(async () => (await database.query(`select ${RUNNING}`)).length > 0);
    stop.abort();
    const answer = await asked;
    expect(answer).toMatchObject({ decision: 'failed', code: 'timeout' });
    expect(await chained(answer.event)).toMatchObject([{ decision: { effect: 'failed' } }]);
    expect(await database.query(`select ${RUNNING}`)).toEqual([]);
  });

  it('does not begin where its caller has given up before', async () => {
    const answer = await governed.call('3', 'sql', { statement: ENDLESS }, { signal: AbortSignal.abort() });
    expect(answer).toMatchObject({ decision: 'failed', code: 'timeout' });
    expect(await chained(answer.event)).toHaveLength(1);
  });
});
