/** Refreshing: as the view's owner, by one process at a time, past no reader; and what fails is told and tried again. */
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { installClaimKeys, setGatewayPassword } from '../../src/database/credentials.js';
import { Gateway } from '../../src/database/gateway.js';
import { generateKeys, type Keys } from '../../src/database/keys.js';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type Login, type TestDatabase } from '../support/database.js';
import { pgBouncerMissing, startPgBouncer } from '../support/pgbouncer.js';
import { describeOnServers } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';
import { applyPolicy, planPolicy } from './support/governed.js';
import { catalogState } from './support/state.js';

/** `shop.gate()` stands in both definitions: it counts refreshes, waits for whoever holds lock 4242, and fails while told to. */
const TABLES = `
create table shop.sale (id int primary key, org text not null);
insert into shop.sale values (1, 'a'), (2, 'a'), (3, 'b');
create sequence shop.refreshes;
create table shop.fault (divisor int);
create table shop.seen (who text, statement_timeout text, lock_timeout text, path text);
create function shop.gate() returns int language plpgsql as $$
begin
  perform nextval('shop.refreshes');
  insert into shop.seen values (current_user, current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('search_path'));
  perform pg_advisory_lock_shared(4242);
  perform pg_advisory_unlock_shared(4242);
  return 1 / coalesce((select divisor from shop.fault), 1);
end $$;
create materialized view shop.sales as
  select s.org, count(*)::int as sales, max(g.one) as one from shop.sale s cross join (select shop.gate() as one offset 0) g group by s.org;
create unique index on shop.sales (org);
create materialized view shop."Newest sale" as select org, max(id) as id from shop.sale group by org with no data;
create unique index on shop."Newest sale" (org);
`;

const policy = (minutes: number): string => `
schema: shop
tables:
  sales: { tenant: { column: org }, refresh_minutes: ${minutes} }
  '"Newest sale"': { as: newest, tenant: { column: org }, refresh_minutes: 60 }
roles: { support: { tables: { sales: {}, newest: {} } } }
`;
const SALES = { schema: 'shop', view: 'sales' };
const NEWEST = { schema: 'shop', view: 'Newest sale' };

describeOnServers('a materialised view', (server) => {
  let database: TestDatabase;
  let deploy: Login;
  let owner: string;
  let before: unknown;
  let keys: Keys;
  let gateway: Gateway;
  let other: Gateway;
  const never = new AbortController().signal;

  beforeAll(async () => {
    database = await createDatabase(server);
    owner = uniqueName('owner');
    deploy = await database.createLogin({ prefix: 'deploy', sql: 'alter role $login createrole' });
    await database.query(
      `create role ${owner}; grant ${owner} to "${deploy.name}"; grant create on database ${database.name} to "${deploy.name}"; create schema shop authorization ${owner}`,
    );
    const client = await database.connect();
    await client.query(`set role ${owner}`);
    await client.query(TABLES);
    await client.end();
    before = await catalogState(database);
  });
  afterAll(() => database.drop());

  beforeEach(async () => {
    const client = await database.connect(deploy);
    keys = generateKeys();
    await applyPolicy(client, policy(15), {
      alongside: async () => {
        await installClaimKeys(client, keys);
        await setGatewayPassword(client, keys);
        return true;
      },
    });
    await client.end();
    const url = database.urlFor({ name: 'ringfence_gateway', password: keys.gatewayPassword });
    gateway = await Gateway.open({ url, keys });
    other = await Gateway.open({ url, keys });
  });
  afterEach(async () => {
    await gateway.close();
    await other.close();
    const client = await database.connect();
    await remove(client);
    await client.query(
      `truncate shop.fault, shop.seen; delete from shop.sale where id > 3; refresh materialized view shop.sales; refresh materialized view shop."Newest sale" with no data`,
    );
    await client.end();
  });

  const count = async (sql: string): Promise<number> =>
    Number((await database.query<{ n: number }>(`select (${sql})::int as n`))[0]?.n);
  const refreshes = (): Promise<number> => count('select last_value from shop.refreshes');
  const state = async (view: string): Promise<Record<string, unknown>> =>
    (await database.query('select * from ringfence.refresh where view_name = $1', [view]))[0] ?? {};
  /** Time passes for the schedule, and for nothing else. */
  const makeDue = (view: string): Promise<unknown> =>
    database.query(
      `update ringfence.refresh set due_at = clock_timestamp() - interval '1 s' where view_name = $1`,
      [view],
    );
  const refreshedAt = async (view: string): Promise<Date | null | undefined> =>
    (await gateway.refreshedViews()).find((one) => one.view === view)?.refreshedAt;
  /** A session that keeps every refresh of `shop.sales` waiting. */
  const holdUp = async (): Promise<pg.Client> => {
    const client = await database.connect();
    await client.query('select pg_advisory_lock(4242)');
    return client;
  };
  const untilHeldUp = async (): Promise<void> => {
    while (
      (await count(
        `select count(*) from pg_locks where locktype = 'advisory' and objid = 4242 and not granted`,
      )) === 0
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('is refreshed as its owner, by a function that nobody else may call', async () => {
    expect(await gateway.refreshView(SALES, never)).toEqual({ kind: 'refreshed' });
    expect(await database.query('select * from shop.seen order by ctid desc limit 1')).toEqual([
      {
        who: owner,
        statement_timeout: '1h',
        lock_timeout: '10s',
        path: 'pg_catalog, pg_temp',
      },
    ]);
    const functions = await database.query<{ name: string; owner: string; callers: string }>(
      `select proname as name, pg_get_userbyid(proowner) as owner, prosecdef, proconfig::text,
         (select string_agg(pg_get_userbyid(e.grantee), ' ' order by 1) from aclexplode(proacl) e where e.grantee <> proowner) as callers
       from pg_proc where pronamespace = 'ringfence'::regnamespace and proname ^@ 'refresh shop' order by 1`,
    );
    const made = {
      owner,
      prosecdef: true,
      proconfig: '{"search_path=pg_catalog, pg_temp"}',
      callers: 'ringfence_owner',
    };
    expect(functions).toEqual([
      { name: 'refresh shop."Newest sale"', ...made },
      { name: 'refresh shop.sales', ...made },
    ]);
    expect(await count(`select has_schema_privilege('${owner}', 'ringfence', 'create, usage')::int`)).toBe(0);
  });

  it('is planned once: applying again changes nothing, and other minutes change the schedule alone', async () => {
    const client = await database.connect(deploy);
    expect((await planPolicy(client, policy(15))).steps).toEqual([]);
    await gateway.refreshView(SALES, never);
    const at = await refreshedAt('sales');
    const { plan } = await applyPolicy(client, policy(1));
    expect(plan.steps.map(({ sign, identity }) => `${sign} ${identity}`)).toEqual([
      '~ ringfence."refresh shop.sales"',
      '~ policy in force',
    ]);
    expect(await refreshedAt('sales')).toEqual(at);
    expect(await state('sales')).toMatchObject({ minutes: 1 });
    await applyPolicy(client, policy(15).replace(', refresh_minutes: 15', ''));
    expect(await database.query('select view_name from ringfence.refresh')).toEqual([
      { view_name: 'Newest sale' },
    ]);
    await client.end();
  });

  it('is due at once, and then when its minutes are over', async () => {
    const due = [await gateway.nextDueView(), await gateway.nextDueView(), await gateway.nextDueView()];
    expect(due).toHaveLength(3);
    expect(due).toEqual(expect.arrayContaining([SALES, NEWEST, null]));
    for (const view of [SALES, NEWEST]) await gateway.refreshView(view, never);
    expect(await gateway.nextDueView()).toBeNull();
    const waits = await database.query(
      `select view_name as view, (due_at - refreshed_at)::text as wait from ringfence.refresh order by 1`,
    );
    expect(waits).toEqual([
      { view: 'Newest sale', wait: '01:00:00' },
      { view: 'sales', wait: '00:15:00' },
    ]);
    await makeDue('sales');
    expect(await gateway.nextDueView()).toEqual(SALES);
  });

  it('shows after a refresh what was there at the time it tells', async () => {
    expect(await refreshedAt('sales')).toBeNull();
    await database.query(`insert into shop.sale values (10, 'a')`);
    const [clock] = await database.query<{ now: Date }>('select clock_timestamp() as now');
    await gateway.refreshView(SALES, never);
    expect(Number(await refreshedAt('sales'))).toBeGreaterThanOrEqual(Number(clock?.now));
    expect(await count(`select sales from shop.sales where org = 'a'`)).toBe(3);
    // And not what came while it ran.
    const holder = await holdUp();
    const refreshing = gateway.refreshView(SALES, never);
    await untilHeldUp();
    const [later] = await database.query<{ now: Date }>('select clock_timestamp() as now');
    await database.query(`insert into shop.sale values (11, 'a')`);
    await holder.end();
    await refreshing;
    expect(Number(await refreshedAt('sales'))).toBeLessThanOrEqual(Number(later?.now));
    expect(await count(`select sales from shop.sales where org = 'a'`)).toBe(3);
  });

  it('is read as before while a refresh takes long', async () => {
    await gateway.refreshView(SALES, never);
    const at = await refreshedAt('sales');
    await database.query(`insert into shop.sale values (12, 'a')`);
    const holder = await holdUp();
    const refreshing = gateway.refreshView(SALES, never);
    await untilHeldUp();
    const reader = await database.connect();
    await reader.query(`set lock_timeout = '1ms'`);
    expect((await reader.query(`select sales from shop.sales where org = 'a'`)).rows).toEqual([{ sales: 2 }]);
    expect(await refreshedAt('sales')).toEqual(at);
    await holder.end();
    expect(await refreshing).toEqual({ kind: 'refreshed' });
    expect((await reader.query(`select sales from shop.sales where org = 'a'`)).rows).toEqual([{ sales: 3 }]);
    expect(await refreshedAt('sales')).not.toEqual(at);
  });

  it('is refreshed once, however many processes ask', async () => {
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? gateway : other).nextDueView()),
    );
    expect(asked.filter((view) => view?.view === 'sales')).toHaveLength(1);
    expect(asked.filter((view) => view === null)).toHaveLength(18);
    const already = await refreshes();
    await makeDue('sales');
    const holder = await holdUp();
    const refreshing = gateway.refreshView(SALES, never);
    await untilHeldUp();
    // Though it is overdue by now.
    expect(await other.refreshView(SALES, never)).toEqual({ kind: 'elsewhere' });
    expect(await other.nextDueView()).toBeNull();
    await holder.end();
    expect(await refreshing).toEqual({ kind: 'refreshed' });
    expect(await refreshes()).toBe(already + 1);
  });

  it('that cannot be refreshed keeps its rows, is told of and put off, and keeps nobody else waiting', async () => {
    await gateway.refreshView(SALES, never);
    const at = await refreshedAt('sales');
    await database.query('insert into shop.fault values (0)');
    for (const failures of [1, 2, 3]) {
      expect(await gateway.refreshView(SALES, never)).toEqual({
        kind: 'failed',
        sqlstate: '22012',
        message: 'division by zero',
      });
      expect(await state('sales')).toMatchObject({
        failures,
        sqlstate: '22012',
        message: 'division by zero',
      });
      const [rest] = await database.query(
        `select extract(minute from due_at - failed_at)::int as minutes from ringfence.refresh where view_name = 'sales'`,
      );
      expect(rest).toEqual({ minutes: 2 ** (failures - 1) });
    }
    expect(await refreshedAt('sales')).toEqual(at);
    expect(await count(`select sales from shop.sales where org = 'a'`)).toBe(2);
    expect(await gateway.nextDueView()).toEqual(NEWEST);
    expect(await gateway.refreshView(NEWEST, never)).toEqual({ kind: 'refreshed' });

    await database.query('truncate shop.fault');
    await makeDue('sales');
    expect(await gateway.nextDueView()).toEqual(SALES);
    expect(await gateway.refreshView(SALES, never)).toEqual({ kind: 'refreshed' });
    expect(await state('sales')).toMatchObject({
      failures: 0,
      failed_at: null,
      sqlstate: null,
      message: null,
    });
    expect(await refreshedAt('sales')).not.toEqual(at);
  });

  it('rests for an hour at most, and is tried again after a process that never came back', async () => {
    await database.query(`update ringfence.refresh set failures = 40 where view_name = 'sales'`);
    expect(await gateway.nextDueView()).not.toBeNull();
    expect(await gateway.nextDueView()).not.toBeNull();
    const waits = await database.query(
      `select view_name as view, (due_at - begun_at)::text as wait from ringfence.refresh order by 1`,
    );
    expect(waits).toEqual([
      { view: 'Newest sale', wait: '00:01:00' },
      { view: 'sales', wait: '01:00:00' },
    ]);
    await makeDue('sales');
    expect(await other.nextDueView()).toEqual(SALES);
  });

  it('without rows yet is filled', async () => {
    await expect(database.query('select * from shop."Newest sale"')).rejects.toThrow(/not been populated/);
    expect(await refreshedAt('Newest sale')).toBeNull();
    expect(await gateway.refreshView(NEWEST, never)).toEqual({ kind: 'refreshed' });
    expect(await database.query('select * from shop."Newest sale" order by org')).toEqual([
      { org: 'a', id: 2 },
      { org: 'b', id: 3 },
    ]);
  });

  it.skipIf(pgBouncerMissing !== undefined)('is refreshed through PgBouncer as well', async () => {
    const behind = { port: database.port, database: database.name, user: 'ringfence_gateway' };
    const bouncer = await startPgBouncer({ ...behind, password: keys.gatewayPassword });
    const pooled = await Gateway.open({ url: bouncer.url, keys, pooled: true, size: 1 });
    expect([SALES, NEWEST]).toContainEqual(await pooled.nextDueView());
    expect(await pooled.refreshView(SALES, never)).toEqual({ kind: 'refreshed' });
    expect(
      await database.query('select statement_timeout from shop.seen order by ctid desc limit 1'),
    ).toEqual([{ statement_timeout: '1h' }]);
    expect((await pooled.refreshedViews()).find((one) => one.view === 'sales')?.refreshedAt).not.toBeNull();
    await pooled.close();
    await bouncer.stop();
  });

  it('is let go by a process that ends, within moments', async () => {
    const holder = await holdUp();
    const ending = new AbortController();
    const refreshing = gateway.refreshView(SALES, ending.signal);
    await untilHeldUp();
    ending.abort();
    expect(await refreshing).toMatchObject({ kind: 'failed', sqlstate: '57014' });
    expect(
      await count(`select count(*) from pg_stat_activity where application_name = 'ringfence refresh'`),
    ).toBe(0);
    await holder.end();
    expect(await gateway.refreshView(SALES, ending.signal)).toEqual({ kind: 'elsewhere' });
  });

  it('that is another one of the same name is as old as nobody knows', async () => {
    await gateway.refreshView(NEWEST, never);
    expect(await refreshedAt('Newest sale')).not.toBeNull();
    await database.query(
      `drop materialized view shop."Newest sale" cascade; create materialized view shop."Newest sale" as select org, min(id) as id from shop.sale group by org;
       create unique index on shop."Newest sale" (org); alter materialized view shop."Newest sale" owner to ${owner}`,
    );
    expect(await refreshedAt('Newest sale')).toBeNull();
    expect(await gateway.refreshView(NEWEST, never)).toEqual({ kind: 'refreshed' });
    expect(await refreshedAt('Newest sale')).not.toBeNull();
  });

  it('of somebody else’s is refused when it is planned, with what to do', async () => {
    const stranger = await database.createLogin({
      prefix: 'stranger',
      sql: 'alter role $login createrole; grant ringfence_owner to $login',
    });
    const client = await database.connect(stranger);
    await expect(planPolicy(client, policy(15))).rejects.toMatchObject({
      code: 'database_refused',
      message: expect.stringContaining(`only be refreshed as its owner, ${owner}`),
      suggestion: expect.stringContaining(`grant ${owner} to ${stranger.name}`),
    });
    await client.end();
    await database.query(`drop owned by "${stranger.name}"; drop role "${stranger.name}"`);
  });

  it('is the product’s alone again once Ringfence is taken out', async () => {
    const client = await database.connect(deploy);
    await remove(client);
    await client.end();
    expect(await catalogState(database)).toEqual(before);
  });
});
