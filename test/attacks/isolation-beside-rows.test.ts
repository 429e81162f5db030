/**
 * What leaks beside rows: objects over the table, its constraints, sequences and statistics, files, and what functions are called
 * with. Each works on the raw path, for a login that row-level security binds; and gets nothing under Dental's seal.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { type Carrier, type NaiveTenancy, naiveTenancy } from './support/naive-tenancy.js';
import { expectHeld } from './support/sealed-agent.js';

interface Attack {
  readonly name: string;
  readonly carrier: Carrier;
  readonly raw: readonly string[];
  /** What the raw half brings up. */
  readonly brings?: RegExp;
  readonly hostile: readonly string[];
  /** What each of the hostile statements comes to, where one thing alone is right. */
  readonly outcome?: RegExp;
}

const REFUSED = /^(42501|42P01|3F000|0A000|25006|42704|42883|55000|22023)$/;

const ATTACKS: readonly Attack[] = [
  {
    name: 'a view that runs as its owner',
    carrier: 'setting',
    raw: ['select body from naive.all_docs'],
    hostile: ['select * from naive.all_docs', 'select * from public.everybody'],
    outcome: REFUSED,
  },
  {
    name: 'a materialised view',
    carrier: 'setting',
    raw: ['select body from naive.cached'],
    hostile: [
      'select * from naive.cached',
      'select * from public.ticket_cache',
      'refresh materialized view public.ticket_cache',
    ],
    outcome: REFUSED,
  },
  {
    name: 'a function that runs as its owner',
    carrier: 'setting',
    raw: ['select naive.count_docs()'],
    hostile: [
      'select public.find_contacts()',
      'select ringfence.sealed()',
      'select ringfence.ledger_events(null, null, null, 100)',
      'select ringfence.memberships($$u1$$)',
    ],
    outcome: REFUSED,
  },
  {
    name: 'a partition, read by its own name',
    carrier: 'setting',
    raw: ['select * from naive.part_design'],
    hostile: [
      'select * from public.reading_2027',
      'select * from public.reading',
      "update public.reading_2027 set place = 'x'",
    ],
    outcome: REFUSED,
  },
  {
    name: 'a table that the policy does not have',
    carrier: 'setting',
    raw: ['select * from naive.cached'],
    hostile: [
      'select * from public.payroll',
      'select * from ringfence.leaf',
      'select * from ringfence.event_pending',
      'select * from ringfence.install',
      'select * from ringfence.claim_key',
      'select * from ringfence.membership',
    ],
    outcome: REFUSED,
  },
  {
    name: 'a unique key over all tenants',
    carrier: 'setting',
    raw: ["insert into naive.doc (id, org, code, body) values (2, 'dental', 'ZEPHYR', 'x')"],
    brings: /already exists|23505|duplicate key/,
    hostile: [
      "insert into slice_support.contact (id, org_id, city) values (7001, 'northstar-dental', 'x')",
      "insert into slice_support.ticket_note (id, ticket_id, body) values (7001, 1, 'x')",
      'update slice_support.ticket set id = 7001 where id = 1',
      'insert into slice_support.contact (id) values (7001) on conflict do nothing',
      "insert into slice_support.coupon (id, org_id, code, percent) values (7001, 'northstar-dental', 'x', 1) on conflict (id) do update set percent = 1",
    ],
    outcome: /^(42501|25006)$/,
  },
  {
    name: 'ON CONFLICT over a hidden row',
    carrier: 'setting',
    raw: [
      "insert into naive.doc (id, org, code, body) values (3, 'dental', 'ZEPHYR', 'x') on conflict do nothing",
    ],
    brings: /\[\[\[\],0\]\]/,
    hostile: [
      "insert into slice_support.account (org_id, number, label) values ('northstar-design', 7001, 'x') on conflict do nothing",
      "insert into slice_support.coupon (org_id, code, percent) values ('northstar-dental', 'x', 1) on conflict (code) do update set org_id = 'northstar-dental'",
      "insert into slice_support.coupon (org_id, code, percent) values ('northstar-dental', 'ZEPHYR', 1) on conflict (code) do update set percent = 1",
    ],
    outcome: /^(42501|25006)$/,
  },
  {
    name: 'a foreign key to a hidden row',
    carrier: 'setting',
    raw: ['insert into naive.child values (1, 7001)'],
    brings: /\[\[\[\],1\]\]/,
    hostile: [
      "insert into slice_support.ticket (org_id, contact_id, subject, body) values ('northstar-dental', 7001, 'x', 'x')",
      "insert into slice_support.ticket (org_id, contact_id, subject, body) values ('northstar-dental', 987654, 'x', 'x')",
      'update slice_support.ticket set contact_id = 7001 where id = 1',
      "insert into slice_support.ticket_note (ticket_id, body) values (7001, 'x')",
      "insert into slice_support.attachment (note_id, file_name) values (7001, 'x')",
      "insert into slice_support.ticket (org_id, subject, body) values ('northstar-design', 'x', 'x')",
    ],
    outcome: /^(42501|25006)$/,
  },
  {
    name: 'a sequence that all tenants share',
    carrier: 'setting',
    raw: ['select last_value from naive.numbers'],
    brings: /7001/,
    hostile: [
      'select last_value from public.ticket_id_seq',
      'select * from public.contact_id_seq',
      "select setval('public.ticket_id_seq', 1)",
      "select last_value from pg_sequences where sequencename like '%_seq' and last_value is not null limit 0",
      "select pg_sequence_last_value('public.ticket_id_seq')",
    ],
  },
  {
    name: 'statistics of a table',
    carrier: 'setting',
    raw: ["select most_common_vals::text, histogram_bounds::text from pg_stats where tablename = 'cached'"],
    hostile: [
      "select * from pg_stats where schemaname not in ('pg_catalog', 'information_schema')",
      'select * from pg_statistic',
      'select * from pg_stats_ext',
    ],
  },
  {
    name: 'the detail of an error',
    carrier: 'setting',
    raw: ['update public.payroll set contact_id = null where id = 7001'],
    brings: /zephyr payroll/,
    hostile: [
      'update slice_support.ticket set subject = null where id = 1',
      "update slice_support.ticket set status = 'nonsense' where id = 1",
      "insert into slice_support.contact (org_id, city) values ('northstar-dental', 'x')",
      'insert into slice_support.ticket_note (ticket_id, body) values (1, null)',
    ],
  },
  {
    name: 'a cast that fails and says upon what',
    carrier: 'view',
    raw: ["select * from naive.my_docs where (case when body ^@ 'z' then body else '1' end)::int = 2"],
    hostile: [
      // It fails upon a row of Design's alone; where there is none, nothing fails.
      ...[
        'ticket.subject',
        'contact.full_name',
        'attachment.file_name',
        'ticket_note.body',
        'reading.place',
        'memo.body',
        'organization.name',
      ].flatMap((name) => {
        const [table, column] = name.split('.');
        return ['ze', 'Ze'].map(
          (start) =>
            `select * from slice_support.${table} where (case when strpos(${column}, '${start}' || 'phyr') > 0 then ${column} else '1' end)::int = 2`,
        );
      }),
      "select * from slice_support.contact where (case when length(full_name) > 4 then full_name else '1' end)::int = 2",
      "select * from slice_support.contact where (case when length(badge) > 16 or strpos(email, 'umb') > 0 then badge else '1' end)::int = 2",
    ],
    outcome: /^ok$/,
  },
  {
    name: 'a cheap function that tells what it is called with',
    carrier: 'view',
    raw: [
      "create function pg_temp.tell(text) returns bool cost 0.0000001 language plpgsql as $$ begin raise notice 'told %', $1; return true; end $$",
      'select 1 from naive.my_docs where pg_temp.tell(body)',
    ],
    hostile: [
      "create function pg_temp.tell(text) returns bool cost 0.0000001 language plpgsql as $$ begin raise notice 'told %', $1; return true; end $$",
      ...[
        'ticket.subject',
        'contact.full_name',
        'contact.email',
        'contact.remarks',
        'memo.body',
        'ticket_note.body',
        'attachment.file_name',
      ].map((name) => {
        const [table, column] = name.split('.');
        return `select 1 from slice_support.${table} where pg_temp.tell(${column})`;
      }),
      'select 1 from public.contact where pg_temp.tell(portal_password)',
      'select 1 from slice_support.ticket t join slice_support.contact c on pg_temp.tell(c.full_name) and pg_temp.tell(t.subject)',
    ],
  },
  {
    name: 'a query as text, run by a function',
    carrier: 'setting',
    raw: ["select query_to_xml('select body from naive.all_docs', true, false, '')::text"],
    hostile: [
      "select query_to_xml('select * from public.contact', true, false, '')",
      "select query_to_xml('select * from public.payroll', true, false, '')",
      "select table_to_xml('public.payroll', true, false, '')",
      "select schema_to_xml('public', true, false, '')",
      "select * from ts_stat('select to_tsvector(full_name) from public.contact')",
      "select query_to_xml('select set_config(''role'', ''none'', true)', true, false, ''), (select max(subject) from public.ticket)",
    ],
  },
  {
    name: 'a whole row, as text or as JSON',
    carrier: 'setting',
    raw: ['select d::text from naive.doc d', 'select to_jsonb(d) from naive.doc d'],
    brings: /umbra of a doc/,
    hostile: [
      'select c::text, to_jsonb(c), row_to_json(c), c from slice_support.contact c',
      "select count(*) from slice_support.contact c where c::text ~ 'mbra'",
      'select t from slice_support.ticket_note t',
      'select array_agg(m) from slice_support.memo m',
    ],
  },
  {
    name: 'a hidden column in a condition, an order or a group',
    carrier: 'setting',
    raw: ["select 'guessed ' || id from naive.doc where secret like 'umbra%'"],
    brings: /guessed 1/,
    hostile: [
      "select 1 from slice_support.contact where portal_password like '%'",
      'select id from slice_support.contact order by salary',
      'select internal_secret from slice_support.ticket_note group by 1',
      'select api_token from slice_support.organization',
    ],
    outcome: /^42703$/,
  },
];

describeOnServers('beside rows', (server) => {
  let desk: Desk;
  let naive: NaiveTenancy;
  beforeAll(async () => {
    desk = await openDesk(server);
    await desk.database.query('analyze');
    naive = await naiveTenancy(desk.database);
  });
  afterAll(() => desk.drop());

  for (const { name, carrier, raw, brings = /zephyr/, hostile, outcome } of ATTACKS) {
    it(`nothing leaks by ${name}`, async () => {
      expect(await naive.honest(carrier)).not.toContain('zephyr');
      expect(await naive.attack(carrier, raw)).toMatch(brings);
      for (const effect of ['read', 'write'] as const) {
        const { outcomes } = await expectHeld(desk, hostile, { effect });
        if (outcome === undefined) continue;
        for (const [at, code] of outcomes.entries()) expect(code, hostile[at]).toMatch(outcome);
      }
    });
  }

  it('nothing of the server itself is within reach', async () => {
    const hostile = [
      "select pg_read_file('PG_VERSION')",
      "select pg_read_binary_file('global/pg_control')",
      "select pg_ls_dir('.')",
      "select lo_import('/etc/passwd')",
      "copy (select 1) to program 'id'",
      "copy pg_temp.x from '/etc/passwd'",
      'select * from pg_authid',
      'select * from pg_shadow',
      'select * from pg_hba_file_rules',
      'select pg_reload_conf()',
      'alter system set row_security = off',
      "load 'auto_explain'",
      'create extension dblink',
      'create extension postgres_fdw',
      'create server elsewhere foreign data wrapper nothing',
      'create publication p for all tables',
      'create publication p for table public.ticket',
      "select pg_create_physical_replication_slot('s')",
      "select pg_create_logical_replication_slot('s', 'pgoutput')",
      "select * from pg_logical_slot_get_changes('s', null, null)",
      'create event trigger e on ddl_command_start execute function suppress_redundant_updates_trigger()',
      'create language plpython3u',
      'create role mine login superuser',
      'create schema mine',
      'create table public.mine (id int)',
      'truncate public.ticket',
      'lock table public.memo in access exclusive mode',
      'alter role ringfence_gateway set search_path = public',
      'alter role postgres password null',
      'alter database current set row_security = off',
      'set session authorization postgres',
      'vacuum public.ticket',
      'create trigger t before insert on public.ticket for each row execute function suppress_redundant_updates_trigger()',
      'create statistics s on id, subject from public.ticket',
      "comment on table public.ticket is 'x'",
      "security label on table public.ticket is 'x'",
    ];
    for (const effect of ['read', 'write'] as const) {
      const { outcomes } = await expectHeld(desk, hostile, { effect });
      for (const [at, code] of outcomes.entries()) expect(code, hostile[at]).not.toBe('ok');
    }
  });

  it('neither a replica nor a foreign server nor a trigger of the database’s carries rows past the boundary', async () => {
    const [found] = await desk.database.query(`
      select (select count(*)::int from pg_publication) as publications, (select count(*)::int from pg_subscription) as subscriptions,
        (select count(*)::int from pg_replication_slots where database = current_database()) as slots,
        (select count(*)::int from pg_foreign_server) as servers, (select count(*)::int from pg_event_trigger) as event_triggers,
        (select count(*)::int from pg_roles where rolname ~ '^ringfence_' and (rolsuper or rolbypassrls or rolreplication or rolcreaterole or rolcreatedb)) as mighty_roles,
        (select count(*)::int from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname ~ '^ringfence_' and c.relkind in ('r', 'p') and c.relnamespace <> 'ringfence'::regnamespace) as owned_tables`);
    expect(found).toEqual({
      publications: 0,
      subscriptions: 0,
      slots: 0,
      servers: 0,
      event_triggers: 0,
      mighty_roles: 0,
      owned_tables: 0,
    });
    // Whatever the gateway may become, and what that may become in turn, is a slice role.
    const reached = await desk.database.query(`
      with recursive reach as (
        select oid from pg_roles where rolname = 'ringfence_gateway'
        union select m.roleid from reach join pg_auth_members m on m.member = reach.oid)
      select rolname from reach join pg_roles using (oid) order by 1`);
    expect(reached).toEqual(
      ['ringfence_gateway', 'ringfence_slice_clerk', 'ringfence_slice_support'].map((rolname) => ({
        rolname,
      })),
    );
  });
});
