/**
 * Verification: do the leaves of a stream prove themselves? A function of bytes, trusting nothing that the database says
 * about them. Leaf hashes are those of RFC 6962, section 2.1: SHA-256(0x00 ‖ leaf).
 *
 * What a chain can show, and what it cannot. Any leaf changed, removed, inserted or moved leaves a place where hashes or
 * numbers disagree. Whoever can write the tables can also compute hashes: rewriting a tail, or cutting it off, and setting the
 * stream's head to match leaves a chain that is consistent in itself. Only a head kept out of their reach shows that: pass it
 * as `retained`.
 */
import { createHash } from 'node:crypto';
import { parseCanonical } from './canonical.js';

/** A leaf as stored, with the columns beside it. Hashes are lower-case hex. */
export interface StoredLeaf {
  readonly seq: number;
  readonly eventId: string;
  readonly prev: string;
  readonly hash: string;
  /** The exact bytes. */
  readonly leaf: Uint8Array;
}

/** A chain's end: its last number and that leaf's hash; 0 and zeros before the first. */
export interface StreamHead {
  readonly seq: number;
  readonly hash: string;
}

/**
 * What does not agree, at the leaf that shows it first:
 *
 * - `leaf_hash`: the bytes do not have the stored hash: they or it were changed;
 * - `columns`: the stored number, id or previous hash is not the one in the bytes;
 * - `chain`: the leaf follows another one than the one before it;
 * - `gap`: the leaf with this number is missing;
 * - `duplicate`: the number or the event has been there before;
 * - `form`: the bytes are not canonical JSON, or not a leaf of this stream;
 * - `head`: the head kept in the database is not the end of the chain, or is missing;
 * - `retained`: the leaf is not the one that a head kept elsewhere names: the chain was rewritten.
 */
export type Mismatch = 'leaf_hash' | 'columns' | 'chain' | 'gap' | 'duplicate' | 'form' | 'head' | 'retained';

export type StreamVerdict =
  | { readonly verdict: 'intact'; readonly log: string; readonly events: number; readonly head: StreamHead }
  | { readonly verdict: 'empty'; readonly log: string }
  | { readonly verdict: 'tampered'; readonly log: string; readonly what: Mismatch; readonly seq: number }
  /** The chain ends after `seq`, before the head that it once had. */
  | { readonly verdict: 'truncated'; readonly log: string; readonly seq: number; readonly head: StreamHead };

export interface VerifyOptions {
  readonly log: string;
  /**
   * The head that the database keeps: the leaves must end exactly there. A function is asked once the leaves are read, for
   * streams that grow meanwhile. Null where the database has lost it.
   */
  readonly expectedHead?: StreamHead | null | (() => Promise<StreamHead | null>);
  /** A head of this stream that was noted earlier and kept elsewhere: the leaves must go through it. */
  readonly retained?: StreamHead;
}

const genesis: StreamHead = { seq: 0, hash: '0'.repeat(64) };

/**
 * Verifies one stream; the verdict names the first thing that does not agree.
 *
 * @param leaves All leaves of the stream, in the order of their numbers.
 *
 * @example
 * ```ts
 * const verdict = await verifyStream(leaves, { log: 't_…', expectedHead: head, retained: headOfLastMonth });
 * if (verdict.verdict !== 'intact') alert(verdict);
 * ```
 */
export async function verifyStream(
  leaves: AsyncIterable<StoredLeaf> | Iterable<StoredLeaf>,
  options: VerifyOptions,
): Promise<StreamVerdict> {
  const { log, retained } = options;
  const tampered = (what: Mismatch, seq: number): StreamVerdict => ({ verdict: 'tampered', log, what, seq });
  const seen = new Set<string>();
  let last = genesis;
  for await (const leaf of leaves) {
    const what = seen.has(leaf.eventId) ? 'duplicate' : mismatch(leaf, last, log);
    if (what !== null) return tampered(what, what === 'gap' ? last.seq + 1 : leaf.seq);
    if (leaf.seq === retained?.seq && leaf.hash !== retained.hash) return tampered('retained', leaf.seq);
    seen.add(leaf.eventId);
    last = { seq: leaf.seq, hash: leaf.hash };
  }
  if (retained !== undefined && retained.seq > last.seq)
    return { verdict: 'truncated', log, seq: last.seq, head: retained };
  const head =
    typeof options.expectedHead === 'function' ? await options.expectedHead() : options.expectedHead;
  if (head !== undefined) {
    if (head === null || head.seq < last.seq) return tampered('head', last.seq);
    if (head.seq > last.seq) return { verdict: 'truncated', log, seq: last.seq, head };
    if (head.hash !== last.hash) return tampered('head', last.seq);
  }
  return last.seq === 0
    ? { verdict: 'empty', log }
    : { verdict: 'intact', log, events: last.seq, head: last };
}

function mismatch(leaf: StoredLeaf, last: StreamHead, log: string): Mismatch | null {
  if (leaf.seq <= last.seq) return 'duplicate';
  if (leaf.seq !== last.seq + 1) return 'gap';
  if (leafHash(leaf.leaf) !== leaf.hash) return 'leaf_hash';
  const content = parseLeaf(leaf.leaf);
  if (content === null || content.version !== 1 || content.log !== log) return 'form';
  if (content.seq !== leaf.seq || content.event_id !== leaf.eventId || content.prev !== leaf.prev)
    return 'columns';
  return leaf.prev === last.hash ? null : 'chain';
}

function leafHash(leaf: Uint8Array): string {
  return createHash('sha256').update(leafPrefix).update(leaf).digest('hex');
}

const leafPrefix = Uint8Array.of(0);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the bytes say, or null where they are not the canonical JSON of an object. */
function parseLeaf(leaf: Uint8Array): Readonly<Record<string, unknown>> | null {
  let text: string;
  try {
    text = utf8.decode(leaf);
  } catch {
    return null;
  }
  const content = parseCanonical(text);
  return typeof content === 'object' && content !== null
    ? (content as Readonly<Record<string, unknown>>)
    : null;
}
