import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { logName, subjectName } from '../../src/boundary/pseudonym.js';
import { describeOnServers } from '../support/test-server.js';
import {
  eventText,
  type LedgerDatabase,
  ledgerDatabase,
  ledgerKey,
  recordEvents,
  sequenceAll,
} from './support/ledger-database.js';

describeOnServers('an event', (server) => {
  let ledger: LedgerDatabase;
  let gateway: pg.Client;

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    gateway = await ledger.gateway();
  });
  afterAll(() => ledger.database.drop());
  beforeEach(async () => {
    await gateway.query('rollback');
    await ledger.database.query('delete from ringfence.event_pending; delete from note');
  });

  const pending = () =>
    ledger.database.query<Record<string, string>>(
      'select * from ringfence.event_pending order by recorded_at, id',
    );

  /** The write of a tool: row and event in one statement, inside a boundary. */
  async function writeNote(
    client: pg.Client,
    id: string,
    rows: number,
    body = eventText('create'),
  ): Promise<void> {
    await client.query("select ringfence.enter($1), set_config('role', 'ringfence_slice_support', true)", [
      ledger.claim(),
    ]);
    await client.query(
      `with w as (insert into public.note select n, 'x' from generate_series(1, $2::int) n returning id),
         e as (select ringfence.append($1, $3, (select count(*) from w), 1) as id)
       select w.id, e.id from e left join w on true`,
      [id, rows, body],
    );
  }

  it('of a write commits with the write', async () => {
    const id = randomUUID();
    await gateway.query('begin');
    await writeNote(gateway, id, 2);
    await gateway.query('commit');
    expect(await ledger.database.query('select count(*)::int from note')).toEqual([{ count: 2 }]);
    expect(await pending()).toMatchObject([
      { id, log: logName(ledgerKey, 'north'), tenant: 'north', body: eventText('create'), row_count: '2' },
    ]);
  });

  it('of a write goes with the write when that is rolled back', async () => {
    await gateway.query('begin');
    await writeNote(gateway, randomUUID(), 2);
    await gateway.query('rollback');
    expect(await ledger.database.query('select count(*)::int from note')).toEqual([{ count: 0 }]);
    expect(await pending()).toEqual([]);
  });

  it('of a write that met fewer rows than it must undoes the write', async () => {
    await gateway.query('begin');
    await expect(writeNote(gateway, randomUUID(), 0)).rejects.toMatchObject({ code: 'RF404' });
    await gateway.query('rollback');
    expect(await pending()).toEqual([]);
  });

  it('of a write that cannot be recorded undoes the write', async () => {
    for (const body of ['not json', '[]', '{"a":"\\u0000"}', `{"a":"${'x'.repeat(3100)}"}`]) {
      await gateway.query('begin');
      await expect(writeNote(gateway, randomUUID(), 1, body)).rejects.toMatchObject({
        code: expect.stringMatching(/^2[23]/),
      });
      await gateway.query('rollback');
    }
    expect(await ledger.database.query('select count(*)::int from note')).toEqual([{ count: 0 }]);
  });

  it('of a write needs an open boundary', async () => {
    await gateway.query('begin');
    await gateway.query('set local role ringfence_slice_support');
    await expect(
      gateway.query('select ringfence.append($1, $2, 1)', [randomUUID(), eventText()]),
    ).rejects.toMatchObject({
      code: '28000',
    });
    await gateway.query('rollback');
    await gateway.query('begin');
    await gateway.query("select set_config('ringfence.seal', repeat(chr(31), 9) || 'x', true)");
    await gateway.query('set local role ringfence_slice_support');
    await expect(
      gateway.query('select ringfence.append($1, $2, 1)', [randomUUID(), eventText()]),
    ).rejects.toMatchObject({
      code: '28000',
    });
    await gateway.query('rollback');
  });

  it('of a write cannot take an id that a leaf has', async () => {
    const [id = ''] = await ledger.record([{}]);
    await ledger.sequence();
    await gateway.query('begin');
    await expect(writeNote(gateway, id, 1)).rejects.toMatchObject({ code: '23505' });
    await gateway.query('rollback');
  });

  it('is recorded under the boundary of its claim, many boundaries at a time', async () => {
    await ledger.record([
      { tenant: 'north', user: 'ada', workspace: 'w1', run: 'r1' },
      { tenant: 'south', user: 'bob', crossTenant: 'grant:dunning', actorKind: 'service', actor: 'biller' },
    ]);
    const [first, second] = await pending();
    expect(first).toMatchObject({ tenant: 'north', log: logName(ledgerKey, 'north') });
    expect(JSON.parse(first?.boundary ?? '')).toEqual({
      actor: 'desk',
      actor_kind: 'agent',
      role: 'support',
      run: 'r1',
      subject: subjectName(ledgerKey, 'north', 'ada'),
      workspace: 'w1',
    });
    expect(second).toMatchObject({ tenant: 'south', log: logName(ledgerKey, 'south', true) });
    expect(JSON.parse(second?.boundary ?? '')).toMatchObject({
      cross_tenant: 'grant:dunning',
      actor: 'biller',
    });
  });

  it('never says who the user is', async () => {
    await ledger.record([{ user: 'ada.lovelace@example.com' }]);
    expect(JSON.stringify(await pending())).not.toContain('lovelace');
  });

  it('is refused, with all of its batch, when a claim is forged, altered or absent', async () => {
    const genuine = ledger.claim();
    for (const claim of [
      genuine.replace('north', 'south'),
      genuine.slice(0, -1) + (genuine.endsWith('0') ? '1' : '0'),
      'x',
      '',
    ]) {
      const events = [genuine, claim].map((each) => ({ id: randomUUID(), claim: each, body: eventText() }));
      await expect(recordEvents(gateway, events)).rejects.toMatchObject({ code: '28000' });
    }
    await expect(
      gateway.query('select ringfence.record($1::text[], $2::uuid[], $3::text[], $4::bigint[])', [
        [null],
        [randomUUID()],
        [eventText()],
        [0],
      ]),
    ).rejects.toMatchObject({ code: '28000' });
    expect(await pending()).toEqual([]);
  });

  it('is refused when the arrays do not match', async () => {
    await expect(
      gateway.query('select ringfence.record($1::text[], $2::uuid[], $3::text[], $4::bigint[])', [
        [ledger.claim(), ledger.claim()],
        [randomUUID()],
        [eventText()],
        [0],
      ]),
    ).rejects.toMatchObject({ code: '22023' });
  });

  it('may be sent again, pending or chained, and stays one', async () => {
    const event = { id: randomUUID(), body: eventText() };
    const send = () => recordEvents(gateway, [{ ...event, claim: ledger.claim() }]);
    await send();
    await send();
    expect(await pending()).toHaveLength(1);
    await sequenceAll(gateway);
    await send();
    expect(await pending()).toEqual([]);
  });

  it('is not swallowed when its id belongs to another', async () => {
    const id = randomUUID();
    const send = (body: string) => recordEvents(gateway, [{ id, claim: ledger.claim(), body }]);
    await send(eventText('query'));
    await expect(send(eventText('delete'))).rejects.toMatchObject({ code: '23505' });
    await sequenceAll(gateway);
    await expect(send(eventText('delete'))).rejects.toMatchObject({ code: '23505' });
  });
});
