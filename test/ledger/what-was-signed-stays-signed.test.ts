/** What a superuser can do to a stream that was signed, and what each leaves to be seen. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { logName } from '../../src/boundary/pseudonym.js';
import { checkpointRound } from '../../src/database/checkpoints.js';
import type { CheckpointSeeds } from '../../src/database/keys.js';
import { TenantPool } from '../../src/database/pool.js';
import { checkpointKeys, startCheckpointer } from '../../src/ledger/checkpointer.js';
import { readCheckpoints, type VerifyLedgerOptions, verifyLedger } from '../../src/ledger/read.js';
import type { StreamVerdict } from '../../src/ledger/verify.js';
import { type Checkpoint, parseCheckpoint } from '../../src/proof/checkpoint.js';
import { parseNote } from '../../src/proof/note-text.js';
import { describeOnServers } from '../support/test-server.js';
import { type LedgerDatabase, ledgerDatabase, ledgerKey } from './support/ledger-database.js';

const seeds: CheckpointSeeds = { name: 'example.com/ledger', seeds: [randomBytes(32)], retired: [] };
const keys = checkpointKeys(seeds);
const log = logName(ledgerKey, 'north');
const other = logName(ledgerKey, 'south');

/** Chain and head made right again, as somebody with every right on the tables could. */
const rechain = (of: string): string =>
  of === 'operator' ? rechained(of, 'operator_leaf', '') : rechained(of, 'leaf', ` where log = '${of}'`);

const rechained = (of: string, table: string, where: string): string => `
  do $$
  declare l ringfence.${table}; last bytea := decode(repeat('00', 32), 'hex');
  begin
    for l in select * from ringfence.${table}${where} order by seq loop
      l.leaf := convert_to(regexp_replace(convert_from(l.leaf, 'UTF8'), '"prev":"[0-9a-f]{64}"', '"prev":"' || encode(last, 'hex') || '"'), 'UTF8');
      update ringfence.${table} set leaf = l.leaf, prev = last, hash = sha256('\\x00'::bytea || l.leaf)${where === '' ? ' where' : `${where} and`} seq = l.seq;
      last := sha256('\\x00'::bytea || l.leaf);
      update ringfence.stream set seq = l.seq, hash = last where log = '${of}';
    end loop;
  end $$;`;
const edit = `update ringfence.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"query"', '"erase"'), 'UTF8') where seq = 3 and log = '${log}';`;
const cut = `delete from ringfence.leaf where seq > 4 and log = '${log}'; ${rechain(log)}`;
const unsign = `delete from ringfence.checkpoint where log = '${log}';`;
const forget = `delete from ringfence.leaf where log = '${log}'; delete from ringfence.stream where log = '${log}'; ${unsign}`;
const unlist = `delete from ringfence.operator_leaf; delete from ringfence.stream where log = 'operator'; delete from ringfence.checkpoint where log = 'operator';`;

interface Attack {
  readonly name: string;
  readonly sql: string;
  /** What verification says of the stream, or of the operator's. */
  readonly seen: Record<string, unknown>;
  readonly of?: string;
  /** Shown only by the operator's checkpoint, kept elsewhere. */
  readonly onlyKept?: true;
}

const attacks: readonly Attack[] = [
  {
    name: 'a leaf edited, chain and head made right',
    sql: edit + rechain(log),
    seen: { verdict: 'forked', seq: 6 },
  },
  {
    name: 'the same, and its checkpoints removed',
    sql: edit + rechain(log) + unsign,
    seen: { verdict: 'forked', seq: 6 },
  },
  {
    name: 'a tail cut off with its head',
    sql: cut,
    seen: { verdict: 'truncated', seq: 4, head: { seq: 6 } },
  },
  {
    name: 'the same, and its checkpoints removed',
    sql: cut + unsign,
    seen: { verdict: 'rolled_back', seq: 4, kept: 6 },
  },
  { name: 'a whole stream removed', sql: forget, seen: { verdict: 'rolled_back', seq: 0, kept: 6 } },
  {
    name: 'a checkpoint whose signature was changed',
    sql: `update ringfence.checkpoint set note = overlay(note placing case substr(note, length(note) - 20, 1) when 'A' then 'B' else 'A' end from length(note) - 20) where log = '${log}'`,
    seen: { verdict: 'tampered', what: 'checkpoint', seq: 6 },
  },
  {
    name: 'another stream’s checkpoint in its place',
    sql: `update ringfence.checkpoint c set note = s.note from ringfence.checkpoint s where c.log = '${log}' and s.log = '${other}'`,
    seen: { verdict: 'tampered', what: 'checkpoint', seq: 6 },
  },
  {
    name: 'the operator’s stream removed',
    sql: unlist,
    of: 'operator',
    onlyKept: true,
    seen: { verdict: 'rolled_back', seq: 0, kept: 2 },
  },
  {
    name: 'a whole stream removed with the operator’s',
    sql: forget + unlist,
    of: 'operator',
    onlyKept: true,
    seen: { verdict: 'rolled_back', seq: 0, kept: 2 },
  },
  {
    name: 'a stream rewritten, unsigned, and its line in the operator’s stream rewritten and unsigned as well',
    sql: `${edit}${rechain(log)}${unsign}
      update ringfence.operator_leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"size":6', '"size":5'), 'UTF8');
      ${rechain('operator')} delete from ringfence.checkpoint where log = 'operator';`,
    of: 'operator',
    onlyKept: true,
    seen: { verdict: 'forked', seq: 2 },
  },
];

describeOnServers('a signed ledger changed by a superuser', (server) => {
  let ledger: LedgerDatabase;
  let superuser: pg.Client;
  let pool: TenantPool;
  let kept: Checkpoint;

  const sign = async (): Promise<void> => {
    const work = startCheckpointer({
      keys,
      round: (passedOver, signing) => checkpointRound(pool, passedOver, signing),
      intervalMs: 3_600_000,
      onTampered: () => undefined,
      onError: () => undefined,
    });
    await work.flush();
    await work.stop();
  };

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    pool = new TenantPool({
      url: ledger.database.urlFor({ name: 'ringfence_gateway', password: 'gateway' }),
    });
    await ledger.record([
      ...new Array(6).fill({ tenant: 'north' }),
      { tenant: 'south' },
      { tenant: 'south' },
    ]);
    await ledger.sequence();
    await sign();
    superuser = await ledger.database.connect();
    for await (const { note } of readCheckpoints(superuser, 'operator')) {
      const parsed = parseCheckpoint(parseNote(note)?.text ?? '');
      if (parsed !== null) kept = parsed;
    }
  });
  afterAll(async () => {
    await pool.close();
    await ledger.database.drop();
  });
  beforeEach(async () => {
    await superuser.query('rollback');
    await superuser.query(
      `begin; ${['leaf', 'operator_leaf', 'stream', 'tile', 'checkpoint'].map((table) => `alter table ringfence.${table} disable trigger all;`).join(' ')}`,
    );
  });

  const verdicts = async (options: VerifyLedgerOptions = {}): Promise<ReadonlyMap<string, StreamVerdict>> => {
    const found = new Map<string, StreamVerdict>();
    for await (const each of verifyLedger(superuser, { keys, ...options })) found.set(each.log, each);
    return found;
  };
  const withKept = (): VerifyLedgerOptions => ({ retainedCheckpoints: new Map([['operator', [kept]]]) });

  it('is intact before it is changed, and each stream is signed to its end', async () => {
    const found = await verdicts(withKept());
    expect(found.get(log)).toMatchObject({ verdict: 'intact', events: 6, signed: 6 });
    expect(found.get(other)).toMatchObject({ verdict: 'intact', events: 2, signed: 2 });
    expect(found.get('operator')).toMatchObject({ verdict: 'intact', events: 2, signed: 2 });
  });

  it.each(attacks)('shows $name', async ({ sql, seen, of = log, onlyKept }) => {
    await superuser.query(sql);
    const alone = await verdicts();
    if (onlyKept) expect(alone.get(of)?.verdict ?? 'absent').toMatch(/^(intact|absent)$/);
    else expect(alone.get(of)).toMatchObject(seen);
    const against = await verdicts(withKept());
    expect(against.get(of)).toMatchObject(seen);
    expect(against.get(other)).toMatchObject({ verdict: 'intact' });
  });

  it('shows a stolen key’s second history by the checkpoint of the first', async () => {
    await superuser.query(`${edit}${rechain(log)}${unsign}${unlist}
      delete from ringfence.checkpoint; delete from ringfence.tile; update ringfence.stream set signed = 0; commit`);
    await sign();
    const alone = await verdicts();
    expect([...alone.values()].map(({ verdict }) => verdict)).toEqual(['intact', 'intact', 'intact']);
    expect((await verdicts(withKept())).get('operator')).toMatchObject({ verdict: 'forked', seq: 2 });
  });
});
