/** What an answer tells beside its rows: whether a hidden row is there, what a constraint said, what the database complained of. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import type { Decision } from '../../src/tools/decision.js';
import { createDatabase } from '../support/database.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESIGN, DESK_POLICY } from './support/desk-schema.js';

const reason = 'asked to';
const ABSENT = 987_654;

describeOnServers('an answer', (server) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(server);
  });
  afterAll(() => desk.drop());

  const told = ({ event: _, ms: __, ...rest }: Decision): unknown => rest;

  it('does not tell a hidden row from an absent one, by any id of any tool', async () => {
    await desk.raw(async (client) => {
      const hidden = await client.query('insert into ticket_note (ticket_id, body) values (7001, $$x$$)');
      expect(hidden.rowCount).toBe(1);
      await expect(
        client.query('insert into ticket_note (ticket_id, body) values (987654, $$x$$)'),
      ).rejects.toMatchObject({ code: '23503' });
    });
    const calls: readonly ((id: number) => readonly [string, object])[] = [
      (id) => ['get', { table: 'ticket', id }],
      (id) => ['get', { table: 'contact', id, include: { ticket: true } }],
      (id) => ['get', { table: 'account', id }],
      (id) => ['query', { table: 'ticket', where: { id } }],
      (id) => ['query', { table: 'ticket_note', where: { ticket_id: id } }],
      (id) => ['query', { table: 'ticket', where: { has: { contact: { id } } } }],
      (id) => ['aggregate', { table: 'attachment', metrics: [{ fn: 'count' }], where: { note_id: id } }],
      (id) => ['update', { table: 'ticket', id, values: { status: 'closed' }, reason }],
      (id) => ['update', { table: 'ticket', id: 1, values: { contact_id: id }, reason }],
      (id) => ['update', { table: 'ticket_note', id: 1, values: { ticket_id: id }, reason }],
      (id) => ['update', { table: 'attachment', id: 1, values: { note_id: id }, reason }],
      (id) => ['create', { table: 'ticket', values: { contact_id: id, subject: 'x', body: 'x' }, reason }],
      (id) => ['create', { table: 'ticket_note', values: { ticket_id: id, body: 'x' }, reason }],
      (id) => ['create', { table: 'attachment', values: { note_id: id, file_name: 'x' }, reason }],
      (id) => ['delete', { table: 'memo', id, reason }],
      (id) => ['delete', { table: 'coupon', id, reason }],
    ];
    for (const call of calls) {
      for (const dry of [false, true]) {
        const [tool, input] = call(7001);
        const hidden = await desk.attack(tool, input, undefined, { call: { dry } });
        expect(told(hidden), JSON.stringify(input)).toEqual(
          told(await desk.attack(...call(ABSENT), undefined, { call: { dry } })),
        );
      }
    }
  });

  it('tells of a hidden row’s unique value only where the policy says in so many words that it may', async () => {
    const raw = await desk.raw((client) =>
      client
        .query("insert into coupon (org_id, code, percent) values ('northstar-dental', 'ZEPHYR', 5)")
        .catch(({ code, message }) => [code, message]),
    );
    expect(raw).toEqual(['23505', 'duplicate key value violates unique constraint "coupon_code_key"']);
    const client = await desk.database.connect();
    const catalog = await introspect(client);
    await client.end();
    const compile = (policy: string) => () => compilePolicy(parsePolicy(policy), catalog);
    const invalid = expect.objectContaining({ code: 'policy_invalid' });
    expect(compile(DESK_POLICY.replace('[ticket.id, coupon.code]', '[ticket.id]'))).toThrow(invalid);
    expect(compile(DESK_POLICY.replace('[ticket.id, coupon.code]', '[coupon.code]'))).toThrow(invalid);
    expect(compile(DESK_POLICY.replace('update: [code, percent]', 'update: [id, percent]'))).toThrow(invalid);
    // Acknowledged, it tells that the value is taken, and not a word of by whom.
    const taken = { table: 'coupon', values: { code: 'ZEPHYR', percent: 5 }, reason };
    const conflict = await desk.attack('create', taken, { decision: 'denied', code: 'conflict' });
    expect(conflict).toMatchObject({ reason: 'A row with these unique values already exists.' });
    await desk.attack(
      'update',
      { table: 'coupon', id: 1, values: { code: 'ZEPHYR' }, reason },
      { decision: 'denied', code: 'conflict' },
    );
    await desk.attack('create', taken, { decision: 'denied', code: 'conflict' }, { call: { dry: true } });
  });

  it('tells of hidden rows by no constraint that excludes what overlaps, unless that is acknowledged as well', async () => {
    const database = await createDatabase(server, {
      sql: `create table booking (id int generated by default as identity primary key, org text not null, room text not null, during int4range not null,
          active bool not null default true, note text, exclude using gist (during with &&), exclude (room with =));
        create unique index on booking (note) where active;
        insert into booking (org, room, during) values ('b', 'zephyr', '[1,5)')`,
    });
    const product = await database.createLogin({ sql: 'grant insert on booking to $login' });
    const raw = await database.connect(product);
    for (const values of ["'a', 'zephyr', '[7,8)'", "'a', 'own', '[2,3)'"]) {
      await expect(
        raw.query(`insert into booking (org, room, during) values (${values})`),
      ).rejects.toMatchObject({ code: '23P01' });
    }
    const client = await database.connect();
    const catalog = await introspect(client);
    const policy = (columns: string, acknowledged: string) =>
      `version: 1\npreset: development\ntables: { booking: { tenant: { column: org } } }\nacknowledge: { unique: [${acknowledged}] }\nroles: { support: { tools: [create], tables: { booking: { create: [${columns}] } } } }`;
    const compile =
      (columns: string, acknowledged = '') =>
      () =>
        compilePolicy(parsePolicy(policy(columns, acknowledged)), catalog);
    const invalid = expect.objectContaining({ code: 'policy_invalid' });
    expect(compile('room')).toThrow(invalid);
    expect(compile('during')).toThrow(invalid);
    // A column that only decides whether the key counts tells as much.
    expect(compile('active')).toThrow(invalid);
    expect(compile('during', 'booking.during')).not.toThrow();
    await database.drop();
  });

  it('that a row is deleted is never said of a row that took another tenant’s with it', async () => {
    await desk.raw(async (client) => {
      await client.query(
        "insert into redemption (id, org_id, coupon_id, note) values (7002, 'northstar-design', 1, 'hung under Dental’s')",
      );
      await client.query('delete from coupon where id = 1');
      expect(
        (await client.query('select from redemption where id = 7002')).rows,
        'raw: the cascade reaches Design',
      ).toEqual([]);
    });
    // No agent can hang its row where another tenant's delete would take it along.
    const design = { tenant: DESIGN, workspace: 'front-desk' } as const;
    const hang = { table: 'redemption', values: { coupon_id: 1, note: 'x' }, reason };
    expect(await desk.governed.call(design, 'create', hang)).toMatchObject({
      decision: 'denied',
      code: 'not_found',
    });
    const move = { table: 'redemption', id: 7001, values: { coupon_id: 1 }, reason };
    expect(await desk.governed.call(design, 'update', move)).toMatchObject({
      decision: 'denied',
      code: 'not_found',
    });
    await desk.attack(
      'delete',
      { table: 'coupon', id: 1, reason },
      { decision: 'allowed' },
      { call: { dry: true } },
    );
    await desk.attack(
      'delete',
      { table: 'coupon', id: 1, reason },
      { decision: 'allowed', rows: [{ id: 1 }] },
    );
    expect(await desk.database.query('select id from redemption order by id')).toEqual([{ id: 7001 }]);
    await desk.database.query("insert into coupon values (1, 'northstar-dental', 'SPRING', 10)");
  });

  it('holds nothing of what the database says of an error: no detail, no value, no name', async () => {
    await desk.database.query(`
      create function tell() returns trigger language plpgsql as $$ begin
        raise exception 'umbra of %', new.subject using errcode = new.body, detail = 'zephyr detail', hint = 'zephyr hint', table = 'zephyr', column = 'zephyr', constraint = 'zephyr'; end $$;
      create trigger telling before update on ticket for each row when (new.subject = 'tell') execute function tell()`);
    try {
      for (const state of [
        '23505',
        '23503',
        '23514',
        '23502',
        '23P01',
        '42501',
        '44000',
        '22012',
        '22P02',
        '22023',
        '40001',
        'P0001',
        'XX000',
        '57014',
        '0A000',
        '42P01',
        '28000',
        '26000',
      ]) {
        const input = { table: 'ticket', id: 1, values: { subject: 'tell', body: state }, reason };
        const raw = await desk.raw((client) =>
          client
            .query('update ticket set subject = $$tell$$, body = $1 where id = 1', [state])
            .catch((error) => error),
        );
        expect(raw, state).toMatchObject({ detail: 'zephyr detail' });
        for (const dry of [false, true]) {
          const answer = await desk.attack('update', input, undefined, { call: { dry } });
          expect(answer.decision, state).not.toBe('allowed');
        }
      }
    } finally {
      await desk.database.query('drop trigger telling on ticket; drop function tell()');
    }
    const writes = [
      ['update', { table: 'ticket', id: 1, values: { status: 'nonsense' }, reason }, 'constraint_failed'],
      ['create', { table: 'ticket', values: { subject: 'x' }, reason }, 'constraint_failed'],
      ['create', { table: 'contact', values: { city: 'x' }, reason }, 'constraint_failed'],
      ['create', { table: 'coupon', values: { code: 'X', percent: 99 }, reason }, 'constraint_failed'],
      ['delete', { table: 'ticket_note', id: 1, reason }, 'constraint_failed'],
    ] as const;
    for (const [tool, input, code] of writes) await desk.attack(tool, input, { decision: 'denied', code });
    expect(await desk.database.query('select subject, status from ticket where id = 1')).toEqual([
      { subject: 'Three days without an answer', status: 'open' },
    ]);
  });

  it('is the same when its text is thrown: an error that leaves the gate repeats nothing of the database', async () => {
    await desk.database.query(
      'alter table ringfence.event_pending add constraint zephyr_umbra check (false) not valid',
    );
    try {
      const thrown: unknown = await desk.governed
        .call(DENTAL, 'query', { table: 'ticket' })
        .catch((error: unknown) => error);
      expect(thrown).toMatchObject({ code: 'ledger_unavailable' });
      expect(`${(thrown as Error).message} ${JSON.stringify(thrown)}`).not.toMatch(
        /zephyr|umbra|event_pending|violates/,
      );
    } finally {
      await desk.database.query('alter table ringfence.event_pending drop constraint zephyr_umbra');
    }
  });
});
