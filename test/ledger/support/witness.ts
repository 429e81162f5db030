/** A witness, as c2sp.org/tlog-witness asks for one: a real HTTP server with a key of its own. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { NoteVerifier } from '../../../src/ledger/note.js';
import { checkNote } from '../../../src/ledger/note.js';
import { nodeHash } from '../../../src/ledger/tree/hash.js';
import { type Checkpoint, parseCheckpoint } from '../../../src/proof/checkpoint.js';
import { verifyConsistency } from '../../../src/proof/merkle.js';
import { parseNote } from '../../../src/proof/note-text.js';

export interface Witness {
  readonly url: string;
  readonly vkey: string;
  /** The status of every answer. */
  readonly answers: number[];
  /** What it signed last. */
  last(): Checkpoint | null;
  /** Answers so many requests with 503. */
  fail(times: number): void;
  close(): Promise<void>;
}

const NAME = 'witness.example/w1';

export async function startWitness(logs: readonly NoteVerifier[]): Promise<Witness> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const material = Buffer.concat([
    Buffer.of(4),
    Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
  ]);
  const keyId = createHash('sha256').update(`${NAME}\n`).update(material).digest().subarray(0, 4);
  const answers: number[] = [];
  let last: Checkpoint | null = null;
  let failures = 0;

  const answer = async (body: string): Promise<readonly [number, string]> => {
    if (failures-- > 0) return [503, ''];
    failures = 0;
    const [head = '', ...rest] = body.split('\n\n');
    const [old = '', ...proofLines] = head.split('\n');
    const note = parseNote(rest.join('\n\n'));
    const checkpoint = note === null ? null : parseCheckpoint(note.text);
    if (note === null || checkpoint === null || !/^old \d+$/.test(old)) return [400, ''];
    const { good, bad } = checkNote(note, logs);
    if (good.length === 0 || bad.length > 0) return [403, ''];
    const size = Number(old.slice(4));
    if (size > checkpoint.size) return [400, ''];
    if (size !== (last?.size ?? 0)) return [409, `${last?.size ?? 0}\n`];
    const proof = proofLines.map((line) => Buffer.from(line, 'base64'));
    if (
      last === null
        ? proof.length > 0
        : !(await verifyConsistency({ earlier: last, later: checkpoint, proof }, nodeHash))
    )
      return [422, ''];
    last = checkpoint;
    return [200, `— ${NAME} ${cosignature(note.text, privateKey, keyId)}\n`];
  };
  const server: Server = createServer((request, response) => {
    void text(request)
      .then(answer)
      .then(([status, body]) => {
        answers.push(status);
        response
          .writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' })
          .end(body);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    vkey: `${NAME}+${keyId.toString('hex')}+${material.toString('base64')}`,
    answers,
    last: () => last,
    fail: (times) => {
      failures = times;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function cosignature(text: string, key: KeyObject, keyId: Buffer): string {
  const time = Buffer.alloc(8);
  const now = Math.floor(Date.now() / 1000);
  time.writeBigUInt64BE(BigInt(now));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${now}\n${text}`), key);
  return Buffer.concat([keyId, time, signature]).toString('base64');
}
