import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logName, subjectName } from '../../src/boundary/pseudonym.js';
import { encodeEvent } from '../../src/ledger/encode-event.js';
import { type EventFilter, showEvents } from '../../src/ledger/read.js';
import { describeOnServers } from '../support/test-server.js';
import { eventBody, type LedgerDatabase, ledgerDatabase, ledgerKey } from './support/ledger-database.js';

describeOnServers('the events shown', (server) => {
  let ledger: LedgerDatabase;
  let auditor: pg.Client;
  let ids: string[];

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    const login = await ledger.database.createLogin({ sql: 'grant ringfence_auditor to $login' });
    auditor = await ledger.database.connect(login);
    await auditor.query('set role ringfence_auditor');
    const denied = { ...eventBody().decision, effect: 'denied' as const, code: 'unknown_table' };
    ids = await ledger.record(
      [
        { tenant: 'north', user: 'ada', run: 'r1' },
        { tenant: 'south', user: 'ada', run: 'r1' },
        { tenant: 'north', user: 'bob', run: 'r2' },
        { tenant: 'north', user: 'eve', crossTenant: 'grant:dunning' },
      ],
      [
        encodeEvent(eventBody()),
        encodeEvent(eventBody({ trace_id: 'trace-2' })),
        encodeEvent(eventBody({ decision: denied })),
        encodeEvent(eventBody()),
      ],
    );
    await ledger.sequence();
    ids.push(
      ...(await ledger.record([{ tenant: 'north', user: 'ada', run: 'r3' }], [encodeEvent(eventBody())])),
    );
  });
  afterAll(() => ledger.database.drop());

  const shown = async (filter: Partial<EventFilter>): Promise<number[]> =>
    (await showEvents(auditor, { limit: 100, ...filter })).map(({ eventId }) => ids.indexOf(eventId));

  it('are all of them, the newest first', async () => {
    expect(await shown({})).toEqual([4, 3, 2, 1, 0]);
    expect(await shown({ limit: 2 })).toEqual([4, 3]);
  });

  it("are a tenant's, with what others did for it", async () => {
    expect(await shown({ tenant: 'north' })).toEqual([4, 3, 2, 0]);
    expect(await shown({ tenant: 'south' })).toEqual([1]);
    expect(await shown({ tenant: 'nobody' })).toEqual([]);
  });

  it('are those of a user, run, trace or decision, pending ones too', async () => {
    expect(await shown({ subject: subjectName(ledgerKey, 'north', 'ada') })).toEqual([4, 0]);
    expect(await shown({ run: 'r1' })).toEqual([1, 0]);
    expect(await shown({ trace: 'trace-2' })).toEqual([1]);
    expect(await shown({ decision: 'denied' })).toEqual([2]);
    expect(await shown({ tenant: 'north', run: 'r3' })).toEqual([4]);
    expect(await shown({ tenant: 'south', decision: 'denied' })).toEqual([]);
  });

  it('are those since a time', async () => {
    expect(await shown({ since: new Date(0) })).toEqual([4, 3, 2, 1, 0]);
    expect(await shown({ since: new Date(Date.now() + 86_400_000) })).toEqual([]);
  });

  it('say what was recorded, and which of them are not chained yet', async () => {
    const events = await showEvents(auditor, { tenant: 'north', limit: 100 });
    expect(events[0]).toMatchObject({ pending: true, seq: null, sequencedAt: null, tenant: 'north' });
    expect(events[1]).toMatchObject({
      log: logName(ledgerKey, 'north', true),
      boundary: { cross_tenant: 'grant:dunning' },
    });
    expect(events[3]).toMatchObject({
      pending: false,
      seq: 1,
      log: logName(ledgerKey, 'north'),
      boundary: { run: 'r1', role: 'support', actor: 'desk', actor_kind: 'agent' },
      event: eventBody(),
      rowCount: 0,
    });
  });

  it('are refused with advice where a leaf is not readable', async () => {
    const superuser = await ledger.database.connect();
    await superuser.query(`begin; alter table ringfence.leaf disable trigger all;
      update ringfence.leaf set leaf = '\\xff' where seq = 1 and log = '${logName(ledgerKey, 'north')}'`);
    await expect(showEvents(superuser, { limit: 10 })).rejects.toMatchObject({ code: 'ledger_tampered' });
    await superuser.query('rollback');
  });
});
