/** Anchors: the newest checkpoint reaches every one, survives what fails, and a ledger with another history is refused. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Anchor, CheckpointToAnchor } from '../../src/ledger/anchors/anchor.js';
import { startAnchoring } from '../../src/ledger/anchors/anchoring.js';
import { fileAnchor } from '../../src/ledger/anchors/file.js';
import { httpAnchor } from '../../src/ledger/anchors/http.js';
import { witnessAnchor } from '../../src/ledger/anchors/witness.js';
import { checkNote, createNoteSigner, generateSeed, parseVerifier, signNote } from '../../src/ledger/note.js';
import { grow, type Tile } from '../../src/ledger/tree/grow.js';
import { leafHash } from '../../src/ledger/tree/hash.js';
import { subtreesIn } from '../../src/ledger/tree/tiles.js';
import { consistencyProof } from '../../src/ledger/tree/tree.js';
import { checkpointText } from '../../src/proof/checkpoint.js';
import { parseNote } from '../../src/proof/note-text.js';
import { uniqueName } from '../support/unique-name.js';
import { startWitness, type Witness } from './support/witness.js';

const signer = createNoteSigner('example.com/ledger', generateSeed());
const SILENT = AbortSignal.timeout(600_000);

/** The checkpoint of a log that grew to a size; another seed is another history. */
async function checkpointAt(
  size: number,
  history = 'one',
): Promise<CheckpointToAnchor & { readonly tiles: readonly Tile[] }> {
  const hashes = Buffer.concat(
    Array.from({ length: size }, (_, at) => leafHash(Buffer.from(`${history} ${at}`))),
  );
  const { root, tiles } = await grow(0, [], hashes);
  const checkpoint = { origin: 'example.com/ledger', size, root };
  return {
    note: signNote(checkpointText(checkpoint), [signer]),
    checkpoint,
    tiles,
    consistencyFrom: (from) =>
      consistencyProof(
        from,
        size,
        subtreesIn(
          size,
          ({ level, index }) =>
            tiles.find((tile) => tile.level === level && tile.index === index)?.hashes ?? Buffer.alloc(0),
        ),
      ),
  };
}

describe('a file', () => {
  let path: string;
  beforeEach(async () => {
    const directory = join(inject('runDirectory'), uniqueName('anchors'));
    await mkdir(directory);
    path = join(directory, 'ledger.notes');
  });

  it('takes one checkpoint after the other, each whole, and the same one once', async () => {
    const anchor = fileAnchor(path);
    const notes: string[] = [];
    for (const size of [1, 2, 2, 300, 301]) {
      const made = await checkpointAt(size);
      await anchor.publish(made, SILENT);
      if (notes.at(-1) !== made.note) notes.push(made.note);
    }
    expect(await readFile(path, 'utf8')).toBe(notes.map((note) => `${note}\n`).join(''));
  });

  it.each([
    ['that is shorter', 250, 'one'],
    ['of the same length and other leaves', 300, 'two'],
    ['that is longer and did not grow out of it', 301, 'two'],
  ])('takes no ledger %s', async (_, size, history) => {
    await fileAnchor(path).publish(await checkpointAt(300), SILENT);
    const before = await readFile(path, 'utf8');
    const refused = fileAnchor(path).publish(await checkpointAt(size, history), SILENT);
    await expect(refused).rejects.toMatchObject({ code: 'ledger_tampered' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('goes on after a note that a crash cut off in the middle', async () => {
    await fileAnchor(path).publish(await checkpointAt(5), SILENT);
    const { note } = await checkpointAt(6);
    await appendFile(path, note.slice(0, -20));
    await fileAnchor(path).publish(await checkpointAt(7), SILENT);
    await expect(fileAnchor(path).publish(await checkpointAt(6), SILENT)).rejects.toMatchObject({
      code: 'ledger_tampered',
    });
  });
});

describe('an address', () => {
  it('is sent each checkpoint, as an object of its own where it asks for that, and an error of its counts', async () => {
    const seen: string[] = [];
    let status = 201;
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body.length}`);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const anchor = httpAnchor(`http://127.0.0.1:${port}/ledger/{size}.note`, {
      method: 'PUT',
      headers: { authorization: 'Bearer t' },
    });
    const made = await checkpointAt(12);
    await anchor.publish(made, SILENT);
    expect(seen).toEqual([`PUT /ledger/12.note Bearer t ${made.note.length}`]);
    expect(anchor.name).toBe(`http://127.0.0.1:${port}`);
    status = 500;
    await expect(anchor.publish(made, SILENT)).rejects.toThrow('answered 500');
    status = 302;
    await expect(anchor.publish(made, SILENT)).rejects.toThrow();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(anchor.publish(made, SILENT)).rejects.toThrow();
  });
});

describe('a witness', () => {
  let witness: Witness;
  beforeEach(async () => {
    witness = await startWitness([signer.verifier]);
  });
  afterEach(() => witness.close());

  it('cosigns what grew, and its line verifies under the checkpoint', async () => {
    const anchor = witnessAnchor(witness.url, witness.vkey);
    for (const size of [3, 300, 301]) {
      const made = await checkpointAt(size);
      const lines = await anchor.publish(made, SILENT);
      const note = parseNote(`${made.note}${lines.join('\n')}\n`);
      if (note === null) throw new Error('no note');
      const { good } = checkNote(note, [signer.verifier, parseVerifier(witness.vkey)]);
      expect(good.map(({ time }) => time > 0)).toEqual([false, true]);
    }
    expect(witness.answers).toEqual([200, 200, 200]);
  });

  it('is asked where it stands by a process that has just begun', async () => {
    await witnessAnchor(witness.url, witness.vkey).publish(await checkpointAt(40), SILENT);
    await witnessAnchor(witness.url, witness.vkey).publish(await checkpointAt(90), SILENT);
    expect(witness.answers).toEqual([200, 409, 200]);
    expect(witness.last()?.size).toBe(90);
  });

  it('cosigns no other history and none that went back, which is told as what it is', async () => {
    const anchor = witnessAnchor(witness.url, witness.vkey);
    await anchor.publish(await checkpointAt(40), SILENT);
    await expect(anchor.publish(await checkpointAt(50, 'two'), SILENT)).rejects.toMatchObject({
      code: 'ledger_tampered',
    });
    const fresh = witnessAnchor(witness.url, witness.vkey);
    await expect(fresh.publish(await checkpointAt(30), SILENT)).rejects.toMatchObject({
      code: 'ledger_tampered',
    });
    expect(witness.last()?.size).toBe(40);
  });

  it('is believed by its own key alone', async () => {
    const other = await startWitness([signer.verifier]);
    const made = await checkpointAt(4);
    await expect(witnessAnchor(witness.url, other.vkey).publish(made, SILENT)).rejects.toThrow(
      'without one cosignature',
    );
    await other.close();
    expect(() => witnessAnchor(witness.url, signer.verifier.vkey)).toThrow('key of a log');
  });
});

describe('anchors', () => {
  it('each take the newest at their own pace; one that is down is told of and catches up', async () => {
    const witness = await startWitness([signer.verifier]);
    witness.fail(2);
    const failures: string[] = [];
    const kept: [number, number][] = [];
    const taken: number[] = [];
    const steady: Anchor = {
      name: 'steady',
      publish: async ({ checkpoint }) => {
        taken.push(checkpoint.size);
        return [];
      },
    };
    let newest = await checkpointAt(10);
    const work = startAnchoring({
      anchors: [steady, witnessAnchor(witness.url, witness.vkey)],
      newest: async () => ({ size: newest.checkpoint.size, note: newest.note }),
      tiles: ({ level, index }) =>
        newest.tiles.find((tile) => tile.level === level && tile.index === index)?.hashes ?? Buffer.alloc(0),
      keep: async (size, lines) => void kept.push([size, lines.length]),
      onFailure: (name) => failures.push(name),
      intervalMs: 5,
    });
    while (witness.last() === null) await new Promise((resolve) => setTimeout(resolve, 5));
    newest = await checkpointAt(20);
    while (witness.last()?.size !== 20 || kept.length < 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(work.map((one) => one.stop()));
    expect(failures).toEqual(['witness witness.example/w1', 'witness witness.example/w1']);
    expect(taken).toEqual([10, 20]);
    expect(kept).toEqual([
      [10, 1],
      [20, 1],
    ]);
    await witness.close();
  });
});
