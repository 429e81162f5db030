/**
 * Two layers must fail before a row crosses. Here row-level security is switched off beneath the tools, as a careless migration might;
 * the statements themselves still carry the boundary. Under `isolation-*.test.ts` it is the other way round: hostile SQL, and row-level
 * security alone.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { besiege } from './support/sealed-agent.js';

const reason = 'asked to';

describeOnServers('with row security switched off', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
    const tables = await desk.database.query<{ name: string }>(
      "select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace",
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      await desk.database.query(`alter table ${name} disable row level security`);
    }
  });
  afterAll(() => desk.drop());

  it('the views alone show every tenant', async () => {
    const { said } = await besiege(desk, [
      'select * from slice_support.ticket',
      'select * from slice_support.attachment',
    ]);
    expect(said).toContain('Quote zephyr');
    expect(said).toContain('offer-zephyr.pdf');
  });

  it('no tool reads a foreign row', async () => {
    const tables = [
      'ticket',
      'ticket_note',
      'attachment',
      'memo',
      'coupon',
      'account',
      'organization',
      'reading',
    ];
    for (const table of tables) {
      await desk.attack('query', { table }, { decision: 'allowed' });
      await desk.attack('query', { table, where: { not: { and: [] } } });
    }
    for (const table of ['ticket', 'ticket_note', 'attachment', 'memo', 'coupon', 'account']) {
      await desk.attack('get', { table, id: 7001 }, { decision: 'allowed', code: 'not_found', rows: [] });
    }
    const related = {
      contact: { include: { ticket: true } },
      ticket_note: { include: { attachment: true } },
    };
    await desk.attack('query', { table: 'ticket', include: related }, { decision: 'allowed' });
    await desk.attack('query', { table: 'plan', include: { organization: true } }, { decision: 'allowed' });
    const hidden = { has: { ticket: { has: { contact: { id: 7001 } } } } };
    await desk.attack('query', { table: 'ticket_note', where: hidden }, { decision: 'allowed', rows: [] });
    for (const table of ['ticket', 'attachment']) {
      const own = table === 'ticket' ? 3 : 1;
      const count = { table, metrics: [{ fn: 'count' }] };
      await desk.attack('aggregate', count, { decision: 'allowed', rows: [{ count: own }] });
    }
  });

  it('no tool writes one, or ties a row of its own to one', async () => {
    const notFound = { decision: 'denied', code: 'not_found' } as const;
    const writes = [
      ['update', { table: 'ticket', id: 7001, values: { subject: 'defaced' }, reason }],
      ['update', { table: 'ticket_note', id: 7001, values: { body: 'defaced' }, reason }],
      ['update', { table: 'attachment', id: 7001, values: { file_name: 'defaced' }, reason }],
      ['update', { table: 'memo', id: 7001, values: { body: 'defaced' }, reason }],
      ['update', { table: 'account', id: 7001, values: { label: 'defaced' }, reason }],
      ['delete', { table: 'attachment', id: 7001, reason }],
      ['delete', { table: 'coupon', id: 7001, reason }],
      ['create', { table: 'ticket_note', values: { ticket_id: 7001, body: 'x' }, reason }],
      ['create', { table: 'attachment', values: { note_id: 7001, file_name: 'x' }, reason }],
      ['create', { table: 'redemption', values: { coupon_id: 7001, note: 'x' }, reason }],
      ['create', { table: 'ticket', values: { contact_id: 7001, subject: 'x', body: 'x' }, reason }],
      ['update', { table: 'ticket_note', id: 1, values: { ticket_id: 7001 }, reason }],
      ['update', { table: 'ticket', id: 1, values: { contact_id: 7001 }, reason }],
    ] as const;
    for (const [tool, input] of writes) await desk.attack(tool, input, notFound);
  });
});
