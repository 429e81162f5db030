/** Verifies an exported ledger, with no database: every leaf, every hash, every checkpoint. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../proof/checkpoint.js';
import { parseCheckpoint } from '../../proof/checkpoint.js';
import { parseNote } from '../../proof/note-text.js';
import { type CheckpointKeys, OPERATOR_LOG } from '../make-checkpoint.js';
import { HASH_BYTES } from '../tree/hash.js';
import { newTiles, subtreeRoot, TILE_WIDTH, tilePath } from '../tree/tiles.js';
import { leafEnd, listedCheckpoint, type StoredLeaf, type StreamVerdict, verifyStream } from '../verify.js';
import { bundles, readBundle } from './layout.js';

export interface VerifyExportOptions {
  /** The name and keys that checkpoints are signed with. Without them signatures are not verified. */
  readonly keys?: Pick<CheckpointKeys, 'name' | 'verifiers'>;
  /** Checkpoints that were kept elsewhere, by stream, their signatures verified. */
  readonly retainedCheckpoints?: ReadonlyMap<string, readonly Checkpoint[]>;
}

/** A file that is missing, cut, or no part of such an export. */
export interface Unreadable {
  readonly verdict: 'unreadable';
  readonly log: string;
  /** Within the export. */
  readonly file: string;
}

export type ExportVerdict = StreamVerdict | Unreadable;

/** One verdict for each stream in the folder, the operator's first: what it lists is asked of the others that are there. */
export async function* verifyExport(
  folder: string,
  options: VerifyExportOptions = {},
): AsyncGenerator<ExportVerdict> {
  const { retainedCheckpoints = new Map<string, readonly Checkpoint[]>() } = options;
  const found = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const logs = found.map(({ name }) => name).sort();
  const listed = new Map<string, Checkpoint>();
  const note = (leaf: StoredLeaf): void => {
    const told = listedCheckpoint(leaf);
    if (told !== null) listed.set(told.origin, told);
  };
  if (logs.includes(OPERATOR_LOG)) yield await verifyFolder(folder, OPERATOR_LOG, options, note);
  for (const log of logs.filter((name) => name !== OPERATOR_LOG)) {
    const told = listed.get(log);
    const kept = [...(retainedCheckpoints.get(log) ?? []), ...(told === undefined ? [] : [told])];
    yield await verifyFolder(folder, log, { ...options, retainedCheckpoints: new Map([[log, kept]]) });
  }
}

class UnreadableFile extends Error {
  readonly file: string;

  constructor(file: string) {
    super(`${file} cannot be read`);
    this.file = file;
  }
}

async function verifyFolder(
  folder: string,
  log: string,
  { keys, retainedCheckpoints }: VerifyExportOptions,
  onLeaf?: (leaf: StoredLeaf) => void,
): Promise<ExportVerdict> {
  const read = async (name: string): Promise<Buffer> =>
    readFile(join(folder, log, name)).catch(() => {
      throw new UnreadableFile(join(log, name));
    });
  try {
    const note = (await read('checkpoint')).toString();
    const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
    if (checkpoint === null) throw new UnreadableFile(join(log, 'checkpoint'));
    const wrong = await wrongTile(read, log, checkpoint.size);
    if (wrong !== null) return { verdict: 'tampered', log, what: 'tile', seq: wrong };
    return await verifyStream(leavesOf(read, log, checkpoint.size, onLeaf), {
      log,
      checkpoints: [{ size: checkpoint.size, note }],
      retainedCheckpoints: retainedCheckpoints?.get(log) ?? [],
      ...(keys === undefined ? {} : { keys }),
    });
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return { verdict: 'unreadable', log, file: error.file };
  }
}

type Read = (name: string) => Promise<Buffer>;

/**
 * Whether each full tile's root stands where it belongs in the tile above: a proof needs that, though a root does not. The number of the first
 * leaf under one that does not, or null.
 */
async function wrongTile(read: Read, log: string, size: number): Promise<number | null> {
  for (const address of newTiles(0, size)) {
    const { level, index, width } = address;
    const hashes = await read(tilePath(address));
    if (hashes.length !== width * HASH_BYTES) throw new UnreadableFile(join(log, tilePath(address)));
    if (width < TILE_WIDTH) continue;
    const inLevel = Math.floor(size / TILE_WIDTH ** (level + 1));
    const above = Math.floor(index / TILE_WIDTH);
    const place = {
      level: level + 1,
      index: above,
      width: Math.min(TILE_WIDTH, inLevel - above * TILE_WIDTH),
    };
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    const told = (await read(tilePath(place))).subarray(at, at + HASH_BYTES);
    if (!told.equals(subtreeRoot(hashes))) return index * TILE_WIDTH ** (level + 1) + 1;
  }
  return null;
}

async function* leavesOf(
  read: Read,
  log: string,
  size: number,
  onLeaf?: (leaf: StoredLeaf) => void,
): AsyncGenerator<StoredLeaf> {
  for (const address of bundles(size)) {
    const name = tilePath(address, 'entries');
    const leaves = readBundle(await read(name));
    const hashes = await read(tilePath(address));
    if (leaves?.length !== address.width || hashes.length !== address.width * HASH_BYTES)
      throw new UnreadableFile(join(log, name));
    for (const [at, leaf] of leaves.entries()) {
      const end = leafEnd(leaf);
      const stored: StoredLeaf = {
        // What the bytes do not say themselves is taken to be what their place says.
        seq: end?.seq ?? address.index * TILE_WIDTH + at + 1,
        eventId: end?.eventId ?? '',
        prev: end?.prev ?? '',
        hash: hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES).toString('hex'),
        leaf,
      };
      onLeaf?.(stored);
      yield stored;
    }
  }
}
