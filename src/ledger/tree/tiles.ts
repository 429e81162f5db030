/**
 * A Merkle tree kept in tiles of 256 hashes, as https://c2sp.org/tlog-tiles lays them out: a tile of level 0 holds leaves' hashes, each
 * hash of a tile above is the root of a full tile below. A full tile never changes again.
 */
import { HASH_BYTES, nodeHash } from './hash.js';
import type { SubtreeReader } from './tree.js';

/** Hashes in a full tile. */
export const TILE_WIDTH = 256;
/** Levels of the tree from a tile's hashes to its root. */
const TILE_HEIGHT = 8;

export interface TileAddress {
  readonly level: number;
  readonly index: number;
  /** Hashes in it: 256, or fewer at the tree's right edge. */
  readonly width: number;
}

/** The tiles that a tree of `size` leaves has and a tree of `earlier` had not, or had narrower; lower levels first. */
export function newTiles(earlier: number, size: number): readonly TileAddress[] {
  const tiles: TileAddress[] = [];
  for (let level = 0, before = earlier, now = size; now > 0; level++) {
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < now; index++) {
      const width = Math.min(TILE_WIDTH, now - index * TILE_WIDTH);
      if (index * TILE_WIDTH + width > before) tiles.push({ level, index, width });
    }
    before = Math.floor(before / TILE_WIDTH);
    now = Math.floor(now / TILE_WIDTH);
  }
  return tiles;
}

/** `tile/0/x001/234`, `tile/1/000.p/17`: where a tile is found, or with `entries` the leaves under one of level 0. */
export function tilePath({ level, index, width }: TileAddress, of: 'hashes' | 'entries' = 'hashes'): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
  const groups = digits.match(/.{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  const partial = width < TILE_WIDTH ? `.p/${width}` : '';
  return `tile/${of === 'entries' ? 'entries' : level}/${name}${partial}`;
}

/** The hash of the complete subtree over all 2^n hashes of `hashes`. */
export function subtreeRoot(hashes: Uint8Array): Uint8Array {
  let row = hashes;
  while (row.length > HASH_BYTES) {
    const above = Buffer.alloc(row.length / 2);
    for (let at = 0; at < row.length; at += 2 * HASH_BYTES) {
      nodeHash(row.subarray(at, at + HASH_BYTES), row.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES)).copy(
        above,
        at / 2,
      );
    }
    row = above;
  }
  return row;
}

/** Reads a tile, at least as wide as is asked. Throws where it has none. */
export type TileReader = (tile: TileAddress) => Promise<Uint8Array> | Uint8Array;

/** Complete subtrees of a tree of `size` leaves, out of its tiles; each tile is read once. */
export function subtreesIn(size: number, read: TileReader): SubtreeReader {
  const known = new Map<string, Promise<Uint8Array>>();
  const tile = (address: TileAddress): Promise<Uint8Array> => {
    const key = `${address.level}/${address.index}`;
    const found = known.get(key) ?? Promise.resolve(read(address));
    known.set(key, found);
    return found;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / TILE_HEIGHT);
    const span = 2 ** (level % TILE_HEIGHT);
    const first = index * span;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const inLevel = Math.floor(size / TILE_WIDTH ** tileLevel);
    const width = Math.min(TILE_WIDTH, inLevel - tileIndex * TILE_WIDTH);
    const hashes = await tile({ level: tileLevel, index: tileIndex, width });
    const at = (first % TILE_WIDTH) * HASH_BYTES;
    const part = hashes.subarray(at, at + span * HASH_BYTES);
    if (part.length !== span * HASH_BYTES) {
      throw new RangeError(`${tilePath({ level: tileLevel, index: tileIndex, width })} is too short`);
    }
    return subtreeRoot(part);
  };
}
