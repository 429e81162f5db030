/**
 * Attacks on how a connection carries its tenant, in the agent's place. Each falls upon one of the usual ways, and gets nothing
 * under a seal.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { type Carrier, type NaiveTenancy, naiveTenancy } from './support/naive-tenancy.js';
import { expectHeld, gatewayClient, openBoundary } from './support/sealed-agent.js';

const SLICE = "set local role 'ringfence_slice_support'";
const FORGED = "'northstar-design' || chr(31) || 'front-desk' || chr(31) || 'u1' || chr(31) || 'support'";

interface Attack {
  readonly name: string;
  readonly carrier: Carrier;
  readonly raw: readonly string[];
  readonly hostile: readonly string[];
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a setting set by SET',
    carrier: 'setting',
    raw: ["set local app.tenant = 'design'"],
    hostile: [
      "set local ringfence.seal = 'northstar-design'",
      `update pg_settings set setting = ${FORGED} where name = 'ringfence.seal'`,
      `select set_config('ringfence.seal', ${FORGED}, true) is null`,
    ],
  },
  {
    name: 'a setting set for the session, and a new transaction',
    carrier: 'setting',
    raw: ["select set_config('app.tenant', 'design', false)", 'commit', 'begin'],
    hostile: [`select set_config('ringfence.seal', ${FORGED}, false) is null`, 'commit', 'begin', SLICE],
  },
  {
    name: 'a setting set in a DO block',
    carrier: 'setting',
    raw: ["do $$ begin perform set_config('app.tenant', 'design', true); end $$"],
    hostile: [
      `do $$ begin perform set_config('ringfence.seal', ${FORGED}, true); execute 'set local role ringfence_slice_support'; end $$`,
    ],
  },
  {
    name: 'a setting changed around a savepoint',
    carrier: 'setting',
    raw: ['savepoint z', "select set_config('app.tenant', 'design', true)", 'release z'],
    hostile: [
      'savepoint z',
      "select set_config('ringfence.seal', '', true)",
      'release z',
      `select set_config('ringfence.seal', ${FORGED}, true) is null`,
    ],
  },
  {
    name: 'a seal edited in place',
    carrier: 'setting',
    raw: [
      "select set_config('app.tenant', replace(current_setting('app.tenant'), 'dental', 'design'), true)",
    ],
    hostile: [
      "select set_config('ringfence.seal', replace(current_setting('ringfence.seal'), 'dental', 'design'), true) is not null",
      "select set_config('ringfence.seal', replace(current_setting('ringfence.seal'), 'front-desk', 'back-office'), true) is not null",
      "select set_config('ringfence.seal', replace(current_setting('ringfence.seal'), 'u1', 'u2'), true) is not null",
      "select set_config('ringfence.seal', upper(current_setting('ringfence.seal')), true) is not null",
      'reset ringfence.seal',
      'reset all',
    ],
  },
  {
    name: 'another role of the login’s',
    carrier: 'member',
    raw: ['set role naive_design'],
    hostile: [
      'set role ringfence_slice_clerk',
      'set role ringfence_view_support',
      'set role ringfence_owner',
      'set role ringfence_auditor',
      'set role naive_design',
    ],
  },
  {
    name: 'the login’s own role, and from there another',
    carrier: 'member',
    raw: ['reset role', 'set role naive_design'],
    hostile: [
      'reset role',
      'select * from public.ticket',
      'set role ringfence_view_support',
      'select * from public.contact',
      SLICE,
    ],
  },
  {
    name: 'a role set by a function, in the middle of a statement',
    carrier: 'member',
    raw: ["select set_config('role', 'naive_design', true)"],
    hostile: [
      "select set_config('role', 'none', true), (select string_agg(c::text, ',') from public.contact c)",
      "select set_config('role', 'ringfence_view_support', true)",
      "select * from slice_support.ticket where set_config('role', 'none', true) is not null",
    ],
  },
  {
    name: 'a role set in a DO block',
    carrier: 'member',
    raw: ["do $$ begin execute 'set local role naive_design'; end $$"],
    hostile: [
      "do $$ begin execute 'set local role ringfence_owner'; end $$",
      "do $$ begin execute 'set local role none'; end $$",
      'select * from public.ticket',
    ],
  },
  {
    name: 'the end of the transaction, and a new one',
    carrier: 'member',
    raw: ['commit', 'begin', 'set local role naive_design'],
    hostile: ['commit', 'begin', 'select * from slice_support.ticket', SLICE],
  },
  {
    name: 'a rollback, and a new transaction',
    carrier: 'member',
    raw: ['rollback', 'begin', 'set local role naive_design'],
    hostile: ['rollback', 'begin', 'select * from public.ticket', SLICE],
  },
  {
    name: 'a temporary table in the place of a real one',
    carrier: 'temp',
    raw: ["update ctx set tenant = 'design'"],
    hostile: [
      'create temp table install (only_row boolean, domain text, seal_inner bytea, seal_outer bytea)',
      'create temp table ticket (id int, org_id text)',
      'create temp view contact as select * from public.contact',
      'select * from pg_temp.contact',
      'set local search_path = pg_temp, ringfence, pg_catalog',
    ],
  },
  {
    name: 'temporary functions in the place of real ones',
    carrier: 'temp',
    raw: ["delete from ctx; insert into ctx values ('design')"],
    hostile: [
      "create function pg_temp.tenant(text) returns text language sql as $$select 'northstar-design'$$",
      "create function pg_temp.sha256(bytea) returns bytea language sql as 'select $1'",
      "create function pg_temp.sealed() returns text[] language sql as $$select array['northstar-design']$$",
      'set local search_path = pg_temp, pg_catalog',
    ],
  },
  {
    name: 'an advisory lock in the place of the boundary’s',
    carrier: 'lock',
    raw: ['select pg_advisory_xact_lock_shared(77, 2)'],
    hostile: ['select pg_advisory_xact_lock_shared(77, 2)', 'select pg_advisory_unlock_all()'],
  },
  {
    name: 'row security switched off for the table',
    carrier: 'owner',
    raw: ['alter table naive.doc disable row level security'],
    hostile: [
      'alter table public.ticket disable row level security',
      'set row_security = off',
      'select * from slice_support.ticket',
      'select * from public.ticket',
    ],
  },
  {
    name: 'row security no longer forced on the owner',
    carrier: 'owner',
    raw: ['alter table naive.doc no force row level security'],
    hostile: [
      'alter table public.ticket no force row level security',
      'alter table public.ticket owner to ringfence_slice_support',
      'set role postgres',
    ],
  },
  {
    name: 'policies altered, dropped or added',
    carrier: 'owner',
    raw: ['create policy stray on naive.doc using (true)'],
    hostile: [
      'create policy stray on public.ticket using (true)',
      'alter policy ringfence_support_boundary on public.ticket using (true)',
      'drop policy ringfence_support_boundary on public.ticket',
      'update pg_policy set polqual = null',
    ],
  },
  {
    name: 'a view of one’s own over the table',
    carrier: 'owner',
    raw: [
      'alter table naive.doc no force row level security',
      'create view naive.mine as select * from naive.doc',
      'select * from naive.mine',
    ],
    hostile: [
      'create or replace view slice_support.ticket as select * from public.ticket',
      'create temp view mine as select * from public.ticket',
      'select * from pg_temp.mine',
      'alter view slice_support.ticket set (security_invoker = on)',
      'create rule "_RETURN" as on select to slice_support.ticket do instead select * from public.ticket',
    ],
  },
  {
    name: 'rights that the role grants itself',
    carrier: 'owner',
    raw: ['create policy stray on naive.doc using (true)', 'grant select on naive.doc to public'],
    hostile: [
      'grant select on public.payroll to ringfence_slice_support',
      'grant ringfence_view_support to ringfence_gateway',
      'alter role ringfence_gateway bypassrls',
      'alter role ringfence_slice_support bypassrls',
    ],
  },
  {
    name: 'a copy of the table',
    carrier: 'owner',
    raw: [
      'alter table naive.doc disable row level security',
      'create table naive.copy as select * from naive.doc',
      'select * from naive.copy',
    ],
    hostile: [
      'create temp table copied as select * from public.ticket',
      'select * from copied',
      'copy public.ticket to stdout',
      'copy (select * from public.contact) to stdout',
    ],
  },
];

describeOnServers('a tenant carried', (server) => {
  let desk: Desk;
  let naive: NaiveTenancy;
  beforeAll(async () => {
    desk = await openDesk(server);
    naive = await naiveTenancy(desk.database);
  });
  afterAll(() => desk.drop());

  it('is held by the naive ways too, while nobody attacks', async () => {
    for (const carrier of ['setting', 'member', 'temp', 'lock', 'owner', 'view'] as const) {
      expect(await naive.honest(carrier), carrier).toContain('our own');
      expect(await naive.honest(carrier), carrier).not.toContain('zephyr');
    }
  });

  for (const { name, carrier, raw, hostile } of ATTACKS) {
    it(`does not fall to ${name}`, async () => {
      expect(await naive.attack(carrier, raw)).toContain('zephyr');
      for (const effect of ['read', 'write'] as const) await expectHeld(desk, hostile, { effect });
      await expectHeld(desk, hostile, { sealed: false, effect: 'write' });
    });
  }

  it('is still Dental’s where the statements of an attack are honest', async () => {
    // So that the tests above can fail: what they look at does show Dental's rows.
    const { seen } = await expectHeld(desk, ['select 1']);
    for (const own of [
      'Three days without an answer',
      'call.pdf',
      'savings',
      'SPRING',
      'room two',
      'page 3000',
      '"mine\\"',
    ]) {
      expect(seen).toContain(own);
    }
  });

  it('is not kept by a prepared statement or a cursor that another tenant left on the connection', async () => {
    const client = await gatewayClient(desk);
    await openBoundary(desk, client, 'northstar-design');
    await client.query('prepare left_behind as select subject from slice_support.ticket');
    await client.query('declare left_open cursor for select subject from slice_support.ticket');
    expect(JSON.stringify((await client.query('execute left_behind')).rows)).toContain('zephyr');
    await client.query('commit');
    await openBoundary(desk, client, 'northstar-dental');
    expect(JSON.stringify((await client.query('execute left_behind')).rows)).not.toContain('zephyr');
    await expect(client.query('fetch all left_open')).rejects.toMatchObject({ code: '34000' });
    await client.query('rollback');
    await client.end();
  });
});
