/** A materialised view has no row-level security: its slice views hold the boundary alone, whatever a statement brings along. */
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Agent, applyPolicy, connectAgent, planPolicy, type Sealed } from './support/governed.js';
import { catalogState } from './support/state.js';

const A = '00000000-0000-0000-0000-00000000000a';
const B = '00000000-0000-0000-0000-00000000000b';

/** A's customers are called `ours-…` and have numbers for codes, B's are called `theirs-…` and have none. */
const SQL = `
create table sale (id int primary key, organization_id uuid not null, workspace text, region text, month date, amount numeric, customer text, code text);
insert into sale select n, case when n % 2 = 0 then '${A}' else '${B}' end::uuid, 'w' || n % 4, case when n % 3 = 0 then 'north' else 'south' end,
  date '2026-01-01' + 31 * (n % 5), n, case when n % 2 = 0 then 'ours-' else 'theirs-' end || n, case when n % 2 = 0 then '1' else 'x' end
from generate_series(1, 600) n;
insert into sale values (1001, '${B}', 'w1', 'north', '2030-01-01', 424242, 'theirs-1001', 'x');
create materialized view sales_by_month as
  select organization_id, workspace, month, region, sum(amount) as total, count(*) as orders, min(customer) as best_customer, min(code) as code
  from sale group by organization_id, workspace, month, region;
create unique index on sales_by_month (organization_id, workspace, month, region);
create materialized view best_months as select month, sum(amount) as total from sale group by month;
create role reporting login; grant select on sales_by_month to reporting;

-- What an attacker would like to find: functions and operators that tell of each row they see.
create schema spy; grant usage on schema spy to public;
create function spy.trips(seen text) returns bool language plpgsql stable cost 0.0001 as $$
begin if seen ^@ 't' or seen = 'x' then raise exception 'saw %', seen; end if; return true; end $$;
create function spy.same(a text, b text) returns bool language plpgsql stable cost 0.0001 as $$
begin return spy.trips(a) and spy.trips(b) and a <> b; end $$;
create operator spy.=== (leftarg = text, rightarg = text, function = spy.same, restrict = eqsel, join = eqjoinsel, commutator = OPERATOR(spy.===));
-- The usual way to give a tenant its part: PostgreSQL does first what it takes for cheaper.
create function spy.tenant() returns uuid language plpgsql as $$ begin return '${A}'; end $$;
create view spy.naive as select month, region, total, orders, best_customer, code from sales_by_month where organization_id = spy.tenant();
grant select on spy.naive to public;
analyze;
`;

const POLICY = `
tables:
  sales_by_month: { tenant: { column: organization_id }, workspace: { column: workspace } }
  best_months: { tenant: shared }
roles:
  support:
    reach: tenant
    tables:
      sales_by_month: { columns: [month, region, total, orders, best_customer, code], mask: { best_customer: partial } }
      best_months: { rows: { total: { gte: 1000 } } }
  north: { tables: { sales_by_month: { columns: [month, total], rows: { region: north } } } }
`;

/** FROM clauses, \`v\` standing for the view: each lets something see a row before it is asked whose the row is. */
const ATTACKS: Readonly<Record<string, string>> = {
  'a function in WHERE': 'v where spy.trips(best_customer)',
  'an operator of one’s own, which the planner also tries on statistics': `v where best_customer operator(spy.===) 'ours-2'`,
  'a division by zero on a guessed number': 'v where 1 / (total - 424242) is not null',
  'a cast that fails': 'v where code::int = 1',
  'a function in a join condition': `v join (values (1)) one (n) on spy.trips(v.best_customer)`,
  'a condition on groups': 'v group by month, region, best_customer having spy.trips(best_customer)',
  'a condition outside a subquery': '(select * from v) inner_v where spy.trips(best_customer)',
  'a condition that is an OR': `v where region = 'nowhere' or spy.trips(best_customer)`,
};

describeOnServers('a materialised view', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;
  let agent: Agent;
  let before: unknown;
  const ours: Sealed = { tenant: A, role: 'support' };
  const theirs: Sealed = { tenant: B, role: 'support' };
  const SLICE = 'slice_support.sales_by_month';
  const count = async (seal: Sealed | null, from: string, as?: string): Promise<number> =>
    (await agent.rows<{ n: number }>(seal, `select count(*)::int as n from ${from}`, as))[0]?.n ?? -1;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    before = await catalogState(database);
    admin = await database.connect();
    await applyPolicy(admin, POLICY);
    agent = await connectAgent(database);
  });
  afterAll(() => database.drop());

  it('shows a tenant its own rows, as far as role and row rule go', async () => {
    const truth = await database.query(
      `select month, region, total, orders, left(best_customer, 1) || '***' as best_customer, code from sales_by_month where organization_id = $1 order by 1, 2, 3`,
      [A],
    );
    expect(truth.length).toBeGreaterThan(10);
    expect(
      await agent.rows(
        ours,
        `select month, region, total, orders, best_customer, code from ${SLICE} order by 1, 2, 3`,
      ),
    ).toEqual(truth);
    const north: Sealed = { tenant: A, workspace: 'w2', user: 'u', role: 'north' };
    expect(await agent.rows(north, 'select month, total from slice_north.sales_by_month order by 1')).toEqual(
      await database.query(
        `select month, total from sales_by_month where organization_id = $1 and workspace = 'w2' and region = 'north' order by 1`,
        [A],
      ),
    );
    expect(
      await agent.rows({ ...north, workspace: 'w1' }, 'select * from slice_north.sales_by_month'),
    ).toEqual([]);
  });

  it('shows reference data to whoever has a boundary, and to nobody without one', async () => {
    const truth = await database.query('select * from best_months where total >= 1000 order by month');
    expect(await agent.rows(theirs, 'select * from slice_support.best_months order by month')).toEqual(truth);
    expect(await agent.rows(null, 'select * from slice_support.best_months')).toEqual([]);
  });

  it('is closed without a seal, and under the seal of another role', async () => {
    expect(await count(null, SLICE)).toBe(0);
    expect(await count({ ...ours, role: 'north' }, SLICE, 'ringfence_slice_support')).toBe(0);
    expect(await count(ours, SLICE)).toBeGreaterThan(0);
  });

  it('gives nothing where statement and seal name different tenants', async () => {
    expect(await count(ours, `${SLICE} where organization_id = '${A}'`)).toBe(await count(ours, SLICE));
    expect(await count(ours, `${SLICE} where organization_id = '${B}'`)).toBe(0);
    expect(await count(theirs, `${SLICE} where organization_id = '${A}'`)).toBe(0);
  });

  describe.each(Object.entries(ATTACKS))('attacked by %s', (_, from) => {
    it('shows foreign rows through a plain view, and none through its slice', async () => {
      const raw = await agent.refusal(ours, `select 1 from ${from.replace(/\bv\b/, 'spy.naive v')}`);
      expect(raw.code).toMatch(/^(P0001|22012|22P02)$/);
      const held = await agent.rows(ours, `select 1 from ${from.replace(/\bv\b/, `${SLICE} v`)}`);
      expect(held.length).toBeGreaterThan(0);
    });
  });

  it('has its barrier put back where somebody takes it away', async () => {
    await database.query(`alter view ${SLICE} reset (security_barrier)`);
    expect((await agent.refusal(ours, `select 1 from ${SLICE} where spy.trips(code)`)).message).toBe('saw x');
    const { steps } = await planPolicy(admin, POLICY);
    expect(steps.map(({ sign, identity }) => `${sign} ${identity}`)).toContain(`~ ${SLICE}`);
    await applyPolicy(admin, POLICY);
    expect(await agent.rows(ours, `select 1 from ${SLICE} where spy.trips(code)`)).not.toEqual([]);
  });

  it('is out of reach itself, with its statistics, for the gateway and every slice', async () => {
    for (const role of ['ringfence_slice_support', 'ringfence_slice_north', 'ringfence_gateway']) {
      for (const sql of [
        'select * from public.sales_by_month',
        'refresh materialized view public.sales_by_month',
      ])
        expect((await agent.refusal(role === 'ringfence_gateway' ? null : ours, sql, role)).code).toBe(
          '42501',
        );
      expect(
        await agent.rows(
          ours,
          `select * from pg_stats where tablename in ('sales_by_month', 'best_months')`,
          role,
        ),
      ).toEqual([]);
    }
    expect(await database.query(`select * from pg_stats where tablename = 'sales_by_month'`)).not.toEqual([]);
    // As a whole row it has no more columns than the slice.
    const [row] = await agent.rows<{ whole: object }>(
      ours,
      `select to_jsonb(v) as whole from ${SLICE} v limit 1`,
    );
    expect(Object.keys(row?.whole ?? {}).sort()).toEqual(
      ['best_customer', 'code', 'month', 'orders', 'organization_id', 'region', 'total'].sort(),
    );
    expect((await agent.refusal(ours, `select ctid from ${SLICE}`)).code).toBe('42703');
  });

  it('is not exposed at all while PUBLIC may read it, which nothing could hold', async () => {
    await database.query('grant select (total) on sales_by_month to public');
    expect(await count(ours, 'public.sales_by_month where total > 0')).toBeGreaterThan(
      await count(ours, SLICE),
    );
    await expect(planPolicy(admin, POLICY)).rejects.toThrow(/tables\.sales_by_month {2}PUBLIC may read it/);
    await database.query('revoke all on sales_by_month from public');
    expect((await planPolicy(admin, POLICY)).steps).toEqual([]);
  });

  it('serves everybody else as before, and is refreshed by its owner as before', async () => {
    const client = await database.connect();
    await client.query('set role reporting');
    const { rows } = await client.query('select count(*)::int as n from sales_by_month');
    await client.query('reset role; refresh materialized view concurrently sales_by_month');
    await client.end();
    expect(rows).toEqual(await database.query('select count(*)::int as n from sales_by_month'));
  });

  it('can be dropped and defined anew, and is fenced again by applying', async () => {
    const again =
      (await database.query<{ sql: string }>(`select pg_get_viewdef('sales_by_month'::regclass) as sql`))[0]
        ?.sql ?? '';
    await expect(database.query('drop materialized view sales_by_month')).rejects.toThrow(/depend/);
    await database.query(
      `drop materialized view sales_by_month cascade; create materialized view sales_by_month as ${again};
       create unique index on sales_by_month (organization_id, workspace, month, region); grant select on sales_by_month to reporting`,
    );
    await applyPolicy(admin, POLICY);
    expect((await planPolicy(admin, POLICY)).steps).toEqual([]);
    expect(await count(ours, SLICE)).toBeGreaterThan(0);
    expect(await count(ours, `${SLICE} where organization_id <> '${A}'`)).toBe(0);
  });

  it('is as it was once Ringfence is taken out', async () => {
    await database.query(
      `create view spy.naive as select month from sales_by_month where organization_id = '${A}'; grant select on spy.naive to public`,
    );
    await remove(admin);
    const without = (state: unknown): unknown =>
      (state as { name: string }[]).filter(({ name }) => name !== 'spy.naive');
    expect(without(await catalogState(database))).toEqual(without(before));
  });
});
