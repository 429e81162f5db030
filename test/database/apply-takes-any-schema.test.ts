/** Names, keys and shapes that other people's databases have. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remove } from '../../src/database/remove.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Agent, applyPolicy, connectAgent, planPolicy, type Sealed } from './support/governed.js';
import { catalogState } from './support/state.js';

/** 63 bytes, as long as PostgreSQL allows, with a character across the 63rd byte's neighbourhood. */
const LONG = `${'é'.repeat(31)}x`;

const SQL = `
create schema "Odd Schema"; create schema types;
create type types.mood as enum ('glad', 'it''s sad');
create domain types.key as int check (value > 0);
create role "Reader ""R"" ${'ü'.repeat(20)}";
create table "Odd Schema"."Order ""Details""" (
  "select" types.key primary key, "Org Id" uuid not null, "a.b" text, feeling types.mood, tags text[] default '{}',
  "Größe" numeric(6,2) generated always as (1) stored, "Parent" types.key references "Odd Schema"."Order ""Details"""
);
grant select on "Odd Schema"."Order ""Details""" to "Reader ""R"" ${'ü'.repeat(20)}";
insert into "Odd Schema"."Order ""Details""" ("select", "Org Id", "a.b", feeling) values
  (1, '00000000-0000-0000-0000-00000000000a', 'it''s \\ one', 'glad'), (2, '00000000-0000-0000-0000-00000000000b', 'two', 'it''s sad');
create table "${LONG}" (id int primary key, org uuid not null);
insert into "${LONG}" values (1, '00000000-0000-0000-0000-00000000000a'), (2, '00000000-0000-0000-0000-00000000000b');
create table "${LONG.slice(0, -1)}y" (id int primary key, up int not null references "${LONG}");
insert into "${LONG.slice(0, -1)}y" values (1, 1), (2, 2);

create table team (org text, code text, boss_id int, primary key (org, code));
create table person (id int primary key, org text not null, team_code text, best_friend int references person, foreign key (org, team_code) references team);
alter table team add foreign key (boss_id) references person;
create table badge (person_id int references person, n int, label text, primary key (person_id, n));
create table scan (badge_person int, badge_n int, at timestamptz, foreign key (badge_person, badge_n) references badge);
insert into team values ('a', 't1', null), ('b', 't1', null);
insert into person values (1, 'a', 't1', null), (2, 'b', 't1', null), (3, 'a', null, 1);
insert into badge values (1, 1, 'a1'), (2, 1, 'b1');
insert into scan values (1, 1, now()), (2, 1, now()), (null, null, now()), (1, null, now());

create table log (id int, org text not null, at date not null, body text) partition by range (at);
create table log_2026 partition of log for values from ('2026-01-01') to ('2027-01-01');
insert into log values (1, 'a', '2026-02-03', 'x'), (2, 'b', '2026-02-03', 'y');
`;

const ORG_A = '00000000-0000-0000-0000-00000000000a';

const POLICY = `
tables:
  '"Odd Schema"."Order ""Details"""': { as: order_details, tenant: { column: '"Org Id"' } }
  '"${LONG}"': { tenant: { column: org } }
  '"${LONG.slice(0, -1)}y"': { tenant: { via: '"${LONG}"' } }
roles:
  support:
    tools: [query, update]
    tables:
      order_details: { columns: all, update: ['"a.b"', '"Parent"'], rows: { 'a.b': { ne: "none \\\\ of 'these'" }, feeling: { in: ["it's sad", glad] } } }
      '"${LONG}"': {}
      '"${LONG.slice(0, -1)}y"': {}
`;

const PEOPLE = `
tables:
  team: { tenant: { column: org } }
  person: { tenant: { column: org } }
  badge: { tenant: { via: person } }
  scan: { tenant: { via: badge } }
  log: { tenant: { column: org } }
acknowledge:
  unique: [person.id, team.code]
roles:
  support:
    tools: [query, create, update]
    tables:
      team: { columns: all, update: [boss_id] }
      person: { columns: all, create: [id, best_friend, team_code], update: [best_friend] }
      badge: { columns: all, rows: { label: { is_null: false } } }
      scan: {}
      log: { columns: all, mask: { at: year } }
`;

describeOnServers('a policy for a database with', (server) => {
  let database: TestDatabase;
  let admin: pg.Client;
  let agent: Agent;
  let before: unknown;

  beforeAll(async () => {
    database = await createDatabase(server, { sql: SQL });
    before = await catalogState(database);
    admin = await database.connect();
  });
  afterAll(() => database.drop());

  it('mixed case, spaces, quotes, dots and names as long as can be is applied, used and taken out', async () => {
    await applyPolicy(admin, POLICY);
    expect((await planPolicy(admin, POLICY)).steps).toEqual([]);
    agent = await connectAgent(database);
    const seal: Sealed = { tenant: ORG_A, role: 'support' };
    const rows = await agent.rows(seal, 'select * from slice_support.order_details');
    expect(rows).toEqual([
      {
        select: 1,
        'Org Id': ORG_A,
        'a.b': "it's \\ one",
        feeling: 'glad',
        tags: [],
        Größe: '1.00',
        Parent: null,
      },
    ]);
    expect(
      await agent.rows(seal, `select 1 from slice_support.order_details where feeling = 'glad'::types.mood`),
    ).toHaveLength(1);
    expect(
      await agent.rows(seal, `update slice_support.order_details set "Parent" = 1 returning "Parent"`),
    ).toEqual([{ Parent: 1 }]);
    expect(await agent.refusal(seal, `update slice_support.order_details set "Parent" = 2`)).toEqual(
      await agent.refusal(seal, `update slice_support.order_details set "Parent" = 77`),
    );
    expect(await agent.rows(seal, `select id from slice_support."${LONG}"`)).toEqual([{ id: 1 }]);
    expect(await agent.rows(seal, `select id from slice_support."${LONG.slice(0, -1)}y"`)).toEqual([
      { id: 1 },
    ]);
    await remove(admin);
    expect(await catalogState(database)).toEqual(before);
  });

  it('composite keys, keys to itself, circles of keys and partitions is applied, used and taken out', async () => {
    await applyPolicy(admin, PEOPLE);
    expect((await planPolicy(admin, PEOPLE)).steps).toEqual([]);
    agent = await connectAgent(database);
    const seal: Sealed = { tenant: 'a', role: 'support' };
    expect(await agent.rows(seal, 'select badge_person, badge_n from slice_support.scan')).toEqual([
      { badge_person: 1, badge_n: 1 },
    ]);
    expect(await agent.rows(seal, 'select * from scope_support.badge')).toEqual([
      { n: 1, person_id: 1, ringfence_tenant: 'a' },
    ]);
    expect(await agent.rows(seal, `select id, at::text from slice_support.log`)).toEqual([
      { id: 1, at: '2026-01-01' },
    ]);

    const insert = (id: number, friend: number | null): string =>
      `insert into slice_support.person (id, org, best_friend) values (${id}, 'a', ${friend ?? 'null'}) returning best_friend`;
    expect(await agent.rows(seal, insert(10, 3))).toEqual([{ best_friend: 3 }]);
    expect(await agent.rows(seal, insert(10, null))).toEqual([{ best_friend: null }]);
    expect(await agent.rows(seal, insert(10, 10))).toEqual([{ best_friend: 10 }]);
    const hidden = await agent.refusal(seal, insert(10, 2));
    expect(hidden).toMatchObject({ code: '42501' });
    expect(hidden).toEqual(await agent.refusal(seal, insert(10, 999)));
    expect(await agent.rows(seal, 'update slice_support.team set boss_id = 3 returning boss_id')).toEqual([
      { boss_id: 3 },
    ]);
    expect(await agent.refusal(seal, 'update slice_support.team set boss_id = 2')).toEqual(
      await agent.refusal(seal, 'update slice_support.team set boss_id = 999'),
    );
    // The guard itself answers nothing to anybody without the seal.
    const [guard] = await database.query<{ call: string }>(
      `select format('select %I.%I(1) as inside', n.nspname, p.proname) as call from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'scope_support'`,
    );
    expect(await agent.rows(seal, guard?.call ?? '')).toEqual([{ inside: true }]);
    expect(await agent.rows(null, guard?.call ?? '', 'ringfence_slice_support')).toEqual([{ inside: false }]);
    await remove(admin);
    expect(await catalogState(database)).toEqual(before);
  });

  it('a table renamed or made anew since it was applied is put right', async () => {
    await admin.query('create role scan_reader; grant select on scan to scan_reader');
    const whole = await catalogState(database);
    await applyPolicy(admin, PEOPLE);
    // Its slice hangs on it, so it takes CASCADE.
    await admin.query(
      'drop table log cascade; create table log (id int, org text not null, at date not null, body text)',
    );
    await admin.query('alter table scan rename to scanned');
    const renamed = PEOPLE.replaceAll('scan:', 'scanned:');
    await applyPolicy(admin, renamed);
    expect((await planPolicy(admin, renamed)).steps).toEqual([]);
    agent = await connectAgent(database);
    expect(
      await agent.rows({ tenant: 'a', role: 'support' }, 'select badge_person from slice_support.scanned'),
    ).toHaveLength(1);
    await admin.query(`insert into log values (1, 'a', now()), (2, 'b', now())`);
    expect(await agent.rows({ tenant: 'a', role: 'support' }, 'select id from slice_support.log')).toEqual([
      { id: 1 },
    ]);
    await admin.query('set role scan_reader');
    expect(await admin.query('select from scanned')).toMatchObject({ rowCount: 4 });
    await admin.query('reset role');
    await remove(admin);
    await admin.query('drop table log');
    const state = JSON.stringify(await catalogState(database)).replaceAll(
      '"public.scanned"',
      '"public.scan"',
    );
    const without = (whole as readonly { readonly name: string }[]).filter(
      ({ name }) => !/^public\.log/.test(name),
    );
    expect(JSON.parse(state)).toEqual(without);
  });

  it('a schema of the name that a slice would take is refused and left as it is', async () => {
    await admin.query('create schema slice_support; create view slice_support.log as select 1 as product');
    const whole = await catalogState(database);
    const policy =
      'tables: { team: { tenant: { column: org } } }\nroles: { support: { tables: { team: {} } } }';
    await expect(planPolicy(admin, policy)).rejects.toMatchObject({ code: 'database_refused' });
    await expect(applyPolicy(admin, policy)).rejects.toMatchObject({ code: 'database_refused' });
    expect(await catalogState(database)).toEqual(whole);
    expect((await admin.query('select product from slice_support.log')).rows).toEqual([{ product: 1 }]);
    await admin.query('drop schema slice_support cascade');
  });
});
