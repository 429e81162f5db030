/** Checkpoints that were kept out of the database's reach, read back, and the keys that they are believed by. */
import { readFile } from 'node:fs/promises';
import { loadKeys } from '../database/keys.js';
import { RingfenceError } from '../errors.js';
import { checkpointKeys } from '../ledger/checkpointer.js';
import { type CheckpointKeys, logOf } from '../ledger/make-checkpoint.js';
import { checkNote, parseVerifier } from '../ledger/note.js';
import { type Checkpoint, parseCheckpoint } from '../proof/checkpoint.js';
import { parseNote } from '../proof/note-text.js';
import type { CommandContext } from './context.js';
import { UsageError } from './usage-error.js';

export type VerifyingKeys = Pick<CheckpointKeys, 'name' | 'verifiers'>;

/** The public keys that were given, else those of the keys file; null where there are none. */
export async function verifyingKeys(
  { options, environment }: CommandContext,
  vkeys: readonly string[] = [],
): Promise<VerifyingKeys | null> {
  const verifiers = vkeys.map(parseVerifier);
  const [first] = verifiers;
  if (first !== undefined) {
    if (verifiers.some(({ name }) => name !== first.name))
      throw new UsageError('The keys have different names.', 'One ledger signs under one name.');
    return { name: first.name, verifiers };
  }
  try {
    const { checkpoint } = await loadKeys(options.keys, environment);
    return checkpoint === null ? null : checkpointKeys(checkpoint);
  } catch (error) {
    if (error instanceof RingfenceError && error.code === 'key_missing') return null;
    throw error;
  }
}

/** Those in the files, one in each, by stream. */
export async function readKept(
  paths: readonly string[],
  keys: VerifyingKeys | null,
): Promise<ReadonlyMap<string, readonly Checkpoint[]>> {
  const kept = new Map<string, Checkpoint[]>();
  for (const path of paths) {
    if (keys === null) {
      throw new UsageError(
        'A kept checkpoint is worth its signature, and there is no key to verify it with.',
        'Pass --key, as "ringfence audit keys" prints it, or --keys.',
      );
    }
    const note = parseNote(
      await readFile(path, 'utf8').catch(() => {
        throw new UsageError(`${path} cannot be read.`, 'Pass what "ringfence audit checkpoint" printed.');
      }),
    );
    const checkpoint = note === null ? null : parseCheckpoint(note.text);
    const log = checkpoint === null ? null : logOf(keys.name, checkpoint.origin);
    if (note === null || checkpoint === null || log === null)
      throw new UsageError(
        `${path} holds no checkpoint of this ledger.`,
        'Pass what "ringfence audit checkpoint" printed.',
      );
    const { good, bad } = checkNote(note, keys.verifiers);
    if (good.length === 0 || bad.length > 0)
      throw new UsageError(
        `${path} is not signed by a key that is known here.`,
        'Pass the right key with --key.',
      );
    kept.set(log, [...(kept.get(log) ?? []), checkpoint]);
  }
  return kept;
}
