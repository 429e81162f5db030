/**
 * Roots and proofs of a Merkle tree (RFC 6962, section 2.1), made from the hashes of its complete subtrees. Where these come from
 * (tiles, a database, a file) is the reader's business: nothing here holds more than one path of them.
 */
import { emptyRoot, nodeHash } from './hash.js';

/**
 * The hash of a complete subtree: of the 2^`level` leaves from leaf `index` · 2^`level` on. Level 0 are the leaves' own hashes.
 * Throws where it does not have it.
 */
export type SubtreeReader = (level: number, index: number) => Promise<Uint8Array> | Uint8Array;

/** The root over the first `size` leaves. */
export async function rootAt(size: number, read: SubtreeReader): Promise<Uint8Array> {
  return size === 0 ? emptyRoot() : rangeHash(0, size, read);
}

/**
 * The hashes that lead from leaf `index` to the root over the first `size` leaves, the leaf's neighbour first.
 * @throws RangeError where there is no such leaf.
 */
export async function inclusionProof(
  index: number,
  size: number,
  read: SubtreeReader,
): Promise<readonly Uint8Array[]> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  }
  return pathTo(index, 0, size, read);
}

async function pathTo(index: number, from: number, to: number, read: SubtreeReader): Promise<Uint8Array[]> {
  if (to - from === 1) return [];
  const middle = from + largestPowerBelow(to - from);
  return index < middle
    ? [...(await pathTo(index, from, middle, read)), await rangeHash(middle, to, read)]
    : [...(await pathTo(index, middle, to, read)), await rangeHash(from, middle, read)];
}

/**
 * The hashes that show that the tree of `size` leaves begins with the tree of `earlier`. Empty where `earlier` is 0 or `size`.
 * @throws RangeError where `earlier` is larger than `size`.
 */
export async function consistencyProof(
  earlier: number,
  size: number,
  read: SubtreeReader,
): Promise<readonly Uint8Array[]> {
  if (!Number.isSafeInteger(earlier) || !Number.isSafeInteger(size) || earlier < 0 || earlier > size) {
    throw new RangeError(`a tree of ${size} does not begin with one of ${earlier}`);
  }
  return earlier === 0 ? [] : growth(earlier, 0, size, true, read);
}

/** `known`: the earlier tree ends where this range does, and its root is this range's. */
async function growth(
  earlier: number,
  from: number,
  to: number,
  known: boolean,
  read: SubtreeReader,
): Promise<Uint8Array[]> {
  if (earlier === to - from) return known ? [] : [await rangeHash(from, to, read)];
  const half = largestPowerBelow(to - from);
  const middle = from + half;
  return earlier <= half
    ? [...(await growth(earlier, from, middle, known, read)), await rangeHash(middle, to, read)]
    : [...(await growth(earlier - half, middle, to, false, read)), await rangeHash(from, middle, read)];
}

/** The hash over the leaves `from` to `to`, where `from` is a multiple of the largest power of two in the range. */
async function rangeHash(from: number, to: number, read: SubtreeReader): Promise<Uint8Array> {
  if (to - from === 1) return read(0, from);
  const half = largestPowerBelow(to - from);
  if (to - from === 2 * half) return read(Math.log2(half) + 1, from / (2 * half));
  return nodeHash(await read(Math.log2(half), from / half), await rangeHash(from + half, to, read));
}

/** The largest power of two smaller than `n`, for n ≥ 2. */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
