/** Describing SQL that an agent wrote: columns, errors, an estimate; nothing is run, nothing stays, and the agent's values tell nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKeys } from '../../src/database/keys.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
import { describeOnServers } from '../support/test-server.js';
import { connectionState } from './support/connection-state.js';
import { type Executor, openExecutor, openPool, rowsOf, SHOP, stateOf } from './support/executor.js';

/** Tenant b has most of the rows, and nearly all of them with one note. */
const LOPSIDED = `${SHOP}
create table visit (id int primary key, tenant text not null, page text not null);
insert into visit select n, case when n <= 200 then 'a' else 'b' end, case when n <= 19000 then 'front' else 'page ' || n end from generate_series(1, 20000) n;
create index on visit (tenant);
analyze visit;
`;

/** Made after the policy is applied, which would refuse a function that everybody may call with its owner's rights. */
const COUNTING = `
create sequence run_count;
create function count_a_run() returns int language plpgsql security definer as $$ begin return nextval('public.run_count'); end $$;
`;

const POLICY = `
version: 1
preset: development
tables:
  customer: { tenant: { column: tenant } }
  visit: { tenant: { column: tenant } }
  memo: { tenant: { column: tenant } }
acknowledge: { unique: [memo.id] }
roles:
  support:
    tools: [query, create, update, delete, sql]
    tables: { customer: {}, visit: {}, memo: { create: [body], delete: true } }
`;

const SCOPED = `(select t.id, t.page from slice_support.visit t where t.tenant = $1::pg_catalog.text::pg_catalog.text)`;

describeOnServers('describing', (server) => {
  let database: TestDatabase;
  let executor: Executor;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: LOPSIDED });
    executor = await openExecutor(database, { policy: POLICY });
    await database.query(COUNTING);
    await executor.describe('select 1');
  });
  afterAll(async () => {
    await executor.close();
    await database.drop();
  });

  const columns = async (text: string): Promise<unknown> => {
    const outcome = await executor.describe(text);
    return outcome.kind === 'described'
      ? outcome.fields.map(({ name, typeOid }) => [name, typeOid])
      : outcome;
  };
  const scanned = async (text: string, tenant = 'a'): Promise<number> => {
    const outcome = await executor.describe(text, { tenant });
    if (outcome.kind !== 'described') throw new Error(JSON.stringify(outcome));
    return outcome.scannedRows;
  };

  it('names the columns and their types, as they come, twice the same among them', async () => {
    expect(await columns('select id, name as id, 1, null from slice_support.customer')).toEqual([
      ['id', 23],
      ['id', 25],
      ['?column?', 23],
      ['?column?', 25],
    ]);
    expect(await columns('select')).toEqual([]);
    expect(await columns('table slice_support.memo')).toEqual([
      ['id', 23],
      ['tenant', 25],
      ['body', 25],
    ]);
  });

  it('finds out the types of the agent’s parameters, whichever of the boundary’s are used', async () => {
    for (const text of [
      'select id from slice_support.customer where id = $4 and name > $5 limit $6',
      'select id from slice_support.customer c where c.tenant = $1::pg_catalog.text and id = $4',
      'select id from slice_support.customer c where c.tenant = $1::text and $2::text is null and $3::text is not null',
    ])
      expect(await columns(text), text).toEqual([['id', 23]]);
  });

  it('tells what is wrong with a text, and where', async () => {
    for (const [text, sqlstate, position] of [
      ['select nmae from slice_support.customer', '42703', 8],
      ['select * from slice_support.nothing', '42P01', 15],
      [`select 'é😀', nmae from slice_support.customer`, '42703', 14],
      ['select name + 1 from slice_support.customer', '42883', 13],
      ['selec 1', '42601', 1],
      ['select 1; select 2', '42601', null],
      ['select $4', undefined, undefined],
      ['select $5', '42P18', null],
      ['set statement_timeout = 0', '42601', null],
      ['explain select 1', '42601', null],
      ['copy slice_support.customer to stdout', '42601', null],
      ['select token from public.customer', '42501', null],
      ['select 1 / 0', '22012', null],
      [`select 1\0; drop table customer`, '54000', null],
      ['select $4000000000', '54000', null],
    ] as const) {
      const outcome = await executor.describe(text);
      if (sqlstate === undefined) expect(outcome, text).toMatchObject({ kind: 'described' });
      else expect(outcome, text).toMatchObject({ kind: 'error', error: { sqlstate, position } });
    }
  });

  it('runs nothing of it', async () => {
    const ran = async (): Promise<unknown> => database.query('select is_called from run_count');
    expect(rowsOf(await executor.execute('select 1'))).toEqual([['1']]);
    for (const text of [
      'select public.count_a_run()',
      'select * from public.count_a_run() r',
      'select id from slice_support.customer where public.count_a_run() > id limit 1',
      'with w as (delete from slice_support.memo returning id) select id, public.count_a_run() from w',
      'insert into slice_support.memo (tenant, body) select name, name from slice_support.customer returning id',
    ])
      expect(stateOf(await executor.describe(text)), text).toBe('described');
    expect(await ran()).toEqual([{ is_called: false }]);
    expect(await database.query('select count(*)::int as memos from memo')).toEqual([{ memos: 2 }]);
  });

  it('leaves nothing behind, whatever step it fails at', async () => {
    const before = await connectionState(executor);
    for (const text of [
      'select 1',
      'select nmae from slice_support.customer',
      'select 1; select 2',
      'drop table customer',
      'select token from public.customer',
      'select 1 / 0',
      "select pg_catalog.set_config('synchronous_commit', 'off', false)",
    ]) {
      await executor.describe(text);
      expect(await connectionState(executor), text).toEqual(before);
    }
  });

  it('gives up in time, and the connection goes on', async () => {
    // Folded while it is planned: copied without looking up, for longer than it may take.
    const folded = `select length(repeat('x', 500000000) || repeat('y', 400000000) || 'z')`;
    const before = await connectionState(executor);
    expect(stateOf(await executor.describe(folded, { timeoutMs: 20 }))).toMatch(/^(57014|timeout)$/);
    expect(await connectionState(executor)).toEqual(before);
    expect(stateOf(await executor.describe('select 1', { signal: AbortSignal.abort() }))).toBe('timeout');
    expect(await connectionState(executor)).toEqual(before);
  });

  it('takes away what another left there under its name', async () => {
    await executor.onConnection(`prepare ringfence_opaque as select 'left'`);
    expect(stateOf(await executor.describe('select 1'))).toBe('described');
    expect(
      await executor.onConnection('select name from pg_prepared_statements where not from_sql = false'),
    ).toEqual([]);
  });

  it('tries again on another connection when the one it had was ended while idle', async () => {
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and datname = current_database()`,
    );
    expect(stateOf(await executor.describe('select 1'))).toBe('described');
  });

  describe('estimates what would be visited', () => {
    it('knowing how much of a table is the tenant’s', async () => {
      const all = `select count(*) from ${SCOPED} v`;
      expect(await scanned(all, 'a')).toBeLessThan(2_000);
      expect(await scanned(all, 'b')).toBeGreaterThan(15_000);
    });

    it('and no value of the agent’s, so that its verdict tells of nobody’s rows', async () => {
      const [frequent, rare] = await Promise.all(
        ['front', 'page 19999'].map(async (page) => {
          const [row] = await database.query<{ plan: string }>(
            `explain select * from visit where page = '${page}'`,
          );
          return Number(/rows=(\d+)/.exec(Object.values(row ?? {}).join(''))?.[1]);
        }),
      );
      expect(frequent).toBeGreaterThan(100 * (rare ?? 0));
      // The text has no value in it; what is bound when it runs is never seen here.
      const opaque = `select id from ${SCOPED} v where v.page = $4`;
      const seen = new Set([await scanned(opaque), await scanned(opaque)]);
      expect(seen.size).toBe(1);
    });

    it('without a LIMIT of the agent’s, which is a value too, and with one of Ringfence’s', async () => {
      const text = (limit: string) => `select id from ${SCOPED} v limit ${limit}`;
      expect(await scanned(text('10'), 'b')).toBeLessThan(100);
      expect(await scanned(text('$4'), 'b')).toBeGreaterThan(100);
    });

    it('from the size of a table that has no index for the tenant', async () => {
      await database.query('drop index visit_tenant_idx');
      expect(await scanned(`select count(*) from ${SCOPED} v`, 'a')).toBeGreaterThanOrEqual(20_000);
    });
  });

  it('needs a genuine claim', async () => {
    const stranger = await openPool(executor.policy, generateKeys(), { url: executor.gatewayUrl });
    expect(stateOf(await stranger.describe('select 1'))).toBe('internal');
    expect(stateOf(await stranger.execute('select 1'))).toBe('internal');
    await stranger.close();
  });
});

const suite = pgBouncerMissing === undefined ? describe : describe.skip;

suite(`through PgBouncer${pgBouncerMissing === undefined ? '' : ` (${pgBouncerMissing})`}`, () => {
  describeOnServers('SQL that an agent wrote', (server) => {
    let database: TestDatabase;
    let direct: Executor;
    let pooled: Executor;
    let bouncer: Awaited<ReturnType<typeof startPgBouncer>>;

    beforeAll(async () => {
      database = await createDatabase(server, { sql: SHOP });
      direct = await openExecutor(database);
      bouncer = await startPgBouncer({
        port: database.port,
        database: database.name,
        user: 'ringfence_gateway',
        password: direct.keys.gatewayPassword,
      });
      pooled = await openPool(direct.policy, direct.keys, { url: bouncer.url, pooled: true, size: 4 });
    });
    afterAll(async () => {
      await pooled?.close();
      await bouncer?.stop();
      await direct.close();
      await database.drop();
    });

    it('is described and run, tenants and errors in turns on one server connection', async () => {
      const text =
        'select distinct tenant, (select count(*) from slice_support.customer) from slice_support.customer';
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          const tenant = n % 2 === 0 ? 'a' : 'b';
          expect(stateOf(await pooled.describe(text, { tenant }))).toBe('described');
          expect(stateOf(await pooled.describe('select nmae from slice_support.customer', { tenant }))).toBe(
            '42703',
          );
          expect(stateOf(await pooled.describe('select token from public.customer', { tenant }))).toBe(
            '42501',
          );
          expect(rowsOf(await pooled.execute(text, { tenant, columns: 2 }))).toEqual([[tenant, '40']]);
          expect(stateOf(await pooled.execute('select 1 / 0', { tenant }))).toBe('22012');
        }),
      );
      expect(await pooled.onConnection('select name from pg_prepared_statements')).toEqual([]);
    });

    it('is stopped in time', async () => {
      expect(stateOf(await pooled.execute('select pg_sleep(30)', { timeoutMs: 100 }))).toBe('57014');
      expect(rowsOf(await pooled.execute('select 1'))).toEqual([['1']]);
    });

    it('refuses a session that believes it knows its backend', async () => {
      const believing = await openPool(direct.policy, direct.keys, { url: bouncer.url });
      expect((await believing.execute('select 1')).kind).toBe('verdict');
      expect((await believing.describe('select 1')).kind).toBe('verdict');
      await believing.close();
    });
  });
});
