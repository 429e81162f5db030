/** Signs every stream that has grown, in the background, with keys that the database never sees. */

import { type BackgroundWork, startBackgroundWork } from '../background-work.js';
import type { DueStream, SignedCheckpoint } from '../database/checkpoints.js';
import type { CheckpointSeeds } from '../database/keys.js';
import { type CheckpointKeys, makeCheckpoint } from './make-checkpoint.js';
import { createNoteSigner, parseVerifier } from './note.js';

/** Signers and verifiers out of what the keys file holds. */
export function checkpointKeys({ name, seeds, retired }: CheckpointSeeds): CheckpointKeys {
  const signers = seeds.map((seed) => createNoteSigner(name, seed));
  return {
    name,
    signers,
    verifiers: [...signers.map(({ verifier }) => verifier), ...retired.map(parseVerifier)],
  };
}

export interface CheckpointerOptions {
  readonly keys: CheckpointKeys;
  /** `Gateway.checkpoint`. */
  readonly round: (
    passedOver: readonly string[],
    sign: (due: readonly DueStream[]) => Promise<readonly SignedCheckpoint[]>,
  ) => Promise<number | null>;
  /** Milliseconds between looks; 500 where not given. */
  readonly intervalMs?: number;
  /** Told of a stream that is not what was signed before: it is signed no further. */
  readonly onTampered: (error: unknown) => void;
  /** Told of every look that failed. */
  readonly onError: (error: unknown) => void;
}

/** Starts it. The timer does not keep a process alive. */
export function startCheckpointer({
  keys,
  round,
  intervalMs = 500,
  onTampered,
  onError,
}: CheckpointerOptions): BackgroundWork {
  const refused = new Set<string>();
  const sign = async (due: readonly DueStream[]): Promise<readonly SignedCheckpoint[]> => {
    const made = await Promise.allSettled(due.map((stream) => makeCheckpoint(stream, keys)));
    return made.flatMap((outcome, at) => {
      if (outcome.status === 'fulfilled') return [outcome.value];
      refused.add(due[at]?.log ?? '');
      onTampered(outcome.reason);
      return [];
    });
  };
  return startBackgroundWork({
    run: async () => {
      const made = await round([...refused], sign);
      // What was signed is now a leaf of the operator's stream.
      if (made !== null && made > 0) await round([...refused], sign);
      return made;
    },
    intervalMs,
    onError,
  });
}
