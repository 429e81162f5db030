/** RFC 6962 trees, against a reference that follows the RFC's definitions word by word. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash, nodeHash } from '../../../src/ledger/tree/hash.js';
import { newTiles, subtreesIn, type TileReader, tilePath } from '../../../src/ledger/tree/tiles.js';
import { consistencyProof, inclusionProof, rootAt } from '../../../src/ledger/tree/tree.js';
import { verifyConsistency, verifyInclusion } from '../../../src/proof/merkle.js';

/** MTH(D[n]) of the RFC. */
function mth(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return createHash('sha256').digest();
  if (hashes.length === 1) return first;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(mth(hashes.slice(0, k)), mth(hashes.slice(k)));
}

const leaves = (n: number): Uint8Array[] =>
  Array.from({ length: n }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));

/** Complete subtrees, straight from the leaves. */
const from =
  (hashes: readonly Uint8Array[]) =>
  (level: number, index: number): Uint8Array =>
    mth(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));

/** Tiles as a log would store them, grown from size to size. */
function grown(hashes: readonly Uint8Array[], sizes: readonly number[]): TileReader {
  const stored = new Map<string, Uint8Array>();
  let before = 0;
  for (const size of sizes) {
    for (const { level, index, width } of newTiles(before, size)) {
      const span = 256 ** level;
      const row = Array.from({ length: width }, (_, at) =>
        mth(hashes.slice((index * 256 + at) * span, (index * 256 + at + 1) * span)),
      );
      stored.set(`${level}/${index}`, Buffer.concat(row));
    }
    before = size;
  }
  return ({ level, index }) => {
    const tile = stored.get(`${level}/${index}`);
    if (tile === undefined) throw new Error(`no tile ${level}/${index}`);
    return tile;
  };
}

describe('a tree', () => {
  it('has the roots that certificate transparency publishes for its eight test leaves', async () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const hashes = inputs.map((hex) => leafHash(Buffer.from(hex, 'hex')));
    const roots = await Promise.all(hashes.map((_, at) => rootAt(at + 1, from(hashes))));
    expect(roots.map((root) => Buffer.from(root).toString('hex'))).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]);
    expect(Buffer.from(await rootAt(0, from([]))).toString('hex')).toBe(createHash('sha256').digest('hex'));
  });

  it('has the root of the definition, whatever its size, also out of tiles that grew', async () => {
    const hashes = leaves(1000);
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 700, 1000]) {
      const whole = mth(hashes.slice(0, size));
      expect(await rootAt(size, from(hashes))).toEqual(whole);
      const tiles = grown(
        hashes,
        [7, 256, 300, 513, size].filter((step) => step <= size),
      );
      expect(Buffer.from(await rootAt(size, subtreesIn(size, tiles)))).toEqual(Buffer.from(whole));
    }
  });

  it('proves each leaf that it holds, and nothing else', async () => {
    const hashes = leaves(600);
    const tiles = grown(hashes, [600]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.nat(), async (size, a, b) => {
        const index = a % size;
        const read = from(hashes);
        const proof = await inclusionProof(index, size, read);
        const root = await rootAt(size, read);
        const claim = { index, size, leafHash: hashes[index] ?? root, proof, root };
        expect(await verifyInclusion(claim, nodeHash)).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(10);
        const other = b % size;
        if (other !== index) {
          expect(await verifyInclusion({ ...claim, index: other }, nodeHash)).toBe(false);
          expect(await verifyInclusion({ ...claim, leafHash: hashes[other] ?? root }, nodeHash)).toBe(false);
        }
        expect(await verifyInclusion({ ...claim, proof: [...proof, root] }, nodeHash)).toBe(false);
        expect(await verifyInclusion({ ...claim, proof: proof.slice(1) }, nodeHash)).toBe(proof.length === 0);
        if (size === 600) expect(await inclusionProof(index, size, subtreesIn(size, tiles))).toEqual(proof);
      }),
      { numRuns: 300 },
    );
  });

  it('shows that it grew out of an earlier one, and of no other', async () => {
    const hashes = leaves(300);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(), async (size, a) => {
        const earlier = a % (size + 1);
        const read = from(hashes);
        const proof = await consistencyProof(earlier, size, read);
        const later = { size, root: await rootAt(size, read) };
        const start = { size: earlier, root: await rootAt(earlier, read) };
        expect(await verifyConsistency({ earlier: start, later, proof }, nodeHash)).toBe(true);
        const forged = leaves(size);
        forged[Math.floor(earlier / 2)] = leafHash(Buffer.from('another'));
        const rewritten = { size, root: await rootAt(size, from(forged)) };
        const forgedProof = await consistencyProof(earlier, size, from(forged));
        const shown = await verifyConsistency(
          { earlier: start, later: rewritten, proof: forgedProof },
          nodeHash,
        );
        expect(shown).toBe(earlier === 0);
        if (proof.length > 0) {
          expect(await verifyConsistency({ earlier: start, later, proof: proof.slice(1) }, nodeHash)).toBe(
            false,
          );
          expect(
            await verifyConsistency({ earlier: start, later, proof: [...proof, later.root] }, nodeHash),
          ).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is laid out in tiles as the specification counts them', () => {
    const tiles = newTiles(0, 70_000);
    const widths = (level: number) => tiles.filter((tile) => tile.level === level).map(({ width }) => width);
    expect(widths(0).filter((width) => width === 256)).toHaveLength(273);
    expect(widths(0).at(-1)).toBe(112);
    expect(widths(1)).toEqual([256, 17]);
    expect(widths(2)).toEqual([1]);
    expect(newTiles(0, 256).map(tilePath as (tile: (typeof tiles)[number]) => string)).toEqual([
      'tile/0/000',
      'tile/1/000.p/1',
    ]);
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 0, index: 3, width: 9 }, 'entries')).toBe('tile/entries/003.p/9');
    expect(newTiles(255, 257)).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 0, index: 1, width: 1 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(newTiles(5, 5)).toEqual([]);
  });
});
