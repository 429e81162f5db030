/** The ledger, in process: verifying a stream, signing what grew, and how large a proof is. The floor of verification is its hashing alone. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { checkpointKeys } from '../dist/ledger/checkpointer.js';
import { makeCheckpoint } from '../dist/ledger/make-checkpoint.js';
import { grow } from '../dist/ledger/tree/grow.js';
import { leafHash } from '../dist/ledger/tree/hash.js';
import { verifyStream } from '../dist/ledger/verify.js';
import { formatProof } from '../dist/proof/event-proof.js';
import { p50 } from './measure.mjs';

const EVENTS = 50_000;
const LOG = `t_${'0'.repeat(32)}`;
const keys = checkpointKeys({ name: 'ringfence/0123456789abcdef', seeds: [randomBytes(32)], retired: [] });

/** A leaf as `ringfence.sequence` writes it, of the size that a query has. */
function leafText(seq, eventId, prev) {
  return (
    `{"boundary":{"actor":"desk","actor_kind":"agent","role":"support","run":"run-${seq % 97}","subject":"u_${'1'.repeat(32)}"},` +
    `"event":{"action":"query","attempt":1,"blocked":[],"columns":["invoice.customer_id","invoice.id","invoice.total"],` +
    `"decision":{"effect":"allowed","policy_hash":"sha256:${'a'.repeat(64)}","rule":"roles.support.tools.query"},"duration_us":${1000 + (seq % 900)},` +
    `"input":{"filter":{"total":{"gte":"number"}},"limit":"number","table":"invoice"},"input_commitment":"${'b'.repeat(64)}",` +
    `"occurred_at":"2026-01-02T03:04:05.678Z","tables":["invoice"],"trace_id":"trace-${seq % 41}"},"event_id":"${eventId}","log":"${LOG}",` +
    `"prev":"${prev}","recorded_at":"2026-01-02T03:04:05.678901Z","row_count":20,"seq":${seq},"sequenced_at":"2026-01-02T03:04:06.000001Z","version":1}`
  );
}

function stream() {
  const leaves = [];
  let prev = '0'.repeat(64);
  for (let seq = 1; seq <= EVENTS; seq++) {
    const eventId = randomUUID();
    const leaf = Buffer.from(leafText(seq, eventId, prev));
    const hash = leafHash(leaf).toString('hex');
    leaves.push({ seq, eventId, prev, hash, leaf });
    prev = hash;
  }
  return leaves;
}

export async function ledgerRows() {
  const leaves = stream();
  const hashes = Buffer.concat(leaves.map(({ hash }) => Buffer.from(hash, 'hex')));
  const due = { log: LOG, size: 0, note: null, hashes, edge: [] };
  const checkpoints = [await makeCheckpoint(due, keys)];
  const hashAll = () => {
    for (const { leaf } of leaves) createHash('sha256').update('\0').update(leaf).digest();
  };
  const verify = async (options) => {
    const { verdict, events } = await verifyStream(leaves, { log: LOG, ...options });
    if (verdict !== 'intact' || events !== EVENTS) throw new Error(`The stream is ${verdict}.`);
  };
  const few = { rounds: 5, calls: 1 };
  const [floor, chain, signed] = await p50(
    [hashAll, () => verify({}), () => verify({ checkpoints, keys })],
    few,
  );
  const perSecond = (us) => (EVENTS * 1_000_000) / us;

  const { tiles } = await grow(0, [], hashes);
  const edge = tiles.filter(({ hashes: row }) => row.length < 8192);
  const [{ note }] = checkpoints;
  const next = { log: LOG, size: EVENTS, note, hashes: randomBytes(32 * 20), edge };
  const signing = () => keys.signers[0].line('three\nshort\nlines\n');
  const [signFloor, made] = await p50([signing, () => makeCheckpoint(next, keys)], { rounds: 5, calls: 40 });

  // A leaf of a tree of a million has twenty hashes above it.
  const proof = formatProof({
    index: 999_999,
    hashes: Array.from({ length: 20 }, () => randomBytes(32)),
    note,
  });
  return [
    {
      what: 'verifying a stream: chain and form',
      floor: 'its SHA-256 alone',
      unit: 'events/s',
      floorValue: perSecond(floor),
      value: perSecond(chain),
      ratio: chain / floor,
      target: '≥ 200 000 a second',
      ok: perSecond(chain) >= 200_000,
    },
    {
      what: 'verifying a stream: tree and checkpoints too',
      floor: 'its SHA-256 alone',
      unit: 'events/s',
      floorValue: perSecond(floor),
      value: perSecond(signed),
      ratio: signed / floor,
      target: '≥ 200 000 a second',
      ok: perSecond(signed) >= 200_000,
    },
    {
      what: 'the next checkpoint of a stream of 50 000, 20 new events',
      floor: 'one Ed25519 signature',
      unit: 'µs',
      floorValue: signFloor,
      value: made,
      ratio: made / signFloor,
      target: 'printed',
      ok: true,
    },
    {
      what: 'a proof at a million events',
      floor: '',
      unit: 'bytes',
      value: Buffer.byteLength(proof),
      target: '< 1500 bytes',
      ok: Buffer.byteLength(proof) < 1500,
    },
  ];
}
