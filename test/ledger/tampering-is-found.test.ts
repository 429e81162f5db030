import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { logName } from '../../src/boundary/pseudonym.js';
import { readLeaves, readStreams, verifyLedger } from '../../src/ledger/read.js';
import {
  type StoredLeaf,
  type StreamHead,
  type StreamVerdict,
  verifyStream,
} from '../../src/ledger/verify.js';
import { describeOnServers } from '../support/test-server.js';
import { type LedgerDatabase, ledgerDatabase, ledgerKey } from './support/ledger-database.js';

const log = logName(ledgerKey, 'north');
const other = logName(ledgerKey, 'south');

/** Sets hashes, chain and head right again from a number on, as somebody with every right on the tables could. */
const rewriteTail = `
  do $$
  declare l ringfence.leaf; last bytea;
  begin
    select decode(repeat('00', 32), 'hex') into last;
    for l in select * from ringfence.leaf where log = '${log}' order by seq loop
      l.leaf := convert_to(regexp_replace(convert_from(l.leaf, 'UTF8'), '"prev":"[0-9a-f]{64}"', '"prev":"' || encode(last, 'hex') || '"'), 'UTF8');
      update ringfence.leaf set leaf = l.leaf, prev = last, hash = sha256('\\x00'::bytea || l.leaf) where log = l.log and seq = l.seq;
      last := sha256('\\x00'::bytea || l.leaf);
      update ringfence.stream set seq = l.seq, hash = last where log = l.log;
    end loop;
  end $$;`;
const edit = `update ringfence.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"query"', '"erase"'), 'UTF8')`;

interface Attack {
  readonly name: string;
  readonly sql: string;
  readonly verdict: Partial<Record<keyof StreamVerdict | 'what' | 'seq', unknown>>;
}

const attacks: readonly Attack[] = [
  {
    name: 'an edited leaf',
    sql: `${edit} where seq = 3 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'leaf_hash', seq: 3 },
  },
  {
    name: 'an edited leaf with its hash made to match',
    sql: `${edit} where seq = 3 and log = '${log}'; update ringfence.leaf set hash = sha256('\\x00'::bytea || leaf) where seq = 3 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'chain', seq: 4 },
  },
  {
    name: 'an edited last leaf with its hash made to match',
    sql: `${edit} where seq = 6 and log = '${log}'; update ringfence.leaf set hash = sha256('\\x00'::bytea || leaf) where seq = 6 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'head', seq: 6 },
  },
  {
    name: 'a rewritten hash',
    sql: `update ringfence.leaf set hash = sha256('x') where seq = 2 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'leaf_hash', seq: 2 },
  },
  {
    name: 'a deleted leaf',
    sql: `delete from ringfence.leaf where seq = 4 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'gap', seq: 4 },
  },
  {
    name: 'a deleted first leaf',
    sql: `delete from ringfence.leaf where seq = 1 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'gap', seq: 1 },
  },
  {
    name: 'a deleted leaf with the rest renumbered',
    sql: `delete from ringfence.leaf where seq = 4 and log = '${log}'; update ringfence.leaf set seq = seq - 1 where seq > 4 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'columns', seq: 4 },
  },
  {
    name: 'an inserted leaf',
    sql: `update ringfence.leaf set seq = -seq where seq > 3 and log = '${log}'; update ringfence.leaf set seq = 1 - seq where seq < 0;
      insert into ringfence.leaf select log, 4, gen_random_uuid(), hash, hash, leaf from ringfence.leaf where seq = 3 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'columns', seq: 4 },
  },
  {
    name: 'two leaves that changed places',
    sql: `update ringfence.leaf set seq = 100 where seq = 2 and log = '${log}'; update ringfence.leaf set seq = 2 where seq = 3 and log = '${log}';
      update ringfence.leaf set seq = 3 where seq = 100 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'columns', seq: 2 },
  },
  {
    name: "a leaf of another tenant's",
    sql: `update ringfence.leaf t set leaf = s.leaf, hash = s.hash from ringfence.leaf s where t.seq = 1 and t.log = '${log}' and s.seq = 1 and s.log = '${other}'`,
    verdict: { verdict: 'tampered', what: 'form', seq: 1 },
  },
  {
    name: 'another event id beside a leaf',
    sql: `update ringfence.leaf set event_id = gen_random_uuid() where seq = 5 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'columns', seq: 5 },
  },
  {
    name: 'bytes that mean the same but are not canonical',
    sql: `update ringfence.leaf set leaf = leaf || ' '::bytea where seq = 6 and log = '${log}'; update ringfence.leaf set hash = sha256('\\x00'::bytea || leaf) where seq = 6 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'form', seq: 6 },
  },
  {
    name: 'bytes that are no text',
    sql: `update ringfence.leaf set leaf = '\\xff00', hash = sha256('\\x00ff00') where seq = 2 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'form', seq: 2 },
  },
  {
    name: 'a tail that was cut off',
    sql: `delete from ringfence.leaf where seq > 4 and log = '${log}'`,
    verdict: { verdict: 'truncated', seq: 4 },
  },
  {
    name: 'a stream that was emptied',
    sql: `delete from ringfence.leaf where log = '${log}'`,
    verdict: { verdict: 'truncated', seq: 0 },
  },
  {
    name: 'a head that was moved back',
    sql: `update ringfence.stream set seq = 5 where log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'head', seq: 6 },
  },
  {
    name: 'a head that was deleted',
    sql: `delete from ringfence.stream where log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'head', seq: 6 },
  },
  {
    name: 'a tail that was cut off before more was recorded',
    sql: `delete from ringfence.leaf where seq = 6 and log = '${log}'; update ringfence.leaf set seq = 7 where seq = 5 and log = '${log}'`,
    verdict: { verdict: 'tampered', what: 'gap', seq: 5 },
  },
];

describeOnServers('a ledger changed by a superuser', (server) => {
  let ledger: LedgerDatabase;
  let superuser: pg.Client;

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    await ledger.record([
      ...new Array(6).fill({ tenant: 'north' }),
      { tenant: 'south' },
      { tenant: 'south' },
    ]);
    await ledger.sequence();
    superuser = await ledger.database.connect();
  });
  afterAll(() => ledger.database.drop());

  beforeEach(async () => {
    await superuser.query('rollback');
    await superuser.query(`begin; alter table ringfence.leaf disable trigger all; alter table ringfence.stream disable trigger all;
      alter table ringfence.leaf drop constraint leaf_seq_check`);
  });

  const verdict = async (retained?: ReadonlyMap<string, StreamHead>) => {
    const found = new Map<string, StreamVerdict>();
    for await (const each of verifyLedger(superuser, retained === undefined ? {} : { retained }))
      found.set(each.log, each);
    expect(found.get(other)).toMatchObject({ verdict: 'intact', events: 2, tenant: 'south' });
    return found.get(log);
  };
  const headNow = async (): Promise<ReadonlyMap<string, StreamHead>> => {
    const stream = (await readStreams(superuser)).find((each) => each.log === log);
    return new Map(stream?.head ? [[log, stream.head]] : []);
  };

  it('is intact before it is changed', async () => {
    expect(await verdict(await headNow())).toMatchObject({ verdict: 'intact', events: 6 });
  });

  it.each(attacks)('shows $name', async ({ sql, verdict: expected }) => {
    await superuser.query(sql);
    expect(await verdict()).toMatchObject({ ...expected, log });
  });

  it('is consistent in itself once the whole tail and its head are rewritten: only a head kept elsewhere shows it', async () => {
    const retained = await headNow();
    await superuser.query(`${edit} where seq = 3 and log = '${log}'; ${rewriteTail}`);
    expect(await verdict()).toMatchObject({ verdict: 'intact', events: 6 });
    expect(await verdict(retained)).toMatchObject({ verdict: 'tampered', what: 'retained', seq: 6 });
  });

  it('is consistent in itself once tail and head are cut alike: only a head kept elsewhere shows it', async () => {
    const retained = await headNow();
    await superuser.query(`delete from ringfence.leaf where seq > 4 and log = '${log}'; ${rewriteTail}`);
    expect(await verdict()).toMatchObject({ verdict: 'intact', events: 4 });
    expect(await verdict(retained)).toMatchObject({ verdict: 'rolled_back', seq: 4, kept: 6 });
  });

  it("misses a tenant's whole stream only where a head was kept elsewhere", async () => {
    const retained = await headNow();
    await superuser.query(
      `delete from ringfence.leaf where log = '${log}'; delete from ringfence.stream where log = '${log}'`,
    );
    expect(await verdict()).toBeUndefined();
    expect(await verdict(retained)).toMatchObject({ verdict: 'rolled_back', seq: 0, kept: 6 });
  });

  it('goes on being intact past a head that was kept elsewhere', async () => {
    const retained = await headNow();
    await superuser.query('rollback');
    await ledger.record([{ tenant: 'north' }]);
    await ledger.sequence();
    expect(await verdict(retained)).toMatchObject({ verdict: 'intact', events: 7 });
  });
});

describe('a stream read from anywhere', () => {
  it('is empty where nothing was ever written', async () => {
    const head = { seq: 0, hash: '0'.repeat(64) };
    expect(await verifyStream([], { log, expectedHead: head })).toEqual({ verdict: 'empty', log });
    expect(await verifyStream([], { log })).toEqual({ verdict: 'empty', log });
  });
});

describeOnServers('leaves read from an export', (server) => {
  it('show a leaf that is there twice', async () => {
    const ledger = await ledgerDatabase(server);
    await ledger.record(new Array(3).fill({ tenant: 'north' }));
    await ledger.sequence();
    const leaves: StoredLeaf[] = [];
    for await (const leaf of readLeaves(await ledger.database.connect(), log)) leaves.push(leaf);
    expect(await verifyStream(leaves, { log })).toMatchObject({ verdict: 'intact', events: 3 });
    const [first, second, third] = leaves;
    if (!(first && second && third)) throw new Error('three leaves were written');
    expect(await verifyStream([first, second, second, third], { log })).toMatchObject({
      what: 'duplicate',
      seq: 2,
    });
    expect(await verifyStream([first, { ...second, eventId: first.eventId }, third], { log })).toMatchObject({
      what: 'duplicate',
      seq: 2,
    });
    await ledger.database.drop();
  });
});
