/** Writes streams to a folder, up to their newest checkpoint. What is there already is not written again: an export goes on. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RingfenceError } from '../../errors.js';
import { parseCheckpoint } from '../../proof/checkpoint.js';
import { parseNote } from '../../proof/note-text.js';
import { OPERATOR_LOG } from '../make-checkpoint.js';
import { type LedgerSource, newestCheckpoint, readLeaves, readStreams } from '../read.js';
import { HASH_BYTES } from '../tree/hash.js';
import { newTiles, TILE_WIDTH, type TileAddress, tilePath } from '../tree/tiles.js';
import { bundles, writeBundle } from './layout.js';

export interface ExportOptions {
  /** Streams of this tenant only, and the operator's. */
  readonly tenant?: string;
  /** Told after each file. */
  readonly onProgress?: (log: string, done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

export interface ExportedStream {
  readonly log: string;
  readonly tenant: string | null;
  /** Leaves in the export: those under the newest checkpoint. 0 where nothing has been signed yet. */
  readonly events: number;
  /** Files that were written now. */
  readonly written: number;
}

/**
 * Exports the ledger as it was signed last. Safe while events are being appended; interrupted at any line it leaves the export that was there,
 * and goes on where it stopped.
 *
 * @throws {RingfenceError} `ledger_tampered` where the tree or the leaves lack a part.
 */
export async function* exportLedger(
  source: LedgerSource,
  folder: string,
  options: ExportOptions = {},
): AsyncGenerator<ExportedStream> {
  // Taken first and written last: whatever it lists is in the others by then, however they grow and wherever this is interrupted.
  const operators = await newestCheckpoint(source, OPERATOR_LOG);
  const streams = await readStreams(source);
  for (const { log, tenant } of streams) {
    if (log === OPERATOR_LOG || (options.tenant !== undefined && tenant !== options.tenant)) continue;
    const note = await newestCheckpoint(source, log);
    yield { log, tenant, ...(await exportStream(source, folder, log, note, options)) };
  }
  yield {
    log: OPERATOR_LOG,
    tenant: null,
    ...(await exportStream(source, folder, OPERATOR_LOG, operators, options)),
  };
}

async function exportStream(
  source: LedgerSource,
  folder: string,
  log: string,
  note: string | null,
  { onProgress, signal }: ExportOptions,
): Promise<Pick<ExportedStream, 'events' | 'written'>> {
  const checkpoint = parseCheckpoint(parseNote(note ?? '')?.text ?? '');
  if (note === null || checkpoint === null) return { events: 0, written: 0 };
  const { size } = checkpoint;
  const home = join(folder, log);
  const entries = bundles(size);
  const tiles = newTiles(0, size);
  const all = entries.length + tiles.length;
  let done = 0;
  let written = 0;
  const put = async (
    address: TileAddress,
    of: 'hashes' | 'entries',
    make: () => Promise<Buffer>,
  ): Promise<void> => {
    signal?.throwIfAborted();
    const path = join(home, tilePath(address, of));
    if (!(await exists(path))) {
      await writeWhole(path, await make());
      written++;
    }
    onProgress?.(log, ++done, all);
  };
  for (const address of entries) await put(address, 'entries', () => readEntries(source, log, address));
  for (const address of tiles) await put(address, 'hashes', () => readTile(source, log, address));
  await writeWhole(join(home, 'checkpoint'), Buffer.from(note));
  await dropNarrower(home, [
    ...entries.map((one) => [one, 'entries'] as const),
    ...tiles.map((one) => [one, 'hashes'] as const),
  ]);
  return { events: size, written };
}

async function readEntries(
  source: LedgerSource,
  log: string,
  { index, width }: TileAddress,
): Promise<Buffer> {
  const first = index * TILE_WIDTH;
  const leaves: Uint8Array[] = [];
  for await (const { leaf } of readLeaves(source, log, first, first + width)) leaves.push(leaf);
  if (leaves.length !== width) throw lacks(log, `leaves from ${first + 1} on`);
  return writeBundle(leaves);
}

async function readTile(source: LedgerSource, log: string, address: TileAddress): Promise<Buffer> {
  const { level, index, width } = address;
  const { rows } = await source.query('select ringfence.tile_read($1::text, $2::int, $3::bigint) as hashes', [
    log,
    level,
    index,
  ]);
  const hashes = rows[0]?.hashes;
  // A tile only gets longer: what stood in it when the checkpoint was signed are its first hashes.
  if (!(hashes instanceof Buffer) || hashes.length < width * HASH_BYTES) throw lacks(log, tilePath(address));
  return hashes.subarray(0, width * HASH_BYTES);
}

function lacks(log: string, what: string): RingfenceError {
  return new RingfenceError('ledger_tampered', `The stream ${log} lacks a part: ${what}.`, {
    suggestion: 'Run "ringfence audit verify", and keep the database as it is.',
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** All of it, or the file that was there. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.draft`;
  const file = await open(draft, 'w', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Takes away what stood at the right edge before: a tile that has become wider or full. */
async function dropNarrower(
  home: string,
  kept: readonly (readonly [TileAddress, 'hashes' | 'entries'])[],
): Promise<void> {
  for (const [address, of] of kept) {
    const partial = join(home, tilePath({ ...address, width: 1 }, of), '..');
    if (address.width === TILE_WIDTH) await rm(partial, { recursive: true, force: true });
    else
      for (let width = 1; width < address.width; width++)
        await rm(join(home, tilePath({ ...address, width }, of)), { force: true });
  }
}
