/** The next checkpoint of a stream: worked out from what the database gives, compared with what was signed before, and signed. */
import type { DueStream, SignedCheckpoint } from '../database/checkpoints.js';
import { RingfenceError } from '../errors.js';
import { checkpointText, parseCheckpoint } from '../proof/checkpoint.js';
import { parseNote } from '../proof/note-text.js';
import { checkNote, type NoteSigner, type NoteVerifier, signNote } from './note.js';
import { edgeRoot, grow } from './tree/grow.js';

/** The keys that sign, newest first, and those that once did. */
export interface CheckpointKeys {
  /** What all of them sign as, and the origin of the operator's log. */
  readonly name: string;
  readonly signers: readonly NoteSigner[];
  readonly verifiers: readonly NoteVerifier[];
}

/** The stream that every other's checkpoints are leaves of. */
export const OPERATOR_LOG = 'operator';

/** The first line of a stream's checkpoints: the operator's is known by the keys' name alone. */
export function originOf(name: string, log: string): string {
  return log === OPERATOR_LOG ? name : `${name}/${log}`;
}

/** The stream that an origin is of; null where it is of another ledger's. */
export function logOf(name: string, origin: string): string | null {
  if (origin === name) return OPERATOR_LOG;
  return origin.startsWith(`${name}/`) ? origin.slice(name.length + 1) : null;
}

/**
 * Signs a stream as it is now, if it has grown out of what was signed last.
 *
 * @throws {RingfenceError} `ledger_tampered` where the last checkpoint does not verify, or the tree is not the one that it signed:
 * then nothing is signed, since two trees of one log must never both be.
 */
export async function makeCheckpoint(due: DueStream, keys: CheckpointKeys): Promise<SignedCheckpoint> {
  const origin = originOf(keys.name, due.log);
  const refuse = (what: string): never => {
    throw new RingfenceError('ledger_tampered', `The stream ${due.log} is not signed any further: ${what}.`, {
      suggestion: 'Run "ringfence audit verify", and keep the database as it is.',
    });
  };
  if (due.note !== null || due.size > 0) {
    const note = due.note === null ? null : parseNote(due.note);
    const signed = note === null ? null : parseCheckpoint(note.text);
    if (note === null || signed === null) return refuse(`its checkpoint at ${due.size} cannot be read`);
    const { good, bad } = checkNote(note, keys.verifiers);
    if (good.length === 0 || bad.length > 0) return refuse(`its checkpoint at ${due.size} does not verify`);
    const same = signed.origin === origin && signed.size === due.size;
    if (!same || !Buffer.from(signed.root).equals(await rootBefore(due, refuse)))
      return refuse(`its first ${due.size} leaves are not those that were signed`);
  }
  const { size, root, tiles } = await grow(due.size, due.edge, due.hashes);
  const note = signNote(checkpointText({ origin, size, root }), keys.signers);
  return { log: due.log, size, root, note, tiles };
}

async function rootBefore(due: DueStream, refuse: (what: string) => never): Promise<Uint8Array> {
  try {
    return await edgeRoot(due.size, due.edge);
  } catch {
    return refuse('tiles of its tree are missing');
  }
}
