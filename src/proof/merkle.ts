/**
 * Checking proofs of RFC 6962 trees, by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2. Needs nothing but a way to hash two
 * nodes into one, which may be asynchronous: so the same lines check a proof in Node and in a browser.
 */

import { sameBytes } from './bytes.js';

/** `SHA-256(0x01 ‖ left ‖ right)`. */
export type Combine = (left: Uint8Array, right: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export interface Inclusion {
  /** Counted from 0. */
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether the leaf is in the tree with this root. */
export async function verifyInclusion(
  { index, size, leafHash, proof, root }: Inclusion,
  combine: Combine,
): Promise<boolean> {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  if (![leafHash, root, ...proof].every(isHash)) return false;
  let at = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = await combine(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = await combine(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(hash, root);
}

export interface Consistency {
  readonly earlier: { readonly size: number; readonly root: Uint8Array };
  readonly later: { readonly size: number; readonly root: Uint8Array };
  readonly proof: readonly Uint8Array[];
}

/** Whether the later tree begins with the earlier one. Every tree begins with the empty one. */
export async function verifyConsistency(
  { earlier, later, proof }: Consistency,
  combine: Combine,
): Promise<boolean> {
  if (!isCount(earlier.size) || !isCount(later.size) || earlier.size > later.size) return false;
  if (![earlier.root, later.root, ...proof].every(isHash)) return false;
  if (earlier.size === later.size) return proof.length === 0 && sameBytes(earlier.root, later.root);
  if (earlier.size === 0) return proof.length === 0;
  if (proof.length === 0) return false;
  const [first, ...rest] = isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : proof;
  if (first === undefined) return false;
  let at = earlier.size - 1;
  let last = later.size - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  let before = first;
  let after = first;
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      before = await combine(sibling, before);
      after = await combine(sibling, after);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      after = await combine(after, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameBytes(before, earlier.root) && sameBytes(after, later.root);
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isHash = (hash: Uint8Array): boolean => hash.length === 32;
const isPowerOfTwo = (n: number): boolean => 2 ** Math.floor(Math.log2(n)) === n;
