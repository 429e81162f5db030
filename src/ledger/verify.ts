/**
 * Verification: do the leaves of a stream prove themselves? A function of bytes, trusting nothing that the database says
 * about them. Leaf hashes are those of RFC 6962, section 2.1: SHA-256(0x00 ‖ leaf).
 *
 * What a chain can show, and what it cannot. Any leaf changed, removed, inserted or moved leaves a place where hashes or
 * numbers disagree. Whoever can write the tables can also compute hashes: rewriting a tail, or cutting it off, and setting the
 * stream's head to match leaves a chain that is consistent in itself. What they cannot do is sign it: a rewritten tail is not what its
 * checkpoints signed. Whoever removes those too is shown only by a head or a checkpoint kept out of their reach: pass it as `retained`
 * or `retainedCheckpoints`.
 */

import { type Checkpoint, parseCheckpoint } from '../proof/checkpoint.js';
import { parseNote } from '../proof/note-text.js';
import { parseCanonical } from './canonical.js';
import { isCanonicalJson } from './canonical-bytes.js';
import { type CheckpointKeys, originOf } from './make-checkpoint.js';
import { checkNote } from './note.js';
import { RunningRoot } from './tree/grow.js';
import { leafHash } from './tree/hash.js';

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
 * - `tile`: in an export, the tree's inner hashes are not those of its leaves;
 * - `columns`: the stored number, id or previous hash is not the one in the bytes;
 * - `chain`: the leaf follows another one than the one before it;
 * - `gap`: the leaf with this number is missing;
 * - `duplicate`: the number or the event has been there before;
 * - `form`: the bytes are not canonical JSON, or not a leaf of this stream;
 * - `checkpoint`: the checkpoint at this number cannot be read, or is not signed by the keys;
 * - `head`: the head kept in the database is not the end of the chain, or is missing;
 * - `retained`: the leaf is not the one that a head kept elsewhere names: the chain was rewritten.
 */
export type Mismatch =
  | 'tile'
  | 'leaf_hash'
  | 'columns'
  | 'chain'
  | 'gap'
  | 'duplicate'
  | 'form'
  | 'checkpoint'
  | 'head'
  | 'retained';

export type StreamVerdict =
  | {
      readonly verdict: 'intact';
      readonly log: string;
      readonly events: number;
      readonly head: StreamHead;
      /** The newest checkpoint that covers its leaves, 0 where there is none. */
      readonly signed: number;
    }
  | { readonly verdict: 'empty'; readonly log: string }
  | { readonly verdict: 'tampered'; readonly log: string; readonly what: Mismatch; readonly seq: number }
  /** The chain ends after `seq`, before what the database itself says is its end. */
  | {
      readonly verdict: 'truncated';
      readonly log: string;
      readonly seq: number;
      readonly head: { readonly seq: number; readonly hash?: string };
    }
  /** The first `seq` leaves are not those that a checkpoint signed: there are two histories, and this is the other one. */
  | { readonly verdict: 'forked'; readonly log: string; readonly seq: number }
  /** In itself it is whole, and shorter than what was kept elsewhere: a copy from before, or a tail that was cut with its head. */
  | { readonly verdict: 'rolled_back'; readonly log: string; readonly seq: number; readonly kept: number };

/** A checkpoint that is kept beside its stream, as it was signed. */
export interface KeptNote {
  readonly size: number;
  readonly note: string;
}

export interface VerifyOptions {
  readonly log: string;
  /**
   * The head that the database keeps: the leaves must end exactly there. A function is asked once the leaves are read, for
   * streams that grow meanwhile. Null where the database has lost it.
   */
  readonly expectedHead?: StreamHead | null | (() => Promise<StreamHead | null>);
  /** A head of this stream that was noted earlier and kept elsewhere: the leaves must go through it. */
  readonly retained?: StreamHead;
  /** The stream's checkpoints, smallest first. */
  readonly checkpoints?: AsyncIterable<KeptNote> | Iterable<KeptNote>;
  /** Checkpoints of this stream that were kept elsewhere and whose signatures have been verified. */
  readonly retainedCheckpoints?: readonly Checkpoint[];
  /** Under which name and keys checkpoints are signed. Without them their signatures are not verified. */
  readonly keys?: Pick<CheckpointKeys, 'name' | 'verifiers'>;
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
  const { log, retained, retainedCheckpoints: kept = [] } = options;
  const tampered = (what: Mismatch, seq: number): StreamVerdict => ({ verdict: 'tampered', log, what, seq });
  const roots = await SignedRoots.over(options);
  const seen = new Set<string>();
  let last = genesis;
  const take = (leaf: StoredLeaf): StreamVerdict | null => {
    const what = seen.has(leaf.eventId) ? 'duplicate' : mismatch(leaf, last, log);
    if (what !== null) return tampered(what, what === 'gap' ? last.seq + 1 : leaf.seq);
    if (leaf.seq === retained?.seq && leaf.hash !== retained.hash) return tampered('retained', leaf.seq);
    const signed = roots.add(leaf);
    if (signed === 'forked') return { verdict: 'forked', log, seq: leaf.seq };
    if (signed === 'unsound') return tampered('checkpoint', leaf.seq);
    seen.add(leaf.eventId);
    last = { seq: leaf.seq, hash: leaf.hash };
    return null;
  };
  // Waiting for what is there already costs as much as hashing it.
  if (Symbol.iterator in leaves) {
    for (const leaf of leaves) {
      const found = take(leaf);
      if (found !== null) return found;
      if (roots.isPassed) await roots.advance();
    }
  } else {
    for await (const leaf of leaves) {
      const found = take(leaf);
      if (found !== null) return found;
      if (roots.isPassed) await roots.advance();
    }
  }
  const head =
    typeof options.expectedHead === 'function' ? await options.expectedHead() : options.expectedHead;
  // A stream of which nothing at all is left has no head to be measured by.
  if (head !== undefined && (head !== null || last.seq > 0)) {
    if (head === null || head.seq < last.seq) return tampered('head', last.seq);
    if (head.seq > last.seq) return { verdict: 'truncated', log, seq: last.seq, head };
    if (head.hash !== last.hash) return tampered('head', last.seq);
  }
  if (roots.next !== null) return { verdict: 'truncated', log, seq: last.seq, head: { seq: roots.next } };
  const longest = Math.max(retained?.seq ?? 0, ...kept.map(({ size }) => size));
  if (longest > last.seq) return { verdict: 'rolled_back', log, seq: last.seq, kept: longest };
  return last.seq === 0
    ? { verdict: 'empty', log }
    : { verdict: 'intact', log, events: last.seq, head: last, signed: roots.signed };
}

/** The tree over the leaves as they come by, compared with every checkpoint at its size. */
class SignedRoots {
  readonly #tree = new RunningRoot();
  readonly #notes: AsyncIterator<KeptNote> | Iterator<KeptNote>;
  readonly #options: VerifyOptions;
  readonly #kept: ReadonlyMap<number, Checkpoint>;
  #note: KeptNote | undefined;
  /** The size of the newest checkpoint so far. */
  signed = 0;

  private constructor(options: VerifyOptions) {
    const { checkpoints = [], retainedCheckpoints = [] } = options;
    this.#options = options;
    this.#kept = new Map(retainedCheckpoints.map((one) => [one.size, one]));
    this.#notes =
      Symbol.asyncIterator in checkpoints
        ? checkpoints[Symbol.asyncIterator]()
        : checkpoints[Symbol.iterator]();
  }

  static async over(options: VerifyOptions): Promise<SignedRoots> {
    const roots = new SignedRoots(options);
    await roots.advance();
    return roots;
  }

  /** The size of the next checkpoint; null where there is none. */
  get next(): number | null {
    return this.#note?.size ?? null;
  }

  /** True once the next checkpoint has been compared: {@link advance} goes on to the one after. */
  get isPassed(): boolean {
    return this.#note !== undefined && this.#note.size === this.signed;
  }

  add(leaf: StoredLeaf): 'agrees' | 'forked' | 'unsound' {
    if (this.#note === undefined && this.#kept.size === 0) return 'agrees';
    this.#tree.add(Buffer.from(leaf.hash, 'hex'));
    const kept = this.#kept.get(leaf.seq);
    if (kept !== undefined && !this.#isRoot(kept.root)) return 'forked';
    if (this.#note?.size !== leaf.seq) return 'agrees';
    const signed = soundCheckpoint(this.#note, this.#options);
    if (signed === null) return 'unsound';
    if (!this.#isRoot(signed.root)) return 'forked';
    this.signed = leaf.seq;
    return 'agrees';
  }

  #isRoot(root: Uint8Array): boolean {
    return Buffer.from(root).equals(this.#tree.root());
  }

  async advance(): Promise<void> {
    const { done, value } = await this.#notes.next();
    this.#note = done ? undefined : value;
  }
}

/** What a note says, where it is about this stream at this size and every known key's signature verifies. */
function soundCheckpoint({ size, note }: KeptNote, { log, keys }: VerifyOptions): Checkpoint | null {
  const parsed = parseNote(note);
  const signed = parsed === null ? null : parseCheckpoint(parsed.text);
  if (parsed === null || signed === null || signed.size !== size) return null;
  if (keys === undefined) return signed;
  const { good, bad } = checkNote(parsed, keys.verifiers);
  return good.length > 0 && bad.length === 0 && signed.origin === originOf(keys.name, log) ? signed : null;
}

function mismatch(leaf: StoredLeaf, last: StreamHead, log: string): Mismatch | null {
  if (leaf.seq <= last.seq) return 'duplicate';
  if (leaf.seq !== last.seq + 1) return 'gap';
  if (leafHash(leaf.leaf).toString('hex') !== leaf.hash) return 'leaf_hash';
  return whatIsWrong(leaf, log) ?? (leaf.prev === last.hash ? null : 'chain');
}

/** How a leaf ends: members that the database wrote, after those that it was given. */
const END =
  /,"event_id":"([0-9a-f-]{36})","log":"([a-z0-9_]+)","prev":"([0-9a-f]{64})",(?:"recorded_at":"[^"\\]+","row_count":[0-9]+,)?"seq":([1-9][0-9]{0,15}),"sequenced_at":"[^"\\]+","version":1\}$/;
/** Bytes from the end in which those members are. */
const END_BYTES = 420;

/** What a leaf's own bytes say of it. */
export interface LeafEnd {
  readonly eventId: string;
  readonly log: string;
  readonly prev: string;
  readonly seq: number;
}

/** The members at the end of a leaf; null where the bytes do not end like one. */
export function leafEnd(leaf: Uint8Array): LeafEnd | null {
  const from = Math.max(0, leaf.length - END_BYTES);
  const end = Buffer.from(leaf.buffer, leaf.byteOffset + from, leaf.length - from).toString('latin1');
  const [, eventId, log, prev, seq] = END.exec(end) ?? [];
  return eventId === undefined || log === undefined || prev === undefined
    ? null
    : { eventId, log, prev, seq: Number(seq) };
}

/** The checkpoint that a leaf of the operator's stream tells of, its stream as `origin`; null for any other leaf. */
export function listedCheckpoint({ leaf }: StoredLeaf): Checkpoint | null {
  const told = parseCanonical(Buffer.from(leaf).toString()) as
    | { readonly checkpoint?: { readonly log: string; readonly size: number; readonly root: string } }
    | undefined;
  if (told?.checkpoint === undefined) return null;
  const { log, size, root } = told.checkpoint;
  return { origin: log, size, root: Buffer.from(root, 'base64') };
}

/** What the bytes say, beside what is said of them. */
function whatIsWrong({ seq, eventId, prev, leaf }: StoredLeaf, log: string): 'form' | 'columns' | null {
  const end = leafEnd(leaf);
  if (end?.log !== log || !isCanonicalJson(leaf)) return 'form';
  return end.eventId === eventId && end.prev === prev && end.seq === seq ? null : 'columns';
}
