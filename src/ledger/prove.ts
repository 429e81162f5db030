/** The proof that an event is in its stream, for somebody who has neither the database nor any reason to believe it. */

import { RingfenceError } from '../errors.js';
import type { Checkpoint } from '../proof/checkpoint.js';
import { parseCheckpoint } from '../proof/checkpoint.js';
import { formatProof } from '../proof/event-proof.js';
import { parseNote } from '../proof/note-text.js';
import { type LedgerSource, newestCheckpoint } from './read.js';
import { subtreesIn } from './tree/tiles.js';
import { inclusionProof } from './tree/tree.js';

export interface ProvenEvent {
  readonly eventId: string;
  readonly log: string;
  readonly seq: number;
  /** The event's exact bytes: canonical JSON. */
  readonly leaf: Buffer;
  /** A https://c2sp.org/tlog-proof file: see `verifyEventProof` of `ringfence/proof`. */
  readonly proof: string;
  readonly checkpoint: Checkpoint;
}

/**
 * Proves an event under the newest checkpoint of its stream.
 *
 * @returns `unknown` where no stream holds it; `pending` where it waits to be chained, or to be signed.
 * @throws {RingfenceError} `ledger_tampered` where the tree lacks a part.
 */
export async function proveEvent(
  source: LedgerSource,
  eventId: string,
): Promise<ProvenEvent | 'unknown' | 'pending'> {
  const { rows: places } = await source.query(
    'select log, seq, leaf, pending from ringfence.ledger_place($1::uuid)',
    [eventId],
  );
  const [place] = places;
  if (place === undefined) return 'unknown';
  if (place.pending === true) return 'pending';
  const log = String(place.log);
  const seq = Number(place.seq);
  const note = (await newestCheckpoint(source, log)) ?? '';
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
  if (checkpoint === null || checkpoint.size < seq) return 'pending';
  try {
    const hashes = await inclusionProof(
      seq - 1,
      checkpoint.size,
      subtreesIn(checkpoint.size, async ({ level, index }) => {
        const { rows } = await source.query(
          'select ringfence.tile_read($1::text, $2::int, $3::bigint) as hashes',
          [log, level, index],
        );
        const hashes = rows[0]?.hashes;
        if (!(hashes instanceof Uint8Array)) throw new RangeError(`tile ${level}/${index} is missing`);
        return hashes;
      }),
    );
    const proof = formatProof({ index: seq - 1, hashes, note });
    return { eventId, log, seq, leaf: place.leaf as Buffer, proof, checkpoint };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RingfenceError('ledger_tampered', `The tree of ${log} lacks a part: ${cause.message}.`, {
      cause,
      suggestion: 'Run "ringfence audit verify", and keep the database as it is.',
    });
  }
}
