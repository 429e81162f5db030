/** An export: what the specification asks for, whole or as it was, and every change to it found with no database. */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { logName } from '../../src/boundary/pseudonym.js';
import { checkpointRound } from '../../src/database/checkpoints.js';
import { TenantPool } from '../../src/database/pool.js';
import { checkpointKeys, startCheckpointer } from '../../src/ledger/checkpointer.js';
import { exportLedger } from '../../src/ledger/export/export-ledger.js';
import { readBundle } from '../../src/ledger/export/layout.js';
import { type ExportVerdict, verifyExport } from '../../src/ledger/export/verify-export.js';
import { leafHash } from '../../src/ledger/tree/hash.js';
import { describeOnServers } from '../support/test-server.js';
import { uniqueName } from '../support/unique-name.js';
import { type LedgerDatabase, ledgerDatabase, ledgerKey } from './support/ledger-database.js';

const keys = checkpointKeys({ name: 'example.com/ledger', seeds: [randomBytes(32)], retired: [] });
const log = logName(ledgerKey, 'north');

describeOnServers('an export', (server) => {
  let ledger: LedgerDatabase;
  let pool: TenantPool;
  let auditor: pg.Client;
  let whole: string;
  let folder: string;

  const add = async (tenant: string, count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 500)
      await ledger.record(Array.from({ length: Math.min(500, left) }, () => ({ tenant })));
    await ledger.sequence();
    const work = startCheckpointer({
      keys,
      round: (passedOver, sign) => checkpointRound(pool, passedOver, sign),
      intervalMs: 3_600_000,
      onTampered: () => undefined,
      onError: () => undefined,
    });
    await work.flush();
    await work.stop();
  };
  const exported = async (to: string): Promise<ReadonlyMap<string, readonly [number, number]>> => {
    const all = new Map<string, readonly [number, number]>();
    for await (const { log: name, events, written } of exportLedger(auditor, to))
      all.set(name, [events, written]);
    return all;
  };
  const verdicts = async (of: string): Promise<ReadonlyMap<string, ExportVerdict>> => {
    const all = new Map<string, ExportVerdict>();
    for await (const verdict of verifyExport(of, { keys })) all.set(verdict.log, verdict);
    return all;
  };
  const files = async (of: string): Promise<string[]> =>
    (await readdir(join(of, log), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(of, log).length + 1))
      .sort();

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    pool = new TenantPool({
      url: ledger.database.urlFor({ name: 'ringfence_gateway', password: 'gateway' }),
    });
    auditor = await ledger.database.connect(
      await ledger.database.createLogin({ sql: 'grant ringfence_auditor to $login' }),
    );
    await add('north', 600);
    await add('south', 3);
    whole = join(inject('runDirectory'), uniqueName('export'));
    await mkdir(whole);
    await exported(whole);
  });
  afterAll(async () => {
    await pool.close();
    await ledger.database.drop();
  });
  beforeEach(async () => {
    folder = join(inject('runDirectory'), uniqueName('export'));
    await cp(whole, folder, { recursive: true });
  });

  it('has the files of a tiled log, and each leaf hashes to its place', async () => {
    expect(await files(whole)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ]);
    const leaves = readBundle(await readFile(join(whole, log, 'tile/entries/001'))) ?? [];
    const hashes = await readFile(join(whole, log, 'tile/0/001'));
    expect(Buffer.concat(leaves.map(leafHash))).toEqual(hashes);
  });

  it('verifies with the public keys alone', async () => {
    const found = await verdicts(whole);
    expect(found.get(log)).toMatchObject({ verdict: 'intact', events: 600, signed: 600 });
    expect(found.get('operator')).toMatchObject({ verdict: 'intact' });
    expect(found.size).toBe(3);
  });

  const change = (name: string, how: (bytes: Buffer) => Buffer) => async (): Promise<void> =>
    writeFile(join(folder, log, name), how(await readFile(join(folder, log, name))));
  const letter = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replace('allowed', 'refused'), 'latin1');
  const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)));
  it.each([
    [
      'an edited event',
      change('tile/entries/001', letter),
      { verdict: 'tampered', what: 'leaf_hash', seq: 257 },
    ],
    ['an edited hash', change('tile/0/002.p/88', flip), { verdict: 'tampered', what: 'leaf_hash', seq: 514 }],
    [
      'an edited hash under a full tile',
      change('tile/0/001', flip),
      { verdict: 'tampered', what: 'tile', seq: 257 },
    ],
    ['an edited inner hash', change('tile/1/000.p/2', flip), { verdict: 'tampered', what: 'tile', seq: 257 }],
    [
      'a file that was cut',
      change('tile/entries/000', (bytes) => bytes.subarray(0, -5)),
      { verdict: 'unreadable', file: `${log}/tile/entries/000` },
    ],
    [
      'a checkpoint that is none',
      change('checkpoint', () => Buffer.from('none\n')),
      { verdict: 'unreadable', file: `${log}/checkpoint` },
    ],
    [
      'a checkpoint that is not signed',
      change('checkpoint', flip),
      { verdict: 'tampered', what: 'checkpoint', seq: 600 },
    ],
    [
      'a missing file',
      async () => rm(join(folder, log, 'tile/0/001')),
      { verdict: 'unreadable', file: `${log}/tile/0/001` },
    ],
    [
      'another stream’s checkpoint',
      async () =>
        cp(join(folder, logName(ledgerKey, 'south'), 'checkpoint'), join(folder, log, 'checkpoint')),
      { verdict: expect.stringMatching(/tampered|unreadable/) },
    ],
  ])('shows %s', async (_, tamper, expected) => {
    await tamper();
    expect((await verdicts(folder)).get(log)).toMatchObject(expected);
  });

  it('shows an older one beside a newer list of what was signed', async () => {
    await add('north', 300);
    const newer = join(inject('runDirectory'), uniqueName('export'));
    await exported(newer);
    await rm(join(newer, log), { recursive: true });
    await cp(join(whole, log), join(newer, log), { recursive: true });
    expect((await verdicts(newer)).get(log)).toMatchObject({ verdict: 'rolled_back', seq: 600, kept: 900 });
  });

  it('goes on where it stopped: full tiles stay, the edge is renewed, and what was narrower goes', async () => {
    await add('north', 200);
    const before = await exported(folder);
    const [events, written] = before.get(log) ?? [0, 0];
    expect(events).toBeGreaterThan(700);
    expect(written).toBeLessThan(8);
    expect((await files(folder)).filter((name) => name.includes('002.p'))).toEqual([]);
    expect((await verdicts(folder)).get(log)).toMatchObject({ verdict: 'intact', events });
    expect((await exported(folder)).get(log)).toEqual([events, 0]);
  });

  it('is what it was before, once it is interrupted', async () => {
    await add('north', 100);
    const stop = new AbortController();
    const interrupted = async (): Promise<void> => {
      const options = {
        signal: stop.signal,
        onProgress: (name: string, done: number) => void (name === log && done === 3 && stop.abort()),
      };
      for await (const _ of exportLedger(auditor, folder, options));
    };
    await expect(interrupted()).rejects.toThrow();
    expect((await verdicts(folder)).get(log)).toMatchObject({ verdict: 'intact', events: 600 });
    await exported(folder);
    expect((await verdicts(folder)).get(log)).toMatchObject({ verdict: 'intact' });
  });
});
