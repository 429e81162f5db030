/**
 * `ringfence/proof`: is an event in the ledger? Answered from the event's bytes, its proof and a public key alone: no database, no Ringfence,
 * nothing of Node. Proofs are https://c2sp.org/tlog-proof files, which other tools read as well.
 */
import { fromBase64, joined, sameBytes, toBase64, toHex } from './bytes.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { verifyInclusion } from './merkle.js';
import { parseNote, splitVerifierKey } from './note-text.js';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** More hashes than a tree of 2^53 leaves has on any path. */
const DEEPEST = 64;
const ED25519 = 0x01;

export interface EventProof {
  /** Counted from 0: an event's number in its stream, less one. */
  readonly index: number;
  /** From the leaf's neighbour up. */
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint. */
  readonly note: string;
}

/** The proof as text: one file, `.tlog-proof`. */
export function formatProof({ index, hashes, note }: EventProof): string {
  return `${FIRST_LINE}\nindex ${index}\n${hashes.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

/** Reads a proof, or null where it is none. Nothing of it has been verified. */
export function parseProof(text: string): EventProof | null {
  const split = text.indexOf('\n\n');
  const [first, ...rest] = text.slice(0, split < 0 ? 0 : split).split('\n');
  const lines = rest[0]?.startsWith('extra ') ? rest.slice(1) : rest;
  const [, index] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines[0] ?? '') ?? [];
  if (first !== FIRST_LINE || index === undefined || lines.length > DEEPEST + 1) return null;
  const hashes = lines.slice(1).map(fromBase64);
  if (!hashes.every((hash) => hash?.length === 32)) return null;
  return {
    index: Number(index),
    hashes: hashes.filter((hash) => hash !== null),
    note: text.slice(split + 2),
  };
}

/** Why a proof does not hold. */
export type ProofFault =
  /** The text is no proof, or the note in it no checkpoint. */
  | 'malformed'
  /** None of the keys has signed the checkpoint, or one of them has signed another. */
  | 'signature'
  /** The leaf is not at that place of the tree that was signed. */
  | 'inclusion';

export type ProofVerdict =
  | {
      readonly holds: true;
      readonly checkpoint: Checkpoint;
      readonly index: number;
      /** The keys that signed, as `vkey`s. */
      readonly signedBy: readonly string[];
    }
  | { readonly holds: false; readonly fault: ProofFault };

/**
 * Checks that an event is in a log whose checkpoint one of these keys has signed.
 *
 * @param leaf The event's exact bytes.
 * @param proof As `ringfence audit prove` wrote it.
 * @param vkeys Public keys that are trusted, as `ringfence audit keys` prints them, got by another way than the proof.
 * @example
 * ```ts
 * const verdict = await verifyEventProof(leaf, proof, ['ringfence/0123456789abcdef+1234abcd+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k']);
 * if (!verdict.holds) throw new Error(`the proof does not hold: ${verdict.fault}`);
 * ```
 */
export async function verifyEventProof(
  leaf: Uint8Array,
  proof: string,
  vkeys: readonly string[],
): Promise<ProofVerdict> {
  const fails = (fault: ProofFault): ProofVerdict => ({ holds: false, fault });
  const parsed = parseProof(proof);
  const note = parsed === null ? null : parseNote(parsed.note);
  const checkpoint = note === null ? null : parseCheckpoint(note.text);
  if (parsed === null || note === null || checkpoint === null) return fails('malformed');

  const signedBy: string[] = [];
  for (const vkey of vkeys) {
    const key = await publicKey(vkey);
    if (key === null) return fails('malformed');
    const signature = note.signatures.find(({ name, keyId }) => name === key.name && keyId === key.keyId);
    if (signature === undefined) continue;
    if (!isOriginOf(key.name, checkpoint.origin)) return fails('signature');
    const text = new TextEncoder().encode(note.text);
    if (!(await crypto.subtle.verify('Ed25519', key.key, signature.signature, text)))
      return fails('signature');
    signedBy.push(vkey);
  }
  if (signedBy.length === 0) return fails('signature');

  const claim = {
    index: parsed.index,
    size: checkpoint.size,
    leafHash: await sha256(Uint8Array.of(0), leaf),
    proof: parsed.hashes,
    root: checkpoint.root,
  };
  const included = await verifyInclusion(claim, (left, right) => sha256(Uint8Array.of(1), left, right));
  return included ? { holds: true, checkpoint, index: parsed.index, signedBy } : fails('inclusion');
}

/** A key signs its own log, and those whose names begin with its name. */
function isOriginOf(name: string, origin: string): boolean {
  return origin === name || origin.startsWith(`${name}/`);
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}

interface PublicKey {
  readonly name: string;
  readonly keyId: string;
  readonly key: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
}

async function publicKey(vkey: string): Promise<PublicKey | null> {
  const parts = splitVerifierKey(vkey);
  if (parts === null || parts.material.length !== 33 || parts.material[0] !== ED25519) return null;
  const { name, keyId, material } = parts;
  const named = await sha256(new TextEncoder().encode(`${name}\n`), material);
  if (!sameBytes(named.slice(0, 4), hexBytes(keyId))) return null;
  const key = await crypto.subtle.importKey('raw', material.slice(1), 'Ed25519', false, ['verify']);
  return { name, keyId: toHex(named.slice(0, 4)), key };
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
