/** Whatever a statement takes, breaks on or is stopped by: bounded, told by its SQLSTATE, recorded once, and the next call is served. */
import { connect as connectSocket, createServer, type Server as ProxyServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecuteCall, ExecuteOutcome } from '../../src/database/agent-sql.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Executor, event, openExecutor, openPool, rowsOf, SHOP, stateOf } from './support/executor.js';

describeOnServers('a call of the executor', (server) => {
  let database: TestDatabase;
  let executor: Executor;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SHOP });
    executor = await openExecutor(database);
  });
  afterAll(async () => {
    await executor.close();
    await database.drop();
  });

  const recorded = async (id: string): Promise<unknown[]> =>
    database.query(
      `select body::jsonb -> 'decision' ->> 'effect' as effect, body::jsonb -> 'decision' ->> 'sqlstate' as sqlstate, row_count::int as rows
       from ringfence.event_pending where id = $1`,
      [id],
    );
  const pid = async (): Promise<number | undefined> =>
    (await executor.onConnection<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;
  /** Runs it, and sees to it that its one event tells of the failure and that the connection goes on. */
  const failing = async (text: string, options: Partial<ExecuteCall> = {}): Promise<ExecuteOutcome> => {
    const before = await pid();
    const along = event();
    const outcome = await executor.execute(text, { ...options, event: along });
    expect(outcome.kind, JSON.stringify(outcome).slice(0, 300)).toBe('error');
    expect(await recorded(along.id)).toEqual([{ effect: 'failed', sqlstate: stateOf(outcome), rows: 0 }]);
    expect(rowsOf(await executor.execute('select 1'))).toEqual([['1']]);
    expect(await pid()).toBe(before);
    return outcome;
  };

  describe('has limits', () => {
    it('of rows, and says when there were more', async () => {
      for (const [of, limit, given, cut] of [
        [5, 10, 5, null],
        [10, 10, 10, null],
        [11, 10, 10, 'rows'],
        [1_000_000, 10, 10, 'rows'],
        [3, 0, 0, 'rows'],
        [0, 0, 0, null],
      ] as const) {
        const along = event();
        const outcome = await executor.execute(`select n from generate_series(1, ${of}) n`, {
          rowLimit: limit,
          event: along,
        });
        expect(outcome).toMatchObject({ kind: 'rows', cut });
        expect(rowsOf(outcome)).toHaveLength(given);
        expect(await recorded(along.id)).toEqual([{ effect: 'allowed', sqlstate: null, rows: given }]);
      }
    });

    it('of bytes, over all rows, and says so', async () => {
      const along = event();
      const text = `select repeat('ü', 50) from generate_series(1, 10)`;
      const outcome = await executor.execute(text, { byteLimit: 350, event: along });
      // Two bytes a letter, and two parentheses around the row.
      expect(outcome).toEqual({ kind: 'rows', cut: 'bytes', rows: Array(3).fill(['ü'.repeat(50)]) });
      expect(await recorded(along.id)).toEqual([{ effect: 'allowed', sqlstate: null, rows: 3 }]);
    });

    it('and gives nothing of a row that is too large for them', async () => {
      const outcome = await executor.execute(
        `select repeat('x', 100000000) from generate_series(1, 1000000)`,
        { timeoutMs: 20_000 },
      );
      expect(outcome).toMatchObject({ kind: 'error', error: { sqlstate: 'RF413' } });
      const along = event();
      const narrow = await executor.execute("select 'abc'", { byteLimit: 4, event: along });
      expect(narrow).toMatchObject({ kind: 'error', error: { sqlstate: 'RF413' } });
      expect(await recorded(along.id)).toEqual([{ effect: 'failed', sqlstate: 'RF413', rows: 0 }]);
      expect(rowsOf(await executor.execute('select 1'))).toEqual([['1']]);
    });
  });

  describe('fails as an answer, with its event,', () => {
    it('when it divides by zero half-way', async () => {
      const outcome = await failing('select 1 / (n - 50) from generate_series(1, 100) n');
      expect(outcome).toMatchObject({ error: { sqlstate: '22012', position: null } });
    });

    it('when it recurses without end', async () => {
      const outcome = await failing(
        'with recursive r (n) as (select 1 union all select n + 1 from r) select count(*) from r',
        { timeoutMs: 300 },
      );
      expect(stateOf(outcome)).toMatch(/^(57014|53400|53100)$/);
    });

    it('when it nests deeper than the stack', async () => {
      const outcome = await failing(`select ${'('.repeat(100_000)}1${')'.repeat(100_000)}`);
      expect(stateOf(outcome)).toMatch(/^(54001|42601|53200)$/);
      expect(stateOf(await failing(`select 1${' + 1'.repeat(100_000)}`))).toBe('54001');
    });

    it('when a cell is larger than PostgreSQL can hold', async () => {
      const outcome = await failing(`select repeat('x', 1000000000) || repeat('x', 1000000000)`, {
        timeoutMs: 60_000,
      });
      expect(stateOf(outcome)).toMatch(/^(54000|53200|XX000)$/);
    });

    it('when it is told to stop while it cannot, and ends before it can', async () => {
      // PostgreSQL copies these bytes without looking up, for longer than it may, and then has no room for them.
      const outcome = await failing(
        `select repeat('x', 500000000) || repeat('y', 500000000) || repeat('z', 500000000)`,
        { timeoutMs: 30 },
      );
      expect(stateOf(outcome)).toBe('57014');
    });

    it('when its message would be a book', async () => {
      const outcome = await failing(`select (repeat('x', 100000) || n)::int from generate_series(1, 2) n`);
      expect(outcome).toMatchObject({ error: { sqlstate: '22P02' } });
      expect(outcome.kind === 'error' && outcome.error.message.length).toBeLessThanOrEqual(500);
    });

    it('when the database stops it in time', async () => {
      const began = Date.now();
      const outcome = await failing('select pg_sleep(30)', { timeoutMs: 100 });
      expect(outcome).toMatchObject({ error: { sqlstate: '57014' } });
      expect(Date.now() - began).toBeLessThan(20_000);
    });

    it('when it takes a limit away that is counting already', async () => {
      const outcome = await failing(`select set_config('statement_timeout', '0', false), pg_sleep(30)`, {
        timeoutMs: 100,
      });
      expect(outcome).toMatchObject({ error: { sqlstate: '57014' } });
    });

    it('when a function of the product raises whatever it likes', async () => {
      await database.query(`create function moody(code text) returns int language plpgsql as $$
        begin
          if code = 'assert' then assert false; end if;
          raise exception 'zephyr' using errcode = code;
        end $$`);
      for (const [raised, state] of [
        ['P0001', 'P0001'],
        ['RF000', 'RF000'],
        ['RF001', 'RF001'],
        ['57014', '57014'],
        ['assert', 'P0004'],
        ['23505', '23505'],
        ['28000', '28000'],
        ['00000', 'P0001'],
      ])
        expect(stateOf(await failing(`select public.moody('${raised}')`)), raised).toBe(state);
    });
  });

  it('is one of many at once, each in its own tenant', async () => {
    const many = await openPool(executor.policy, executor.keys, { url: executor.gatewayUrl, size: 4 });
    const text =
      'select distinct tenant, (select count(*) from slice_support.purchase) from slice_support.customer';
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const tenant = n % 2 === 0 ? 'a' : 'b';
        expect(rowsOf(await many.execute(text, { tenant, columns: 2 }))).toEqual([[tenant, '200']]);
      }),
    );
    await many.close();
  });

  it('is recorded and answered when it is cancelled, by the caller or from the server', async () => {
    const giveUp = new AbortController();
    const along = event();
    const running = executor.execute('select pg_sleep(30)', { event: along, signal: giveUp.signal });
    await asleep();
    giveUp.abort();
    expect(await running).toMatchObject({ kind: 'error', error: { sqlstate: '57014' } });
    expect(await recorded(along.id)).toEqual([{ effect: 'failed', sqlstate: '57014', rows: 0 }]);

    const failed = failing('select pg_sleep(30)');
    for (const pid of await asleep()) await database.query('select pg_cancel_backend($1)', [pid]);
    await failed;
  });

  /** Waits until a statement of the gateway's sleeps; the backends in which one does. */
  const asleep = async (): Promise<readonly number[]> => {
    for (;;) {
      const rows = await database.query<{ pid: number }>(
        `select pid from pg_stat_activity where usename = 'ringfence_gateway' and wait_event = 'PgSleep' and datname = current_database()`,
      );
      if (rows.length > 0) return rows.map(({ pid }) => pid);
    }
  };

  it('is not begun for a caller who has given up already', async () => {
    const along = event();
    const outcome = await executor.execute('select 1', { event: along, signal: AbortSignal.abort() });
    expect(stateOf(outcome)).toBe('timeout');
    expect(await recorded(along.id)).toEqual([]);
  });

  it('ends with a verdict, and without an event, when its session is ended under it', async () => {
    const along = event();
    const running = executor.execute('select pg_sleep(30)', { event: along });
    const ended = async (): Promise<number> =>
      (
        await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and query ~ 'execute' and state = 'active' and datname = current_database()`,
        )
      ).length;
    while ((await ended()) === 0);
    expect(stateOf(await running)).toBe('database_unavailable');
    expect(await recorded(along.id)).toEqual([]);
    expect(rowsOf(await executor.execute('select 1'))).toEqual([['1']]);
  });

  it('ends with a verdict when the line goes dead under it, and is not sent a second time', async () => {
    const proxy = await deadEnd(database.port);
    const through = await openPool(executor.policy, executor.keys, {
      url: executor.gatewayUrl.replace(`:${database.port}/`, `:${proxy.port}/`),
    });
    await through.execute('select 1');
    const along = event();
    const running = through.execute('select pg_sleep(0.5)', { event: along });
    setTimeout(() => proxy.cut(), 150);
    expect(stateOf(await running)).toBe('database_unavailable');
    expect(proxy.connections()).toBe(1);
    await through.close();
    await proxy.close();
  });

  it('fails as a whole when its event cannot be written', async () => {
    const along = event();
    expect(stateOf(await executor.execute('select 1', { event: along }))).toBe('rows');
    expect(stateOf(await executor.execute('select 2', { event: along })), 'an id that has been used').toBe(
      'conflict',
    );
    expect(await recorded(along.id)).toEqual([{ effect: 'allowed', sqlstate: null, rows: 1 }]);
    const broken = { ...event(), allowed: 'no json' };
    expect((await executor.execute('select 1', { event: broken })).kind).toBe('verdict');
    expect(rowsOf(await executor.execute('select 1'))).toEqual([['1']]);
  });

  it('is recorded with the mode of commit that the connection had, whatever the text made of it', async () => {
    await database.query(`create table seen (mode text, timeout text);
      create function look() returns trigger language plpgsql security definer as $$
        begin
          insert into public.seen values (current_setting('synchronous_commit'), current_setting('statement_timeout'));
          return new;
        end $$;
      create trigger look before insert on ringfence.event_pending for each row execute function look()`);
    const [mode] = await executor.onConnection(`select current_setting('synchronous_commit') as mode`);
    for (const text of [
      'select 1',
      `select set_config('synchronous_commit', 'remote_apply', false), set_config('statement_timeout', '0', false)`,
      `select set_config('synchronous_commit', 'local', true), set_config('statement_timeout', '0', true), 1 / (select 0)`,
    ])
      await executor.execute(text, { timeoutMs: 4_321 });
    expect(await database.query('select distinct mode, timeout from seen')).toEqual([
      { ...mode, timeout: '4321ms' },
    ]);
    await database.query('drop trigger look on ringfence.event_pending');
  });

  it('is served by a connection that is closed before PostgreSQL remembers too much on it', async () => {
    // The type of every row that was put together is kept until the session ends.
    const wide = (n: number): string =>
      `select ${Array.from({ length: 1_600 }, (_, at) => `${at} as c${n}_${at}`).join(', ')}`;
    const fresh = await openPool(executor.policy, executor.keys, { url: executor.gatewayUrl });
    const backends: unknown[] = [];
    for (let n = 0; n < 60; n++) {
      expect(stateOf(await fresh.execute(wide(n), { event: null }))).toBe('rows');
      backends.push((await fresh.onConnection('select pg_backend_pid() as pid'))[0]?.pid);
    }
    expect(new Set(backends.slice(0, 20)).size).toBe(1);
    expect(new Set(backends).size).toBeGreaterThan(1);
    await fresh.close();
  });

  it('needs no event, and then writes none', async () => {
    const [before] = await database.query('select count(*) as events from ringfence.event_pending');
    expect(rowsOf(await executor.execute('select 1', { event: null }))).toEqual([['1']]);
    expect(stateOf(await executor.execute('select 1 / 0', { event: null }))).toBe('22012');
    expect(await database.query('select count(*) as events from ringfence.event_pending')).toEqual([before]);
  });

  it('shows other sessions a pseudonym of the tenant, and neither its text nor its claim', async () => {
    const running = executor.execute(`select pg_sleep(0.6), 'a value'`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [seen] = await database.query(
      `select application_name, query from pg_stat_activity where usename = 'ringfence_gateway' and state = 'active' and datname = current_database()`,
    );
    await running;
    expect(seen?.application_name).toMatch(/^ringfence:t_[0-9a-f]{16}$/);
    expect(JSON.stringify(seen)).not.toMatch(/a value|pg_sleep|rf1/);
  });
});

/** A way to the server that can be cut without a word to either side. */
async function deadEnd(
  port: number,
): Promise<{ port: number; cut(): void; connections(): number; close(): Promise<void> }> {
  const sockets: Socket[] = [];
  let connections = 0;
  const proxy: ProxyServer = createServer((client) => {
    connections += 1;
    const upstream = connectSocket(port, '127.0.0.1');
    sockets.push(client, upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    connections: () => connections,
    close: () => new Promise((resolve) => proxy.close(() => resolve())),
  };
}
