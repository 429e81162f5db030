/** A materialised view has no row-level security: its slice views hold the boundary alone, against everything a statement can bring. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Agent, applyPolicy, connectAgent, planPolicy, type Sealed } from './support/governed.js';
import { catalogState } from './support/state.js';

const A = '00000000-0000-0000-0000-00000000000a';
const B = '00000000-0000-0000-0000-00000000000b';

const SQL = `
create table sale (id int primary key, organization_id uuid not null, workspace text, region text not null, month date not null, amount numeric not null, customer text not null);
insert into sale select n, case when n % 2 = 0 then '${A}' else '${B}' end::uuid, 'w' || n % 4, case when n % 3 = 0 then 'north' else 'south' end,
  date '2026-01-01' + 31 * (n % 6), n, case when n % 2 = 0 then 'ours-' else 'theirs-' end || n from generate_series(1, 600) n;
create materialized view sales_by_month as
  select organization_id, workspace, month, region, sum(amount) as total, count(*) as orders, min(customer) as first_customer
  from sale group by organization_id, workspace, month, region;
create unique index on sales_by_month (organization_id, workspace, month, region);
create materialized view best_months as select month, sum(amount) as total from sale group by month;
analyze;

-- What an attacker would like to have: functions and operators that tell of each row they see.
create schema spy;
grant usage on schema spy to public;
create function spy.tells(seen text) returns bool language plpgsql cost 0.0001 as $$ begin raise notice 'saw %', seen; return true; end $$;
create function spy.divides(seen numeric) returns bool language sql cost 0.0001 as $$ select 1 / (seen - seen) > 0 $$;
create function spy.same(a text, b text) returns bool language plpgsql cost 0.0001 as $$ begin raise notice 'saw %', a; raise notice 'saw %', b; return a = b; end $$;
create operator spy.=== (leftarg = text, rightarg = text, function = spy.same, restrict = eqsel, join = eqjoinsel, commutator = ===);
`;

const POLICY = `
tables:
  sales_by_month: { tenant: { column: organization_id }, workspace: { column: workspace } }
  best_months: { tenant: shared }
roles:
  support:
    reach: tenant
    tables:
      sales_by_month: { columns: [month, region, total, orders, first_customer], mask: { first_customer: partial } }
      best_months: {}
  north: { tables: { sales_by_month: { columns: [month, total], rows: { region: north } } } }
`;

describeOnServers('a materialised view', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;
  let agent: Agent;
  let before: unknown;
  const ours: Sealed = { tenant: A, role: 'support' };

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    before = await catalogState(database);
    admin = await database.connect();
    await applyPolicy(admin, POLICY);
    agent = await connectAgent(database);
  });
  afterAll(() => database.drop());

  it('shows x', async () => {
    console.log(await agent.rows(ours, 'select * from slice_support.sales_by_month limit 2'));
    console.log((await planPolicy(admin, POLICY)).notes);
    console.log(await agent.rows(ours, 'explain select * from slice_support.sales_by_month where spy.tells(region) and region = \'north\' order by month limit 3', 'ringfence_slice_support'));
  });
});
