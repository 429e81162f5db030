/** What every role of a database could do before a policy was applied, it can do after, and after it was removed again. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type Login, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { applyPolicy, planPolicy } from './support/governed.js';

const SHOP = `
create role shop_owner; create role shop_group; create role shop_definer; create role shop_viewer;
create schema shop authorization shop_owner;
grant usage on schema shop to public;
set role shop_owner;
create table shop.account (id int primary key, org int not null, name text not null, secret text, credit numeric(8,2));
create table shop.orders (id serial primary key, account_id int not null references shop.account on delete cascade, total numeric(8,2), note text);
create table shop.open_to_all (id int primary key, org int not null, body text);
create table shop.kept (id int primary key, org int not null);
create index on shop.account (org); create index on shop.account (name text_pattern_ops); create index on shop.orders (account_id);
insert into shop.account select n, n % 7, 'name ' || n, 'secret ' || n, n from generate_series(1, 500) n;
insert into shop.orders (account_id, total, note) select n % 500 + 1, n, 'note ' || n from generate_series(1, 2000) n;
insert into shop.open_to_all select n, n % 3, 'body ' || n from generate_series(1, 50) n;
insert into shop.kept select n, n % 3 from generate_series(1, 50) n;
alter table shop.kept enable row level security;
create policy odd on shop.kept to public using (id % 2 = 1);
create view shop.by_owner as select id, name from shop.account;
reset role;
grant select on all tables in schema shop to shop_group;
grant select on shop.account, shop.orders to shop_definer, shop_viewer;
grant select on shop.open_to_all, shop.kept to public;
grant create on schema shop to shop_definer, shop_viewer;
create function shop.total() returns numeric language sql security definer as 'select sum(total) from shop.orders';
alter function shop.total() owner to shop_definer;
create view shop.by_viewer as select a.name, o.total from shop.account a join shop.orders o on o.account_id = a.id;
alter view shop.by_viewer owner to shop_viewer;
grant select on shop.by_viewer, shop.by_owner to public;
analyze;
`;

const POLICY = `
schema: shop
tables:
  account: { tenant: { column: org } }
  orders: { tenant: { via: account } }
  open_to_all: { tenant: { column: org } }
  kept: { tenant: { column: org } }
roles:
  support:
    tools: [query, create, update]
    tables:
      account: { columns: all, update: [name] }
      orders: { columns: all }
      open_to_all: {}
      kept: {}
`;

const STATEMENTS = [
  `select md5(string_agg(t::text, ',' order by t.id)) from shop.account t`,
  `select md5(string_agg(t::text, ',' order by t.id)) from shop.orders t`,
  `select md5(string_agg(t::text, ',' order by t.id)) from shop.open_to_all t`,
  `select md5(string_agg(t::text, ',' order by t.id)) from shop.kept t`,
  `select md5(string_agg(name, ',' order by id)) from shop.account`,
  `select count(*) from shop.account`,
  `select md5(string_agg(t::text, ',' order by t.name, t.total)) from shop.by_viewer t`,
  `select md5(string_agg(t::text, ',' order by t.id)) from shop.by_owner t`,
  'select shop.total()',
  `insert into shop.account values (9001, 1, 'n', 's', 1) returning *`,
  `insert into shop.orders (account_id, total) values (1, 1) returning account_id, total`,
  `update shop.account set name = name || '!' where org = 3`,
  `update shop.orders set total = total + 1`,
  `delete from shop.account where id < 20`,
  'select id from shop.account where org = 3 for update',
  `insert into shop.account values (1, 1, 'n', 's', 1) on conflict (id) do update set credit = 7 returning credit`,
  `merge into shop.account a using (values (1), (9001)) v (id) on a.id = v.id when matched then update set credit = 1 when not matched then insert values (v.id, 1, 'n', 's', 1)`,
  'truncate shop.open_to_all',
  'copy (select * from shop.account order by id) to stdout',
  'explain select * from shop.account where id = 5',
  'explain select * from shop.account where org = 3 order by id limit 5',
  'explain select name from shop.account where org = 3 and id > 100',
  'explain select a.name, o.total from shop.account a join shop.orders o on o.account_id = a.id where a.org = 2',
  // Their operators are not leakproof: the estimate loses the column's statistics, which the plan says beforehand.
  'explain (costs off) select * from shop.account where credit = 5',
  `explain (costs off) select * from shop.account where name like 'name 12%' and credit > 3`,
  `explain update shop.account set name = 'x' where id = 5`,
];

/** Who does it: a login, and the role it then takes. */
interface Somebody {
  readonly login?: Login;
  readonly role?: string;
}

describeOnServers('applying a policy', (server) => {
  let database: TestDatabase;
  let everybody: ReadonlyMap<string, Somebody>;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SHOP });
    const login = async (sql: string): Promise<Somebody> => ({ login: await database.createLogin({ sql }) });
    const noInherit = await database.createLogin({
      sql: 'alter role $login noinherit; grant shop_group to $login',
    });
    everybody = new Map<string, Somebody>([
      ['superuser', {}],
      ['owner', { role: 'shop_owner' }],
      ['member of the owner', await login('grant shop_owner to $login')],
      ['reader', await login('grant select on all tables in schema shop to $login')],
      ['reader of columns', await login('grant select (id, name) on shop.account to $login')],
      ['member of a group', await login('grant shop_group to $login')],
      ['member that does not inherit', { login: noInherit }],
      ['member that does not inherit, as the group', { login: noInherit, role: 'shop_group' }],
      ['one without any grant', await login('')],
      ['one who may read all', await login('grant pg_read_all_data to $login')],
      ['one who may write all', await login('grant pg_read_all_data, pg_write_all_data to $login')],
      [
        'one who passes by',
        await login('alter role $login bypassrls; grant select on all tables in schema shop to $login'),
      ],
      [
        'writer',
        await login(
          'grant select, insert, update, delete, truncate on all tables in schema shop to $login; grant usage on all sequences in schema shop to $login',
        ),
      ],
      [
        'writer who may not read',
        await login('grant insert on shop.account to $login; grant update (name) on shop.account to $login'),
      ],
      ['definer', { role: 'shop_definer' }],
      ['view owner', { role: 'shop_viewer' }],
    ]);
  });
  afterAll(() => database.drop());

  const record = async (): Promise<ReadonlyMap<string, unknown>> => {
    const seen = new Map<string, unknown>();
    const all = async (statements: readonly string[]): Promise<void> => {
      for (const [name, { login, role }] of everybody) {
        const client = await database.connect(login);
        if (role !== undefined) await client.query(`set role ${role}`);
        for (const sql of statements) seen.set(`${name}: ${sql}`, await outcome(client, sql));
        await client.end();
      }
    };
    // Rolled-back writes leave dead rows, which estimates would count.
    await database.query('vacuum (full, analyze) shop.account, shop.orders');
    await all(STATEMENTS.filter((sql) => sql.startsWith('explain')));
    await all(STATEMENTS.filter((sql) => !sql.startsWith('explain')));
    return seen;
  };

  it('leaves what each existing role reads, writes and is refused as it was, plans included, and so does removing it', async () => {
    const before = await record();
    // The recording can tell: every kind of outcome is in it.
    const outcomes = [...before.values()].map((value) => JSON.stringify(value));
    expect(new Set(outcomes).size).toBeGreaterThan(20);
    expect(before.get('reader: select count(*) from shop.account')).toMatchObject([['500']]);
    expect(before.get('one without any grant: select count(*) from shop.account')).toBe('42501');

    const admin = await database.connect();
    const todo = await planPolicy(admin, POLICY);
    await applyPolicy(admin, POLICY, { expect: todo.digest });
    expect(await record()).toEqual(before);
    // Switched on it is, for roles that come later.
    const later = await database.createLogin({ sql: 'grant select on shop.account to $login' });
    expect(await outcome(await database.connect(later), 'select count(*) from shop.account')).toEqual([
      ['0'],
    ]);

    await remove(admin);
    expect(await record()).toEqual(before);
  });

  it('names in the plan every role that goes on past the boundary', async () => {
    const admin = await database.connect();
    const { notes, steps } = await planPolicy(admin, POLICY);
    const passing = steps.filter(({ identity }) =>
      identity.startsWith('shop.account: ringfence_passthrough'),
    );
    const names = passing.flatMap(({ affects }) => affects);
    expect(names).toEqual(
      expect.arrayContaining([
        'shop_group',
        'shop_definer',
        'shop_viewer',
        'pg_read_all_data',
        'pg_write_all_data',
      ]),
    );
    for (const name of ['reader', 'reader of columns', 'writer', 'writer who may not read']) {
      expect(names).toContain(everybody.get(name)?.login?.name);
    }
    for (const name of ['member of a group', 'one without any grant', 'member of the owner']) {
      expect(names).not.toContain(everybody.get(name)?.login?.name);
    }
    expect(notes.filter(({ about }) => about === 'bypass').map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('shop_group used 3 tables'),
        expect.stringContaining('No row security binds'),
      ]),
    );
    expect(notes).toContainEqual(expect.objectContaining({ about: 'policy', table: 'shop.kept' }));
  });
});

async function outcome(client: pg.Client, sql: string): Promise<unknown> {
  await client.query('begin');
  try {
    if (sql.startsWith('copy'))
      return (
        await client.query({
          text: `select md5(string_agg(t::text, ',')) from (${sql.slice(6, sql.lastIndexOf(')'))}) t`,
          rowMode: 'array',
        })
      ).rows;
    const result = await client.query({ text: sql, rowMode: 'array' });
    return result.command === 'SELECT' || result.command === 'EXPLAIN'
      ? result.rows
      : [result.command, result.rowCount, result.rows];
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query('rollback');
  }
}
