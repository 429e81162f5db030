/** Checkpoints: every stream that has grown is signed, once, and nothing else ever is. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BackgroundWork } from '../../src/background-work.js';
import { logName } from '../../src/boundary/pseudonym.js';
import { checkpointRound, type DueStream, type SignedCheckpoint } from '../../src/database/checkpoints.js';
import type { CheckpointSeeds } from '../../src/database/keys.js';
import { TenantPool } from '../../src/database/pool.js';
import { checkpointKeys, startCheckpointer } from '../../src/ledger/checkpointer.js';
import { makeCheckpoint } from '../../src/ledger/make-checkpoint.js';
import { checkNote } from '../../src/ledger/note.js';
import { RunningRoot } from '../../src/ledger/tree/grow.js';
import { leafHash, nodeHash } from '../../src/ledger/tree/hash.js';
import { subtreesIn } from '../../src/ledger/tree/tiles.js';
import { consistencyProof, inclusionProof } from '../../src/ledger/tree/tree.js';
import { parseCheckpoint } from '../../src/proof/checkpoint.js';
import { verifyConsistency, verifyInclusion } from '../../src/proof/merkle.js';
import { parseNote } from '../../src/proof/note-text.js';
import { describeOnServers } from '../support/test-server.js';
import { type LedgerDatabase, ledgerDatabase, ledgerKey } from './support/ledger-database.js';

const seeds: CheckpointSeeds = { name: 'example.com/ledger', seeds: [randomBytes(32)], retired: [] };
const keys = checkpointKeys(seeds);

describeOnServers('checkpoints', (server) => {
  let ledger: LedgerDatabase;
  let pool: TenantPool;
  const tampered: unknown[] = [];
  const work: BackgroundWork[] = [];

  let current = seeds;
  const checkpointer = (over: CheckpointSeeds = current): BackgroundWork => {
    const started = startCheckpointer({
      keys: checkpointKeys(over),
      round: (passedOver, sign) => checkpointRound(pool, passedOver, sign),
      intervalMs: 3_600_000,
      onTampered: (error) => tampered.push(error),
      onError: (error) => tampered.push(error),
    });
    work.push(started);
    return started;
  };
  const events = async (tenant: string, count: number): Promise<void> => {
    for (let left = count; left > 0; left -= 500)
      await ledger.record(Array.from({ length: Math.min(500, left) }, () => ({ tenant })));
    await ledger.sequence();
  };
  const checkpoints = async (log: string) =>
    (
      await ledger.database.query<{ size: string; root: Buffer; note: string }>(
        'select size, root, note from ringfence.checkpoint where log = $1 order by size',
        [log],
      )
    ).map(({ size, root, note }) => ({ size: Number(size), root, note }));
  const leaves = async (log: string): Promise<Buffer[]> =>
    (
      await ledger.database.query<{ leaf: Buffer }>(
        'select leaf from ringfence.ledger_read($1, 0, 100000) order by seq',
        [log],
      )
    ).map(({ leaf }) => leaf);
  const tiles = (log: string, size: number) =>
    subtreesIn(size, async ({ level, index }) => {
      const [row] = await ledger.database.query<{ hashes: Buffer }>(
        'select ringfence.tile_read($1, $2, $3) as hashes',
        [log, level, index],
      );
      if (row === undefined) throw new Error(`no tile ${level}/${index}`);
      return row.hashes;
    });

  beforeAll(async () => {
    ledger = await ledgerDatabase(server);
    pool = new TenantPool({
      url: ledger.database.urlFor({ name: 'ringfence_gateway', password: 'gateway' }),
    });
  });
  afterAll(async () => {
    await Promise.all(work.map((one) => one.stop()));
    await pool.close();
    await ledger.database.drop();
  });

  it('cover every leaf of every stream with its root, signed, whatever the sizes between', async () => {
    const signing = checkpointer();
    for (const more of [1, 1, 3, 250, 1, 1, 300, 700]) {
      await events('north', more);
      await signing.flush();
    }
    const log = logName(ledgerKey, 'north');
    const all = await leaves(log);
    const made = await checkpoints(log);
    expect(made.map(({ size }) => size)).toEqual([1, 2, 5, 255, 256, 257, 557, 1257]);
    const running = new RunningRoot();
    for (const [at, leaf] of all.entries()) {
      running.add(leafHash(leaf));
      const here = made.find(({ size }) => size === at + 1);
      if (here === undefined) continue;
      const note = parseNote(here.note);
      if (note === null) throw new Error('no note');
      expect(checkNote(note, keys.verifiers)).toMatchObject({ good: [{ time: 0 }], bad: [] });
      const signed = parseCheckpoint(note.text);
      expect(signed).toEqual({
        origin: `example.com/ledger/${log}`,
        size: at + 1,
        root: new Uint8Array(here.root),
      });
      expect(Buffer.from(running.root())).toEqual(here.root);
    }
    expect(tampered).toEqual([]);
  });

  it('prove each event, and that each tree grew out of the one before, from tiles alone', async () => {
    const log = logName(ledgerKey, 'north');
    const all = (await leaves(log)).map(leafHash);
    const made = await checkpoints(log);
    const last = made.at(-1);
    if (last === undefined) throw new Error('no checkpoint');
    const read = tiles(log, last.size);
    for (const index of [0, 1, 254, 255, 256, 511, 512, 1000, 1256]) {
      const proof = await inclusionProof(index, last.size, read);
      const claim = { index, size: last.size, leafHash: all[index] ?? last.root, proof, root: last.root };
      expect(await verifyInclusion(claim, nodeHash)).toBe(true);
    }
    for (const earlier of made) {
      const proof = await consistencyProof(earlier.size, last.size, read);
      expect(await verifyConsistency({ earlier, later: last, proof }, nodeHash)).toBe(true);
    }
  });

  it('are leaves of the operator’s stream, which is chained and signed itself', async () => {
    await events('east', 2);
    await checkpointer().flush();
    const all = await leaves('operator');
    const listed = all.map(
      (leaf) => (JSON.parse(leaf.toString()) as { checkpoint: { log: string; size: number } }).checkpoint,
    );
    const [{ count } = { count: '' }] = await ledger.database.query<{ count: string }>(
      `select count(*) from ringfence.checkpoint where log <> 'operator'`,
    );
    expect(listed).toHaveLength(Number(count));
    expect(listed.at(-1)).toMatchObject({ log: logName(ledgerKey, 'east'), size: 2 });
    const made = await checkpoints('operator');
    expect(made.at(-1)?.size).toBe(all.length);
    expect(parseCheckpoint(parseNote(made.at(-1)?.note ?? '')?.text ?? '')?.origin).toBe(
      'example.com/ledger',
    );
  });

  it('are made by one process at a time: eight at once sign each size once', async () => {
    await events('south', 40);
    const before = (await checkpoints('operator')).length;
    await Promise.all(Array.from({ length: 8 }, () => checkpointer().flush()));
    expect((await checkpoints(logName(ledgerKey, 'south'))).map(({ size }) => size)).toEqual([40]);
    expect((await checkpoints('operator')).length).toBeGreaterThan(before);
    expect(tampered).toEqual([]);
  });

  it('are not made again, nor smaller, nor past the leaves, by whoever asks', async () => {
    const log = logName(ledgerKey, 'south');
    const gateway = await ledger.gateway();
    for (const size of [39, 40, 41, 4000]) {
      await expect(
        gateway.query('select ringfence.checkpoint_add($1, $2, $3, $4, $5, $6, $7, $8)', [
          [log],
          [size],
          [Buffer.alloc(32)],
          ['a note\n'],
          [],
          [],
          [],
          [],
        ]),
      ).rejects.toMatchObject({ code: '40001' });
    }
    for (const change of [
      `update ringfence.checkpoint set note = 'another'`,
      'delete from ringfence.checkpoint',
      'truncate ringfence.tile',
      'delete from ringfence.tile',
      `update ringfence.tile set hashes = hashes`,
      `update ringfence.tile set hashes = sha256('') where level = 1`,
    ]) {
      await expect(ledger.database.query(change), change).rejects.toMatchObject({ code: '42501' });
      await expect(gateway.query(change), change).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('are signed by old key and new while a key rotates, and by the new one alone afterwards', async () => {
    const next: CheckpointSeeds = { ...seeds, seeds: [randomBytes(32), ...seeds.seeds] };
    await events('rotating', 1);
    await checkpointer().flush();
    await events('rotating', 1);
    await checkpointer(next).flush();
    await events('rotating', 1);
    const [newest] = next.seeds;
    const left = {
      name: seeds.name,
      seeds: [newest] as const,
      retired: keys.signers.map(({ verifier }) => verifier.vkey),
    };
    current = left;
    await checkpointer().flush();
    const by = (await checkpoints(logName(ledgerKey, 'rotating'))).map(
      ({ note }) => parseNote(note)?.signatures.length,
    );
    expect(by).toEqual([1, 2, 1]);
    expect(tampered).toEqual([]);
  });

  it('are not signed over leaves that a superuser has changed, and others are signed on', async () => {
    await events('rewritten', 3);
    await events('honest', 3);
    await checkpointer().flush();
    const log = logName(ledgerKey, 'rewritten');
    await ledger.database.query(`
      alter table ringfence.tile disable trigger append_only;
      update ringfence.tile set hashes = sha256('forged') || substring(hashes from 33) where log = '${log}';
      alter table ringfence.tile enable always trigger append_only`);
    await events('rewritten', 1);
    await events('honest', 1);
    await checkpointer().flush();
    expect(tampered.map(String)).toEqual([
      expect.stringContaining('its first 3 leaves are not those that were signed'),
    ]);
    expect((await checkpoints(log)).map(({ size }) => size)).toEqual([3]);
    expect((await checkpoints(logName(ledgerKey, 'honest'))).map(({ size }) => size)).toEqual([3, 4]);
    tampered.length = 0;
  });

  it('are taken back with the transaction that dies before its commit, and made by the next', async () => {
    await events('killed', 2);
    const log = logName(ledgerKey, 'killed');
    const dying = checkpointRound(
      pool,
      [],
      async (due: readonly DueStream[]): Promise<readonly SignedCheckpoint[]> => {
        await ledger.database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ringfence_gateway' and state = 'idle in transaction'`,
        );
        return Promise.all(due.map((stream) => makeCheckpoint(stream, checkpointKeys(current))));
      },
    );
    await expect(dying).rejects.toThrow();
    expect(await checkpoints(log)).toEqual([]);
    await checkpointer().flush();
    expect((await checkpoints(log)).map(({ size }) => size)).toEqual([2]);
  });

  it('name nobody: what is signed holds a pseudonym and hashes', async () => {
    const notes = (await checkpoints(logName(ledgerKey, 'north'))).map(({ note }) => note).join('');
    expect(notes).not.toMatch(/north/);
  });
});
