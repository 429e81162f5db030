/** SQL that would take everything: bounded, named, recorded once, and the connection serves the next call. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Decision } from '../../src/tools/decision.js';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { CHINOOK_SQL, valuesOf } from './support/chinook.js';
import { allEvents, eventsOf } from './support/events.js';

describeOnServers('SQL without bounds', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await loadChinook(server);
    // One connection: what a statement leaves behind, the next one meets.
    governed = await govern(database, CHINOOK_SQL, { size: 1, perTenant: 1 });
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  const call = (statement: string, role = 'support'): Promise<Decision> =>
    governed.call({ tenant: '3', role }, 'sql', { statement });

  /** The decision, after seeing that it has one event that agrees with it, and that the connection goes on. */
  const contained = async (statement: string, role?: string): Promise<Decision> => {
    const backend = 'select pid from pg_stat_activity where usename = $1 and backend_type = $2';
    const pids = () => database.query(backend, ['ringfence_gateway', 'client backend']);
    const before = await pids();
    const decision = await call(statement, role);
    const [event, ...more] = await eventsOf(database, decision.event);
    expect(more).toEqual([]);
    expect(event, JSON.stringify(decision)).toMatchObject({
      action: 'sql',
      decision: { effect: decision.decision },
    });
    expect(await call('select count(*) as n from customer')).toMatchObject({ rows: [{ n: 21 }] });
    expect(await pids()).toEqual(before);
    return decision;
  };

  it.each([
    [
      'counts for ever',
      'with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n',
    ],
    [
      'runs in circles',
      'with recursive n (i) as (select 1 union all select i from n) select max(i) from n where i < 0',
    ],
    [
      'joins everything with everything',
      'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b',
    ],
    [
      'joins tables with themselves until nothing is left of the day',
      'select count(*) from track a, track b, track c where a.bytes + b.bytes = c.bytes',
    ],
  ])('is stopped where it %s', async (_, statement) => {
    const decision = await contained(statement, 'frugal');
    expect(['timeout', 'too_broad', 'too_complex']).toContain((decision as { code?: string }).code);
  });

  it('gives of a million rows as many as it may, and says so', async () => {
    const decision = await contained('select n from generate_series(1, 1000000) as s (n)');
    expect(decision).toMatchObject({
      decision: 'allowed',
      truncated: true,
      suggestion: expect.stringMatching(/OFFSET 500/),
    });
    expect(valuesOf(decision)).toHaveLength(500);
    const [event] = await eventsOf(database, decision.event);
    expect(event).toMatchObject({ rows: 500 });
  });

  it('gives no more rows than asked for, and does not speak of more where there are none', async () => {
    expect(await call('select track_id from track order by 1 limit 500')).toMatchObject({ truncated: false });
    expect(await call('select track_id from track where track_id <= 500')).toMatchObject({
      truncated: false,
    });
    expect(await call('select track_id from track where track_id <= 501')).toMatchObject({ truncated: true });
    expect(await call('select track_id from track where track_id <= 6', 'frugal')).toMatchObject({
      truncated: true,
    });
  });

  it('stops at a megabyte, whole rows only, and says so', async () => {
    const decision = await contained(
      "select n, repeat('x', 10000) as long from generate_series(1, 400) as s (n)",
    );
    expect(decision).toMatchObject({
      decision: 'allowed',
      truncated: true,
      suggestion: expect.stringMatching(/left\(/),
    });
    const rows = valuesOf(decision);
    expect(rows.length).toBeGreaterThan(90);
    expect(rows.length).toBeLessThan(100);
    expect(rows.every(([, long]) => (long as string).length === 10_000)).toBe(true);
  });

  it('names a row that is larger than an answer may be', async () => {
    const decision = await contained("select repeat('x', 5000000) as cell");
    expect(decision).toMatchObject({
      decision: 'failed',
      code: 'too_large',
      suggestion: expect.stringMatching(/left\(/),
    });
  });

  it.each([
    ['a list without end', "select string_agg(repeat('x', 1000), '') from generate_series(1, 10000000)"],
    ['a text beyond what a value can be', "select repeat(repeat('x', 100000000), 100)"],
  ])('is stopped where it makes %s', async (_, statement) => {
    const decision = await contained(statement, 'frugal');
    expect(decision).toMatchObject({ decision: 'failed' });
    expect(['timeout', 'too_complex', 'too_large']).toContain((decision as { code?: string }).code);
  });

  it('fails as a whole where it divides by zero half-way, whatever came before', async () => {
    const decision = await contained('select 100 / (50 - n) from generate_series(1, 100) as s (n)');
    expect(decision).toMatchObject({ decision: 'failed', code: 'value_error' });
    expect(decision).not.toHaveProperty('rows');
    expect(await eventsOf(database, decision.event)).toMatchObject([
      { rows: 0, decision: { sqlstate: '22012' } },
    ]);
  });

  it('is too broad where the planner expects more rows than the role may visit, without numbers of its', async () => {
    const decision = await contained('select count(*) from track', 'frugal');
    expect(decision).toMatchObject({
      decision: 'denied',
      code: 'too_broad',
      rule: 'roles.frugal.limits.scanned_rows',
    });
    expect(JSON.stringify({ ...decision, event: '', ms: 0 }).match(/\d+/g)).toEqual(['1000', '0']);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\t '],
    ['a semicolon', ';'],
    ['a comment', '-- select 1'],
    ['no SQL', 'how many customers are there?'],
    ['half a statement', 'select * from'],
    ['an open quote', "select 'abc"],
    ['two statements', 'select 1; select 2'],
    ['a statement that writes', "delete from customer where city = 'x'"],
    ['a NUL', 'select 1\u0000'],
    ['half a character', "select '\ud800'"],
    ['a million terms', `select ${'1+'.repeat(1_000_000)}1`],
    ['brackets ten thousand deep', `select ${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
    ['a list of a hundred thousand values', `select 1 where 1 in (${'1,'.repeat(100_000)}1)`],
    ['ten megabytes', `select '${'x'.repeat(10_000_000)}'`],
    ['noise', randomBytes(2000).toString('latin1')],
  ])('is refused, or answered, where it is %s', async (_, statement) => {
    const decision = await contained(statement);
    expect(decision.decision, JSON.stringify(decision).slice(0, 500)).not.toBe('failed');
    expect(JSON.stringify(decision).length).toBeLessThan(3_000);
  });

  it('ends when its caller gives up', async () => {
    const stop = new AbortController();
    const statement =
      'with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n';
    const asked = governed.call(
      { tenant: '3', role: 'support' },
      'sql',
      { statement },
      { signal: stop.signal },
    );
    while (
      (
        await database.query(
          "select from pg_stat_activity where query like '%ringfence.execute%' and state = 'active' and pid <> pg_backend_pid()",
        )
      ).length === 0
    )
      await pause(5);
    stop.abort();
    const decision = await asked;
    expect(decision).toMatchObject({ decision: 'failed', code: 'timeout' });
    expect(await eventsOf(database, decision.event)).toMatchObject([
      { decision: { effect: 'failed', sqlstate: '57014' } },
    ]);
  });

  it('leaves no value, no literal and no text of its own in the ledger', async () => {
    const secret = 'kettle-4711';
    for (const statement of [
      `select '${secret}' as a, 4711 as b -- ${secret}`,
      `select city as "${secret}" from customer where city = '${secret}'`,
      `select * from "${secret}"`,
      `select "${secret}" from customer`,
      `select '${secret}'::int`,
      `select '${secret}`,
      `select ${secret} ${secret} ${secret}`,
      `select $$${secret}$$ from ${secret}`,
      `with "${secret}" as (select 1) select * from "${secret}" join "x${secret}" on true`,
      `select count(*) from customer where city = E'\\x6bettle-4711' /* ${secret} */`,
    ]) {
      await governed.call('3', 'sql', { statement });
    }
    await governed.ringfence.sequence();
    for (const event of await allEvents(database)) expect(event).not.toMatch(/kettle|4711/);
  });

  it('has one name for statements that differ in their values, and the same commitment for none', async () => {
    const shape = async (statement: string): Promise<Record<string, unknown>> =>
      (await eventsOf(database, (await call(statement)).event))[0] ?? {};
    const [a, b, c] = [
      await shape("select city from customer where city = 'Berlin'"),
      await shape("select city from customer where city = 'Paris'"),
      await shape("select city from customer where country = 'Paris'"),
    ];
    expect(a).toMatchObject({
      shape: expect.stringMatching(/^q_[0-9a-f]{32}$/),
      tables: ['customer'],
      columns: ['customer.city'],
      input: { statement: 'text(49)' },
    });
    expect(b.shape).toBe(a.shape);
    expect(c.shape).not.toBe(a.shape);
    expect(b.input_commitment).not.toBe(a.input_commitment);
  });
});
