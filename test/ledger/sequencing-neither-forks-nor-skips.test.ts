import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logName } from '../../src/boundary/pseudonym.js';
import { verifyLedger } from '../../src/ledger/read.js';
import type { StreamVerdict } from '../../src/ledger/verify.js';
import { describeOnServers } from '../support/test-server.js';
import {
  eventText,
  type LedgerDatabase,
  ledgerDatabase,
  ledgerKey,
  recordEvents,
  sequenceAll,
} from './support/ledger-database.js';

describeOnServers('sequencing', (server) => {
  let ledger: LedgerDatabase;
  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
  });
  afterAll(() => ledger.database.drop());

  const verdicts = async (source: pg.Client): Promise<StreamVerdict[]> => {
    const all: StreamVerdict[] = [];
    for await (const verdict of verifyLedger(source)) all.push(verdict);
    return all;
  };
  const idsOf = async (tenant: string): Promise<string[]> =>
    (
      await ledger.database.query<{ event_id: string }>(
        'select event_id from ringfence.leaf where log = $1 order by seq',
        [logName(ledgerKey, tenant)],
      )
    ).map((row) => row.event_id);
  const sequenceOnce = async (client: pg.Client, atMost = 256): Promise<number | null> => {
    const { rows } = await client.query<{ taken: number | null }>('select ringfence.sequence($1) as taken', [
      atMost,
    ]);
    return rows[0]?.taken ?? null;
  };

  it('keeps the order in which events were recorded, across batches', async () => {
    const ids: string[] = [];
    for (let batch = 0; batch < 4; batch++) {
      ids.push(...(await ledger.record([{ tenant: 'ordered' }, { tenant: 'other' }, { tenant: 'ordered' }])));
    }
    const gateway = await ledger.gateway();
    const taken: (number | null)[] = [];
    while (taken.at(-1) !== 0) taken.push(await sequenceOnce(gateway, 5));
    expect(taken).toEqual([5, 5, 2, 0]);
    expect(await idsOf('ordered')).toEqual(ids.filter((_, index) => index % 3 !== 1));
  });

  it('takes up an event that committed after later ones were chained', async () => {
    const [late, gateway] = [await ledger.gateway(), await ledger.gateway()];
    const id = randomUUID();
    await late.query('begin');
    await late.query("select ringfence.enter($1), set_config('role', 'ringfence_slice_support', true)", [
      ledger.claim({ tenant: 'late' }),
    ]);
    await late.query('select ringfence.append($1, $2, 1)', [id, eventText()]);
    const early = await ledger.record([{ tenant: 'late' }, { tenant: 'late' }]);
    await sequenceAll(gateway);
    expect(await idsOf('late')).toEqual(early);
    await late.query('commit');
    await sequenceAll(gateway);
    expect(await idsOf('late')).toEqual([...early, id]);
  });

  it('lets one session lead, and the others go on at once', async () => {
    const [leader, other] = [await ledger.gateway(), await ledger.gateway()];
    await ledger.record([{ tenant: 'led' }]);
    await leader.query('begin');
    expect(await sequenceOnce(leader)).toBe(1);
    expect(await sequenceOnce(other)).toBeNull();
    await leader.query('rollback');
    expect(await sequenceOnce(other)).toBe(1);
    expect(await sequenceOnce(other)).toBe(0);
  });

  it('drops the second copy of an event that was sent again meanwhile', async () => {
    const [id = ''] = await ledger.record([{ tenant: 'twice' }]);
    await ledger.sequence();
    await ledger.database.query(
      `insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count)
       select $1, $2, 'twice', '{}', '{}', 0`,
      [id, logName(ledgerKey, 'twice')],
    );
    const [next] = await ledger.record([{ tenant: 'twice' }]);
    await ledger.sequence();
    expect(await idsOf('twice')).toEqual([id, next]);
  });

  it('loses, forks and repeats nothing under eight writers, rollbacks, late commits and three sequencers', async () => {
    const tenants = ['t0', 't1', 't2'];
    const committed = new Map<string, string[]>(tenants.map((tenant) => [tenant, []]));
    let writing = 8;
    let step = 0;

    const writer = async (number: number): Promise<void> => {
      const client = await ledger.gateway();
      for (let round = 0; round < 40; round++) {
        const tenant = tenants[(number + round) % tenants.length] ?? '';
        const ids = [randomUUID(), randomUUID()];
        if (round % 3 === 0) {
          await recordEvents(
            client,
            ids.map((id) => ({ id, claim: ledger.claim({ tenant }), body: eventText() })),
          );
          committed.get(tenant)?.push(...ids);
          continue;
        }
        await client.query('begin');
        await client.query(
          "select ringfence.enter($1), set_config('role', 'ringfence_slice_support', true)",
          [ledger.claim({ tenant })],
        );
        for (const id of ids) {
          await client.query('select ringfence.append($1, $2, 1)', [id, eventText()]);
          if (++step % 5 === 0) await new Promise((resolve) => setTimeout(resolve, step % 7));
        }
        const keep = (number + round) % 4 !== 0;
        await client.query(keep ? 'commit' : 'rollback');
        if (keep) committed.get(tenant)?.push(...ids);
      }
      writing--;
    };
    const sequencer = async (): Promise<void> => {
      const client = await ledger.gateway();
      while (writing > 0) await sequenceOnce(client, 7);
    };
    const auditor = async (): Promise<void> => {
      const client = await ledger.database.connect();
      while (writing > 0) {
        for (const verdict of await verdicts(client)) expect(verdict.verdict).toBe('intact');
      }
    };
    await Promise.all([
      ...Array.from({ length: 8 }, (_, number) => writer(number)),
      sequencer(),
      sequencer(),
      sequencer(),
      auditor(),
    ]);
    await ledger.sequence();

    for (const tenant of tenants) expect((await idsOf(tenant)).sort()).toEqual(committed.get(tenant)?.sort());
    const all = await verdicts(await ledger.database.connect());
    expect(all.map(({ verdict }) => verdict)).toEqual(all.map(() => 'intact'));
    expect(await ledger.database.query('select count(*)::int from ringfence.event_pending')).toEqual([
      { count: 0 },
    ]);
  });
});
