/**
 * How a tree in tiles grows: what stands at its right edge, and the hashes of new leaves, are all that its next root takes. The cost is that
 * of the new leaves, however long the tree is.
 */
import { HASH_BYTES, nodeHash } from './hash.js';
import { subtreeRoot, subtreesIn, TILE_WIDTH } from './tiles.js';
import { rootAt } from './tree.js';

export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** The tiles at the right edge that are not full, for each level that has one. */
export type Edge = readonly Tile[];

export interface Grown {
  readonly size: number;
  readonly root: Uint8Array;
  /** Every tile that is new, or longer than it was. */
  readonly tiles: readonly Tile[];
}

/** The root of the tree that has this edge. */
export function edgeRoot(size: number, edge: Edge): Promise<Uint8Array> {
  const tiles = new Map(edge.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
  return rootAt(
    size,
    subtreesIn(size, ({ level, index }) => {
      const found = tiles.get(`${level}/${index}`);
      if (found === undefined) throw new RangeError(`the edge lacks tile ${level}/${index}`);
      return found;
    }),
  );
}

/**
 * The tree after more leaves.
 *
 * @param size leaves before
 * @param edge of the tree of that size
 * @param added hashes of the leaves that follow, one after the other
 * @throws RangeError where the edge is not that of such a tree.
 */
export async function grow(size: number, edge: Edge, added: Uint8Array): Promise<Grown> {
  const tiles: Tile[] = [];
  const newEdge: Tile[] = [];
  let more = added;
  let before = size;
  for (let level = 0; more.length > 0 || before > 0; level++) {
    const kept = edge.find((tile) => tile.level === level);
    const width = before % TILE_WIDTH;
    const index = Math.floor(before / TILE_WIDTH);
    if ((kept?.hashes.length ?? 0) !== width * HASH_BYTES || (kept !== undefined && kept.index !== index)) {
      throw new RangeError(`the edge is not that of a tree of ${size} at level ${level}`);
    }
    const row = Buffer.concat([kept?.hashes ?? Buffer.alloc(0), more]);
    const full = Math.floor(row.length / (TILE_WIDTH * HASH_BYTES));
    const above: Uint8Array[] = [];
    for (let at = 0; at * TILE_WIDTH * HASH_BYTES < row.length; at++) {
      const hashes = row.subarray(at * TILE_WIDTH * HASH_BYTES, (at + 1) * TILE_WIDTH * HASH_BYTES);
      const tile = { level, index: index + at, hashes };
      if (at < full) above.push(subtreeRoot(hashes));
      else newEdge.push(tile);
      if (more.length > 0) tiles.push(tile);
    }
    more = Buffer.concat(above);
    before = index;
  }
  const grownSize = size + added.length / HASH_BYTES;
  return { size: grownSize, root: await edgeRoot(grownSize, newEdge), tiles };
}

/** A tree's root from its leaves one by one, keeping one hash for each bit of its size. */
export class RunningRoot {
  /** By level; undefined where the size has a zero. */
  readonly #peaks: (Uint8Array | undefined)[] = [];

  add(leafHash: Uint8Array): void {
    let hash = leafHash;
    let level = 0;
    for (let peak = this.#peaks[level]; peak !== undefined; peak = this.#peaks[level]) {
      hash = nodeHash(peak, hash);
      this.#peaks[level++] = undefined;
    }
    this.#peaks[level] = hash;
  }

  /** Of what has been added; at least one leaf must have been. */
  root(): Uint8Array {
    const [lowest, ...rest] = this.#peaks.filter((peak) => peak !== undefined);
    if (lowest === undefined) throw new RangeError('a tree without leaves');
    return rest.reduce<Uint8Array>((right, left) => nodeHash(left, right), lowest);
  }
}
