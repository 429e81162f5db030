/** A sealed session: what it lets a statement do, and what is left of it afterwards. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { trustedBoundary } from '../../src/boundary/resolve.js';
import { createClaimMaker } from '../../src/database/claim.js';
import { Gateway, writeWithEvent } from '../../src/database/gateway.js';
import type { Keys } from '../../src/database/keys.js';
import { TenantPool } from '../../src/database/pool.js';
import { runSealed, type SealedOutcome } from '../../src/database/session.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { HAND_MADE_ROLE, HAND_MADE_SLICE } from '../support/hand-made-slice.js';
import { installRingfence } from '../support/installed.js';
import { describeOnServers } from '../support/test-server.js';

const EVENT = '{"action":"test"}';
const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

describeOnServers('a sealed session', (server) => {
  let database: TestDatabase;
  let keys: Keys;
  let gatewayUrl: string;
  let gateway: Gateway;

  beforeAll(async () => {
    database = await createDatabase(server);
    ({ keys, gatewayUrl } = await installRingfence(database));
    await database.query(HAND_MADE_SLICE);
    gateway = await Gateway.open({ url: gatewayUrl, keys, size: 4, perTenant: 2, waitMs: 400 });
  });
  afterAll(async () => {
    await gateway.close();
    await database.drop();
  });

  const boundary = (tenant: string): Boundary =>
    trustedBoundary({
      tenant,
      user: 'u1',
      role: 'support',
      actor: { kind: 'agent', id: 'test' },
      policy: { hash: 'sha256:test', roles: new Set(['support']) },
    });
  const run = (
    text: string,
    options: {
      tenant?: string;
      effect?: 'read' | 'write';
      timeoutMs?: number;
      values?: unknown[];
      signal?: AbortSignal;
      dry?: boolean;
    } = {},
  ): Promise<SealedOutcome> =>
    gateway.run({
      boundary: boundary(options.tenant ?? 'a'),
      role: HAND_MADE_ROLE,
      statement: { text, values: options.values ?? [] },
      effect: options.effect ?? 'read',
      timeoutMs: options.timeoutMs ?? 5_000,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.dry === undefined ? {} : { dry: options.dry }),
    });
  const rows = (outcome: SealedOutcome): unknown =>
    outcome.kind === 'rows' ? outcome.result.rows : outcome.verdict;
  const codeOf = (outcome: SealedOutcome): string =>
    outcome.kind === 'rows' ? 'rows' : outcome.verdict.code;

  /** The gateway's sessions whose statement waits for this. */
  const waitingFor = (event: 'advisory' | 'PgSleep') =>
    database.query<{ application_name: string; query: string }>(
      `select application_name, query from pg_stat_activity
       where usename = 'ringfence_gateway' and datname = current_database() and state = 'active' and wait_event = $1`,
      [event],
    );
  /** Runs a statement as often as there are options, each under way until `meanwhile` is over, and gives what came of them. */
  const held = async (
    calls: readonly { tenant?: string; values?: unknown[] }[],
    meanwhile: () => Promise<void>,
  ): Promise<readonly string[]> => {
    const holder = await database.connect();
    await holder.query('select pg_advisory_lock(4711)');
    const text = 'select pg_catalog.pg_advisory_xact_lock_shared(4711), $1::text';
    const running = calls.map((options) => run(text, { values: [null], timeoutMs: 30_000, ...options }));
    try {
      await expect.poll(() => waitingFor('advisory'), { timeout: 20_000 }).toHaveLength(calls.length);
      await meanwhile();
    } finally {
      await holder.end();
    }
    return (await Promise.all(running)).map(codeOf);
  };

  it('runs a statement as the slice role, inside one tenant, again and again on the same connections', async () => {
    for (let n = 0; n < 20; n++) {
      for (const tenant of ['a', 'b']) {
        expect(rows(await run('select distinct tenant from slice_support.note', { tenant }))).toEqual([
          [tenant],
        ]);
      }
    }
    expect(rows(await run('select current_user'))).toEqual([['ringfence_slice_support']]);
  });

  it('reads only, when it was opened to read', async () => {
    expect(codeOf(await run("insert into slice_support.note values (100, 'a', 'x')"))).toBe(
      'database_read_only',
    );
    expect(await database.query('select from note where id = 100')).toHaveLength(0);
  });

  it('commits a write and its event together, or neither', async () => {
    const insert = (id: number, tenant: string) => ({
      text: 'insert into slice_support.note (id, tenant, body) values ($1, $2, $3) returning id',
      values: [id, tenant, 'x'],
    });
    const write = async (
      statement: { text: string; values: unknown[] },
      event: string,
    ): Promise<SealedOutcome> => {
      const { text, values } = writeWithEvent(statement, event, EVENT, 1);
      return run(text, { values: [...values], effect: 'write' });
    };
    const recorded = async (event: string): Promise<number> =>
      (await database.query('select from ringfence.event_pending where id = $1', [event])).length;

    expect(rows(await write(insert(101, 'a'), uuid(1)))).toEqual([['101']]);
    expect(await recorded(uuid(1))).toBe(1);

    expect(codeOf(await write(insert(101, 'a'), uuid(2))), 'a key that exists').toBe('conflict');
    expect(codeOf(await write(insert(102, 'b'), uuid(3))), 'a row of another tenant').toBe('not_found');
    expect(
      codeOf(
        await write(
          { text: 'delete from slice_support.note where id = 1 returning id', values: [] },
          uuid(4),
        ),
      ),
      'a row that is hidden',
    ).toBe('not_found');
    for (const event of [uuid(2), uuid(3), uuid(4)]) expect(await recorded(event)).toBe(0);
    expect(await database.query('select from note where id in (102)')).toHaveLength(0);
  });

  it('takes a dry write back, constraints checked, nothing left', async () => {
    const statement = "insert into slice_support.note values (200, 'a', 'x') returning id";
    expect(rows(await run(statement, { effect: 'write', dry: true }))).toEqual([['200']]);
    expect(await database.query('select from note where id = 200')).toHaveLength(0);
    expect(
      codeOf(
        await run("insert into slice_support.note values (2, 'a', 'x')", { effect: 'write', dry: true }),
      ),
    ).toBe('conflict');
    expect(rows(await run('select 1'))).toEqual([['1']]);
  });

  it('ends a statement that overstays, and the connection serves the next', async () => {
    expect(codeOf(await run('select pg_catalog.pg_sleep(30)', { timeoutMs: 100 }))).toBe('timeout');
    expect(rows(await run('select 1'))).toEqual([['1']]);
  });

  it("ends a statement that took the database's own limit away, by a cancel from this side", async () => {
    const outcome = await run(
      "select pg_catalog.set_config('statement_timeout', '0', true), pg_catalog.pg_sleep(30)",
      { timeoutMs: 100 },
    );
    expect(codeOf(outcome)).toBe('timeout');
    expect(rows(await run('select 1'))).toEqual([['1']]);
  });

  it('ends a statement when its caller gives up', async () => {
    const giveUp = new AbortController();
    const running = run('select pg_catalog.pg_sleep(30)', { signal: giveUp.signal });
    setTimeout(() => giveUp.abort(), 100);
    expect(codeOf(await running)).toBe('timeout');
  });

  it('leaves no setting, role or seal behind on the connection', async () => {
    const pool = new TenantPool({ url: gatewayUrl, size: 1 });
    const [installed] = await database.query<{ domain: string }>('select ringfence.domain() as domain');
    const claims = createClaimMaker(keys, installed?.domain ?? '');
    const state = async (): Promise<unknown> => {
      const lease = await pool.lease('a');
      const { rows } = await lease.client.query(
        `select current_user, pg_backend_pid() as pid, coalesce(current_setting('ringfence.seal', true), '') as seal,
           (select jsonb_object_agg(name, setting) from pg_settings where source = 'session') as settings`,
      );
      lease.release(true);
      return rows;
    };
    const before = await state();
    const call = { boundary: boundary('a'), role: HAND_MADE_ROLE, effect: 'read', timeoutMs: 5_000 } as const;
    for (const text of ['select 1', 'select 1/0', 'select count(*) from slice_support.note']) {
      await runSealed(pool, claims, { ...call, statement: { text, values: [] } });
      expect(await state(), text).toEqual(before);
    }
    await pool.close();
  });

  it('shows other sessions a pseudonym of the tenant, and no value of its statement', async () => {
    const ended = await held([{ tenant: 'tenant-name', values: ['a value'] }], async () => {
      const [seen] = await waitingFor('advisory');
      expect(seen?.application_name).toMatch(/^ringfence:t_[0-9a-f]{16}$/);
      expect(seen?.query).toContain('pg_advisory_xact_lock_shared');
      expect(JSON.stringify(seen)).not.toMatch(/tenant-name|a value/);
    });
    expect(ended).toEqual(['rows']);
  });

  it('does not give one tenant every connection', async () => {
    const ended = await held([{}, {}], async () => {
      await expect(run('select 1')).rejects.toMatchObject({ code: 'database_busy' });
      expect(rows(await run('select 1', { tenant: 'b' }))).toEqual([['1']]);
    });
    expect(ended).toEqual(['rows', 'rows']);
    expect(rows(await run('select 1'))).toEqual([['1']]);
  });

  it('reads again on a fresh connection when the one it had was ended while idle', async () => {
    await run('select 1');
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and datname = current_database()",
    );
    expect(rows(await run('select 1'))).toEqual([['1']]);
  });

  it('says that the outcome of a write is not known when the connection went away under it', async () => {
    const running = run(
      "with w as (insert into slice_support.note values (300, 'a', 'x') returning id) select id, pg_catalog.pg_sleep(30) from w",
      {
        effect: 'write',
        timeoutMs: 30_000,
      },
    );
    await expect.poll(() => waitingFor('PgSleep'), { timeout: 20_000 }).toHaveLength(1);
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and state = 'active' and datname = current_database()",
    );
    expect(codeOf(await running)).toMatch(/^(outcome_unknown|database_unavailable)$/);
    expect(await database.query('select from note where id = 300')).toHaveLength(0);
  });

  it('refuses a login that could pass row-level security by', async () => {
    const refused = [
      ['a superuser', 'alter role $login superuser'],
      ['BYPASSRLS', 'alter role $login bypassrls'],
      ['a member of a superuser', 'create role boss superuser; grant boss to $login'],
      [
        'a member of a member',
        'create role bypassing bypassrls; create role between; grant bypassing to between; grant between to $login',
      ],
      ['a reader of all data', 'grant pg_read_all_data to $login'],
      ['an owner of tables', 'create table owned (id int); alter table owned owner to $login'],
    ] as const;
    for (const [what, sql] of refused) {
      const login = await database.createLogin({ sql: `grant usage on schema ringfence to $login; ${sql}` });
      await expect(Gateway.open({ url: database.urlFor(login), keys }), what).rejects.toMatchObject({
        code: 'database_unsafe',
      });
    }
    const changed = await database.createLogin({ sql: 'alter role $login set search_path = public' });
    await expect(Gateway.open({ url: database.urlFor(changed), keys })).rejects.toMatchObject({
      code: 'database_unsafe',
    });
  });

  it('says what to do when the database is down, unknown, or without Ringfence', async () => {
    await expect(
      Gateway.open({ url: 'postgres://ringfence_gateway:secret@127.0.0.1:1/x', keys }),
    ).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.not.stringContaining('secret'),
    });
    await expect(
      Gateway.open({ url: gatewayUrl.replace(keys.gatewayPassword, 'wrong'), keys }),
    ).rejects.toMatchObject({
      code: 'database_unreachable',
      message: expect.stringContaining('password'),
    });
    const bare = await createDatabase(server);
    await expect(
      Gateway.open({ url: bare.urlFor({ name: 'ringfence_gateway', password: keys.gatewayPassword }), keys }),
    ).rejects.toMatchObject({ code: 'policy_unapplied' });
    await bare.drop();
  });
});
