/**
 * An exported ledger: a folder for each stream, laid out as https://c2sp.org/tlog-tiles asks, so that tools that know nothing of Ringfence
 * read it.
 *
 *     <stream>/checkpoint                  the signed note
 *     <stream>/tile/<level>/<index>[.p/<width>]   256 hashes, or fewer at the right edge
 *     <stream>/tile/entries/<index>[.p/<width>]   the leaves under a tile of level 0: each its length (16 bits, big-endian) and its bytes
 */
import { TILE_WIDTH, type TileAddress } from '../tree/tiles.js';

/** The bundles of a stream with so many leaves. */
export function bundles(size: number): readonly TileAddress[] {
  return Array.from({ length: Math.ceil(size / TILE_WIDTH) }, (_, index) => ({
    level: 0,
    index,
    width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH),
  }));
}

export function writeBundle(leaves: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    leaves.flatMap((leaf) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(leaf.length);
      return [length, leaf];
    }),
  );
}

/** The leaves of a bundle; null where it does not end with one. */
export function readBundle(bundle: Buffer): readonly Buffer[] | null {
  const leaves: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    if (at + 2 > bundle.length) return null;
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return null;
    leaves.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return leaves;
}
