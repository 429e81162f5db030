/**
 * The first of the two layers by itself: statements through the guard, run by an executor that neither seals nor has row-level security,
 * as a role that may read every tenant's rows. They give what the agent's own text gives on a database with one tenant's rows alone.
 */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import type { GuardSlice } from '../../src/guard/slice.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { PLAIN_EXECUTOR_SQL, runPlainly } from './support/plain-executor.js';
import { SHOP_GRANTS, shopSlice, shopSql, TENANTS } from './support/shop.js';
import { LATER_SHOP_STATEMENTS, SHOP_STATEMENTS } from './support/shop-statements.js';

/** Each gives something else on the tables of all tenants: a scope that is missing in one place shows. */
const CROSSING = [
  'select * from customer',
  'select * from invoice order by total desc limit 2',
  'select customer.name, invoice.id from base.customer, base.invoice',
  'select count(*), max(total), min(issued) from invoice',
  'select customer from customer',
  'select to_jsonb(c) from customer c',
  'select c from customer c where c is not null',
  'select row(c.*) from customer c',
  'select (select count(*) from invoice)',
  'select c.name, i.id from customer c join invoice i on i.customer_id = c.id',
  'select c.name, i.id from customer c left join invoice i on i.customer_id = c.id',
  'select c.name, i.id from customer c right join invoice i on i.customer_id = c.id',
  'select c.name, i.id from customer c full join invoice i on i.customer_id = c.id',
  'select c.name, i.id from customer c full join invoice i on false',
  'select count(*) from customer cross join invoice',
  'select count(*) from customer, invoice',
  'select count(*) from customer natural join invoice',
  'select count(*) from customer a join customer b using (country)',
  'select j.name from (customer c join invoice i on i.customer_id = c.id) as j (x, name)',
  'select name from customer a where exists (select from customer b where b.name = a.name and b.id <> a.id) union all select name from customer',
  'select name from customer where id + 4 not in (select customer_id from invoice where customer_id is not null)',
  'select name from customer where id = any (select customer_id from invoice)',
  'select name from customer where (id, name) in (select customer_id, name from invoice) or true',
  'select array(select id from invoice order by 1)',
  'select c.name, l.n from customer c, lateral (select count(*) as n from invoice i where i.customer_id = c.id) l',
  'select c.name, l.* from customer c left join lateral (select * from invoice i where i.customer_id = c.id order by id desc limit 1) l on true',
  'select c.name, (select sum(total) from invoice i where i.customer_id = c.id and i.total < (select max(total) from invoice)) from customer c',
  'with customer as (select * from invoice) select * from customer',
  'with customer as (select * from customer) select * from customer',
  'with a as (select * from customer), customer as (select id from invoice) select a.name, customer.id from a, customer',
  'with recursive customer as (select id, parent from invoice where parent is null union all select i.id, i.parent from invoice i join customer c on i.parent = c.id) select * from customer',
  'with recursive up (id, parent) as (select id, parent from invoice union select i.id, i.parent from up join invoice i on i.id = up.parent) select * from up',
  'with a as (with customer as (select 1 as id) select * from customer) select a.id, c.id from a, customer c',
  'with a as materialized (select * from invoice), b as not materialized (select * from a) select count(*) from a, b',
  'select (with c as (select * from customer) select count(*) from c)',
  'select id from customer union select id from invoice',
  'select id from invoice except select id from customer',
  'select id from customer intersect all select id from invoice union all select id from customer',
  '(select name from customer order by id desc limit 1) union all (select name from customer order by id limit 1)',
  'select name, rank() over (order by rating desc nulls last), count(*) over () from customer',
  'select id, sum(total) over w, lag(total) over w from invoice window w as (order by id)',
  'select status, count(*), sum(count(*)) over () from invoice group by status',
  'select status, customer_id, sum(total) from invoice group by rollup (status, customer_id)',
  'select distinct name from customer',
  'select distinct on (country) country, name from customer order by country, id desc',
  "select country, string_agg(name, ',' order by id) from customer group by country having count(*) >= 1",
  'select percentile_disc(0.5) within group (order by total) from invoice',
  'select jsonb_object_agg(id, name) from customer',
  'select "C"."name" from customer as "C"',
  'select x.b from customer as x (a, b)',
  'select only_name from (select name as only_name from (select * from customer) a) b',
  'select * from (select id from customer union all select id from invoice) u where id > 0',
  'values ((select count(*) from customer))',
  'table invoice',
  'select t.* from (table customer) t',
  'select u.tag, c.name from customer c, unnest(c.tags) as u (tag)',
  'select e.key, count(*) from customer c, jsonb_each(c.settings) e group by e.key',
  'select g, (select count(*) from invoice where id <= g) from generate_series(1, 12) g',
  'select case when exists (select 1 from invoice where total > 600) then 1 else 0 end, count(*) from customer',
  'select name from customer order by (select max(total) from invoice i where i.customer_id = customer.id), name',
  'select count(*) from customer limit (select count(*) from invoice)',
  'select id from invoice offset (select count(*) - 4 from invoice)',
  'select count(*) filter (where i.total > (select avg(total) from invoice)) from invoice i',
  'select c.id, d.id from customer c join customer d on c.id < d.id join invoice i on i.customer_id in (c.id, d.id)',
  'select 1 from customer a left join (customer b left join invoice i on i.customer_id = b.id) on a.id = b.id',
] as const;

const CLOCK = /current_|localtime|now\(/;

describeOnServers('a guarded text', (server) => {
  let guard: Guard;
  let slice: GuardSlice;
  const databases: TestDatabase[] = [];
  let everyone: pg.Client;
  let alone: pg.Client;

  async function shop(tenants: readonly string[], searchPath: string): Promise<pg.Client> {
    const database = await createDatabase(server, { sql: shopSql(tenants) + PLAIN_EXECUTOR_SQL });
    databases.push(database);
    const client = await database.connect(await database.createLogin({ sql: SHOP_GRANTS }));
    await client.query(`set search_path = ${searchPath}`);
    return client;
  }

  beforeAll(async () => {
    guard = await createGuard();
    slice = shopSlice(server.major);
    everyone = await shop(TENANTS, 'pg_catalog');
    alone = await shop(['red'], 'agent, base');
  });
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  const written = (statement: string): string => {
    const verdict = guard.judge(statement, slice);
    if ('rule' in verdict) throw new Error(`${statement}: ${verdict.reason}`);
    return verdict.text;
  };

  const later = LATER_SHOP_STATEMENTS.filter(([since]) => since <= server.major).map(
    ([, statement]) => statement,
  );
  const steady = [...SHOP_STATEMENTS, ...later].filter((statement) => !CLOCK.test(statement));
  it.each(steady)('gives what a database with one tenant gives: %s', async (statement) => {
    const expected = await runPlainly(alone, statement, 'red');
    expect(await runPlainly(everyone, written(statement), 'red')).toEqual(expected);
  });

  it.each(CROSSING)('keeps to one tenant: %s', async (statement) => {
    const expected = await runPlainly(alone, statement.replaceAll('base.', ''), 'red');
    expect(expected.join()).not.toMatch(/^error/);
    // Without the guard it reaches further, so the comparison means something.
    await everyone.query('set search_path = agent, base');
    const raw = await runPlainly(everyone, statement.replaceAll('base.', ''), 'red');
    await everyone.query('set search_path = pg_catalog');
    expect(raw).not.toEqual(expected);
    expect(await runPlainly(everyone, written(statement), 'red')).toEqual(expected);
  });

  it('gives nothing where no tenant is given', async () => {
    const { rows } = await everyone.query('select run from base.run($1, null)', [
      written('select * from customer full join invoice on true'),
    ]);
    expect(rows).toEqual([]);
  });
});
