/**
 * Tables that the product had granted to PUBLIC before any policy was applied: whoever may log in could read them, so Ringfence lets them
 * go on, and yet no agent gets at the tables themselves.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { plan } from '../../src/database/plan.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { expectHeld, gatewayClient } from './support/sealed-agent.js';

const OPEN_TABLES = ['contact', 'ticket', 'ticket_note'];

describeOnServers('a table granted to PUBLIC', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk.drop());

  it('is read and written by any login, as before', async () => {
    const anybody = await desk.database.createLogin();
    const client = await desk.database.connect(anybody);
    for (const table of OPEN_TABLES) {
      const { rows } = await client.query(`select t::text as line from ${table} t`);
      expect(JSON.stringify(rows), table).toContain('zephyr');
    }
    await client.query('begin');
    expect((await client.query("update ticket set subject = 'x' where id = 7001")).rowCount).toBe(1);
    expect(await client.query('delete from attachment where false', []).catch(({ code }) => code)).toBe(
      '42501',
    );
    await client.query('rollback');
    await client.end();
  });

  for (const as of ['ringfence_slice_support', 'ringfence_slice_clerk', 'ringfence_gateway']) {
    for (const sealed of [true, false]) {
      it(`shows and takes no row to ${as} ${sealed ? 'under a seal' : 'without a seal'}`, async () => {
        const before = await desk.database.query(
          'select string_agg(t::text, $$,$$ order by id) from ticket t',
        );
        const statements = OPEN_TABLES.flatMap((table) => [
          `select * from public.${table}`,
          `select count(*) as n from public.${table} having count(*) > 0`,
          `select * from only public.${table} for update`,
          `update public.${table} set id = id where id > 0 returning *`,
          `delete from public.${table} returning *`,
          `copy public.${table} to stdout`,
          `merge into public.${table} t using (values (7001)) v (id) on t.id = v.id when matched then delete`,
        ]);
        const { outcomes, said } = await expectHeld(desk, statements, { as, sealed, effect: 'write' });
        // They run, as PUBLIC may run them, and meet no row.
        expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThan(0);
        expect(said).not.toMatch(/"id":|"n":/);
        expect(
          await desk.database.query('select string_agg(t::text, $$,$$ order by id) from ticket t'),
        ).toEqual(before);
        const inserts = [
          "insert into public.ticket (org_id, subject, body) values ('northstar-dental', 'x', 'x')",
          "insert into public.ticket (org_id, subject, body) values ('northstar-design', 'x', 'x')",
          "insert into public.ticket_note (ticket_id, body) values (7001, 'x')",
          "insert into public.ticket (id, org_id, subject, body) values (7001, 'northstar-design', 'x', 'x') on conflict (id) do update set subject = 'x'",
        ];
        const refused = await expectHeld(desk, inserts, { as, sealed, effect: 'write' });
        for (const outcome of refused.outcomes) expect(outcome).toBe('42501');
      });
    }
  }

  it('is no way round a view of the slice either: denied columns, masks and rules hold', async () => {
    const { said } = await expectHeld(desk, [
      'select * from slice_support.contact',
      'select portal_password from public.contact',
      'select c.* from slice_support.contact s join public.contact c using (id)',
    ]);
    expect(said).toContain('U***');
  });

  it('is told of in the plan where PUBLIC may empty it, which row security has no say in', async () => {
    const notesOnTruncate = async (): Promise<readonly string[]> => {
      const admin = await desk.database.connect();
      const { notes } = await plan(admin, desk.governed.ringfence.policy, await introspect(admin));
      await admin.end();
      return notes
        .filter(({ about, text }) => about === 'public' && text.includes('TRUNCATE'))
        .map(({ table }) => table ?? '');
    };
    const { outcomes } = await expectHeld(desk, ['truncate public.memo', 'truncate public.ticket cascade'], {
      effect: 'write',
    });
    expect(outcomes).toEqual(['42501', '42501']);
    expect(await notesOnTruncate()).toEqual([]);
    await desk.database.query('grant all on memo to public');
    try {
      expect(await notesOnTruncate()).toEqual(['public.memo']);
      const client = await gatewayClient(desk);
      await client.query('begin; truncate public.memo; rollback');
      await client.end();
    } finally {
      await desk.database.query('revoke all on memo from public');
    }
  });

  it('is told of in the plan where it lies outside of the policy, since agents’ logins may read it as everybody may', async () => {
    const admin = await desk.database.connect();
    await admin.query('grant select on payroll, reading_2027, everybody to public');
    try {
      const { notes } = await plan(admin, desk.governed.ringfence.policy, await introspect(admin));
      const told = notes
        .filter(({ about }) => about === 'public')
        .map(({ text }) => text)
        .join(' ');
      for (const name of ['public.payroll', 'public.reading_2027', 'public.everybody'])
        expect(told).toContain(name);
    } finally {
      await admin.query('revoke select on payroll, reading_2027, everybody from public');
      await admin.end();
    }
  });
});
