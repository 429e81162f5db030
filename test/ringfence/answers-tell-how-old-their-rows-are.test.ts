/** Materialised views through the gate: two tenants, two layers, refreshed in the background, and as old as the answer says. */
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { remove } from '../../src/database/remove.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import type { Allowed, Decision } from '../../src/tools/decision.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';

/** `gate()` waits for whoever holds lock 77, and fails while told to. */
const SQL = `
create table sale (id int primary key, org text not null, month date not null, amount int not null);
insert into sale select n, case when n % 10 = 0 then 'small' else 'large' end, date '2026-01-01' + n, 1 from generate_series(1, 2000) n;
create index on sale (org);
create table fault (divisor int);
create function gate() returns int language plpgsql set search_path = public, pg_temp as $$
begin perform pg_advisory_lock_shared(77); perform pg_advisory_unlock_shared(77); return 1 / coalesce((select divisor from fault), 1); end $$;
create materialized view sales_by_day as
  select org, month, sum(amount)::int as total, max(g.one) as one from sale cross join (select gate() as one offset 0) g group by org, month;
create unique index on sales_by_day (org, month);
create materialized view sales_by_hand as select org, sum(amount)::int as total from sale group by org;
create materialized view not_yet as select org, count(*)::int as sales from sale group by org with no data;
create unique index on not_yet (org);
comment on materialized view sales_by_day is 'What was sold each day';
analyze;
`;

const POLICY = `
version: 1
preset: development
tables:
  sale: { tenant: { column: org } }
  sales_by_day: { as: daily, tenant: { column: org }, refresh_minutes: 15 }
  sales_by_hand: { tenant: { column: org } }
  not_yet: { tenant: { column: org }, refresh_minutes: 1 }
roles:
  support:
    limits: { rows: 10000, scanned_rows: 5000 }
    tables: { sale: {}, daily: { columns: [month, total] }, sales_by_hand: {}, not_yet: {} }
  analyst: { tools: [sql], tables: { daily: {}, sales_by_hand: {}, not_yet: {} } }
  narrow: { limits: { rows: 10000, scanned_rows: 1000 }, tables: { daily: { columns: [month, total] } } }
`;

describeOnServers('an answer from a materialised view', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;
  let governed: Governed;
  let told: OperatorEntry[];

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    admin = await database.connect();
  });
  afterAll(() => database.drop());

  let nextLook: (() => void) | undefined;

  /** Opens Ringfence so that it looks for what is due when the test says so, and not every ten seconds. */
  const open = async (): Promise<void> => {
    const later = globalThis.setTimeout;
    nextLook = undefined;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms?: number) => {
      if (ms !== 10_000) return later(run, ms);
      nextLook = run;
      return later(() => undefined, 0);
    }) as typeof setTimeout);
    told = [];
    governed = await govern(database, POLICY, { onOperatorEvent: (entry) => told.push(entry) });
  };
  afterEach(async () => {
    vi.restoreAllMocks();
    await governed.close();
    await remove(admin, { ledger: 'drop' });
    await database.query(
      'truncate fault; delete from sale where id > 2000; refresh materialized view sales_by_day; refresh materialized view not_yet with no data',
    );
  });

  const query = (tenant: string, table: string, input: object = {}): Promise<Decision> =>
    governed.call(tenant, 'query', { table, ...input });
  const allowed = (decision: Decision): Allowed => {
    if (decision.decision !== 'allowed') throw new Error(JSON.stringify(decision));
    return decision;
  };
  const holds = async (condition: string): Promise<boolean> =>
    (await database.query<{ ok: boolean }>(`select (${condition}) as ok`))[0]?.ok === true;
  /** Ringfence looks for what is due, until a condition holds in the database. */
  const look = async (until: string): Promise<void> => {
    for (let turns = 0; !(await holds(until)); turns++) {
      if (turns > 5_000) throw new Error(`never came: ${until}; told: ${JSON.stringify(told)}`);
      const run = nextLook;
      nextLook = undefined;
      run?.();
    }
  };
  const refreshed = (view: string): string =>
    `select refreshed_at is not null from ringfence.refresh where view_name = '${view}'`;

  it('is of the tenant, and as old as the last refresh', async () => {
    await open();
    expect(allowed(await query('small', 'sale')).freshness).toBeUndefined();
    await look(refreshed('sales_by_day'));
    const [record] = await database.query<{ at: Date }>(
      `select refreshed_at as at from ringfence.refresh where view_name = 'sales_by_day'`,
    );
    for (const [tenant, rows] of [
      ['small', 200],
      ['large', 1800],
    ] as const) {
      const answer = allowed(
        await governed.call(tenant, 'aggregate', {
          table: 'daily',
          metrics: [{ fn: 'sum', column: 'total', as: 'total' }],
        }),
      );
      expect(answer.rows).toEqual([{ total: rows }]);
      expect(answer.freshness).toEqual({ daily: record?.at.toISOString() });
    }
    expect(allowed(await query('small', 'sales_by_hand'))).toMatchObject({
      rows: [{ total: 200 }],
      freshness: { sales_by_hand: null },
    });
  });

  it('shows what is new once it was refreshed again, by the schedule alone', async () => {
    await open();
    await look(refreshed('sales_by_day'));
    await database.query(`insert into sale values (3000, 'small', '2040-01-01', 7)`);
    const asked = { where: { month: '2040-01-01' }, columns: ['total'] };
    expect(allowed(await query('small', 'daily', asked)).rows).toEqual([]);
    const [clock] = await database.query<{ now: Date }>(
      `update ringfence.refresh set due_at = clock_timestamp() where view_name = 'sales_by_day' returning due_at as now`,
    );
    await look(
      `select refreshed_at >= due_at - interval '15 min' and due_at > clock_timestamp() + interval '10 min' from ringfence.refresh where view_name = 'sales_by_day'`,
    );
    expect(allowed(await query('small', 'daily', asked)).rows).toEqual([{ total: 7 }]);
    expect(allowed(await query('large', 'daily', asked)).rows).toEqual([]);
    await governed.close();
    governed = await govern(database, POLICY);
    const { freshness } = allowed(await query('small', 'daily', asked));
    expect(Date.parse(freshness?.daily ?? '')).toBeGreaterThanOrEqual(Number(clock?.now));
  });

  it('that waits for its first refresh says so, and comes after it', async () => {
    await open();
    expect(await query('small', 'not_yet')).toMatchObject({
      decision: 'failed',
      code: 'database_unavailable',
      reason: 'The table is a materialised view, and has no rows yet.',
    });
    await look(refreshed('not_yet'));
    expect(allowed(await query('small', 'not_yet')).rows).toEqual([{ sales: 200 }]);
    expect(told).toEqual([]);
  });

  it('stays inside the tenant by its statement alone, where the view’s own boundary is gone', async () => {
    await open();
    const columns =
      (
        await database.query<{ sql: string }>(`select pg_get_viewdef('slice_support.daily'::regclass) as sql`)
      )[0]?.sql ?? '';
    expect(columns).toContain('ringfence.tenant');
    await database.query(
      `create or replace view slice_support.daily as ${columns.slice(0, columns.indexOf('WHERE'))}`,
    );
    const rows = allowed(await query('small', 'daily')).rows;
    expect(rows).toHaveLength(200);
  });

  it('is refused where too much of the whole would be read', async () => {
    await open();
    const asNarrow = (tenant: string): Promise<Decision> =>
      governed.call({ tenant, role: 'narrow' }, 'query', { table: 'daily' });
    expect(allowed(await asNarrow('small')).rows).toHaveLength(200);
    expect(await asNarrow('large')).toMatchObject({ decision: 'denied', code: 'too_broad' });
  });

  it('is told to SQL that an agent wrote as well, for each view that it reads', async () => {
    await open();
    const sql = (statement: string): Promise<Decision> =>
      governed.call({ tenant: 'small', role: 'analyst' }, 'sql', { statement });
    await look(refreshed('sales_by_day'));
    const [record] = await database.query<{ at: Date }>(
      `select refreshed_at as at from ringfence.refresh where view_name = 'sales_by_day'`,
    );
    const both = allowed(
      await sql(
        'select sum(d.total) as days, (select sum(h.total) from sales_by_hand h) as hand from daily d',
      ),
    );
    expect(both.rows).toEqual([{ days: 200, hand: 200 }]);
    expect(both.freshness).toEqual({ daily: record?.at.toISOString(), sales_by_hand: null });
    expect(allowed(await sql('select 1 as one')).freshness).toBeUndefined();
    await look(refreshed('not_yet'));
    await database.query('refresh materialized view not_yet with no data');
    expect(await sql('select * from not_yet')).toMatchObject({
      decision: 'failed',
      code: 'database_unavailable',
      reason: 'A materialised view has no rows yet.',
    });
  });

  it('is announced by describe_schema, with how often it is refreshed', async () => {
    await open();
    const { rows, freshness } = allowed(await governed.call('small', 'describe_schema', {}));
    expect(Object.fromEntries(rows.map((row) => [row.table, row.refreshed]))).toEqual({
      sale: undefined,
      daily: 'every 15 minutes',
      sales_by_hand: 'by the product',
      not_yet: 'every minute',
    });
    expect(freshness).toBeUndefined();
    const full = allowed(await governed.call('small', 'describe_schema', { tables: ['daily'] }));
    expect(full.rows).toMatchObject([{ refreshed: 'every 15 minutes', comment: 'What was sold each day' }]);
  });

  it('goes on with the old rows while refreshing fails, which the operator is told', async () => {
    await open();
    await look(refreshed('sales_by_day'));
    await database.query(
      `insert into fault values (0); update ringfence.refresh set due_at = clock_timestamp()`,
    );
    await look(`select failures = 1 from ringfence.refresh where view_name = 'sales_by_day'`);
    expect(allowed(await query('small', 'daily')).rows).toHaveLength(200);
    // The database has written it down before the process hears of it.
    await expect
      .poll(() => told, { timeout: 20_000 })
      .toMatchObject([
        {
          kind: 'refresh_failed',
          message:
            'public.sales_by_day could not be refreshed (SQLSTATE 22012). Its rows stay as they are until a later try succeeds.',
        },
      ]);
  });

  it('does not keep Ringfence from closing while a refresh takes long', async () => {
    await open();
    const holder = await database.connect();
    await holder.query('select pg_advisory_lock(77)');
    await look(
      `select count(*) = 1 from pg_locks where locktype = 'advisory' and objid = 77 and not granted`,
    );
    expect(allowed(await query('small', 'daily')).rows).toHaveLength(200);
    await governed.close();
    // A session's process may need a moment to be gone.
    while (!(await holds(`not exists (select from pg_stat_activity where usename = 'ringfence_gateway')`)));
    await holder.end();
    governed = await govern(database, POLICY);
  });
});
