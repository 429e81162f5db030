/** Leaks 16 to 18 of the eighteen: guards that look as if they guarded. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL } from './support/desk-schema.js';
import { NaiveLayer } from './support/naive-layer.js';

const reason = 'asked to';

describeOnServers('a leak of peers', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk.drop());

  it('16: an audit that fails after the write has committed', async () => {
    await desk.raw(async (client) => {
      const layer = new NaiveLayer(client, DENTAL);
      await layer.audited(
        () => layer.update('ticket', 1, { subject: 'unheard of' }),
        (audit) => audit.query('insert into no_such_log values (1)'),
      );
      expect((await client.query('select subject from ticket where id = 1')).rows).toEqual([
        { subject: 'unheard of' },
      ]);
    });
    const calls = [
      ['update', { table: 'ticket', id: 1, values: { subject: 'unheard of' }, reason }],
      ['create', { table: 'ticket', values: { subject: 'unheard of', body: 'x' }, reason }],
      ['delete', { table: 'attachment', id: 1, reason }],
      ['query', { table: 'ticket' }],
      ['get', { table: 'ticket', id: 1 }],
      ['aggregate', { table: 'ticket', metrics: [{ fn: 'count' }] }],
      ['describe_schema', {}],
      ['query', { table: 'nothing' }],
      ['no_such_tool', {}],
    ] as const;
    const state = () =>
      desk.database.query(`select (select string_agg(xmin || t::text, ',' order by id) from ticket t) as tickets,
        (select string_agg(xmin || t::text, ',' order by id) from attachment t) as attachments, (select count(*) from ringfence.event_pending) + (select count(*) from ringfence.leaf) as events`);
    const before = await state();
    await desk.database.query(
      'alter table ringfence.event_pending add constraint broken check (false) not valid',
    );
    try {
      for (const [tool, input] of calls) {
        const answer = desk.governed.call(DENTAL, tool, input);
        await expect(answer, tool).rejects.toMatchObject({
          code: 'ledger_unavailable',
          message: expect.not.stringContaining('ticket'),
        });
      }
    } finally {
      await desk.database.query('alter table ringfence.event_pending drop constraint broken');
    }
    expect(await state()).toEqual(before);
    // A write that fails when it commits takes its event along, and the failure gets one of its own.
    await desk.database.query(`
      create function refuse() returns trigger language plpgsql as 'begin raise exception ''umbra of a trigger'' using errcode = ''23514'', detail = ''zephyr''; end';
      create constraint trigger late after update on ticket deferrable initially deferred for each row execute function refuse()`);
    try {
      const late = { table: 'ticket', id: 1, values: { subject: 'unheard of' }, reason };
      await desk.attack('update', late, { decision: 'denied', code: 'constraint_failed' });
      const after = await desk.database.query('select subject from ticket where id = 1');
      expect(after).toEqual([{ subject: 'Three days without an answer' }]);
    } finally {
      await desk.database.query('drop trigger late on ticket; drop function refuse()');
    }
    await desk.attack(
      'update',
      { table: 'ticket', id: 1, values: { status: 'open' }, reason },
      { decision: 'allowed' },
    );
  });

  it('17: a soft delete that deletes', async () => {
    await desk.raw(async (client) => {
      await client.query(
        "insert into ticket (id, org_id, subject, body) values (901, 'northstar-dental', 'to be kept', 'x')",
      );
      expect(await new NaiveLayer(client, DENTAL).remove('ticket', 901)).toBe(1);
      expect((await client.query('select from ticket where id = 901')).rows).toEqual([]);
    });
    await desk.attack(
      'delete',
      { table: 'ticket', id: 3, reason },
      { decision: 'denied', code: 'not_writable' },
    );
    await desk.attack(
      'delete',
      { table: 'ticket', id: 3, soft: true, reason },
      { decision: 'denied', code: 'input_invalid' },
    );
    const marked = { table: 'ticket', id: 3, values: { deleted_at: '2027-01-01T00:00:00Z' }, reason };
    await desk.attack('update', marked, { decision: 'allowed' });
    expect(await desk.database.query('select subject from ticket where id = 3')).toEqual([
      { subject: 'X-ray upload fails' },
    ]);
    // Beneath the tool, too: the role holds no right to delete them.
    expect(
      await desk.database.query(
        "select has_table_privilege('ringfence_view_support', 'attachment', 'delete') as attachment, has_table_privilege('ringfence_slice_support', 'slice_support.ticket', 'delete') as ticket",
      ),
    ).toEqual([{ attachment: true, ticket: false }]);
  });

  it('18: a guard against broad queries that the tenant’s own filter satisfies', async () => {
    await desk.raw(async (client) => {
      const all = await new NaiveLayer(client, DENTAL).find('activity', {});
      expect(all).toHaveLength(3000);
      await expect(new NaiveLayer(client, null).find('activity', {})).rejects.toThrow('too broad');
    });
    const broad = { decision: 'denied', code: 'too_broad' } as const;
    await desk.attack('aggregate', { table: 'activity', metrics: [{ fn: 'count' }] }, broad);
    await desk.attack(
      'aggregate',
      { table: 'activity', metrics: [{ fn: 'count' }], where: { kind: 'visit' } },
      broad,
    );
    await desk.attack(
      'aggregate',
      { table: 'activity', metrics: [{ fn: 'max', column: 'note' }], group_by: ['kind'] },
      broad,
    );
    await desk.attack('query', { table: 'activity', order: ['note'], limit: 1 }, broad);
    const few = await desk.attack('query', { table: 'activity', where: { id: { gte: 10, lt: 15 } } });
    expect(few).toMatchObject({ decision: 'allowed', rows: [10, 11, 12, 13, 14].map((id) => ({ id })) });
    // However it is asked, one answer holds no more than it may.
    const most = await desk.attack('query', {
      table: 'activity',
      limit: 100_000,
      where: { id: { lt: 1000 } },
    });
    expect(most).toMatchObject({ decision: 'allowed', truncated: true });
    expect(most.decision === 'allowed' && most.rows).toHaveLength(20);
  });
});
