/** Places out of the database's reach where the newest checkpoint is left: whoever rewrites the ledger cannot rewrite them. */
import { RingfenceError } from '../../errors.js';
import type { Checkpoint } from '../../proof/checkpoint.js';

/** A checkpoint of the operator's stream, which stands for those of all others. */
export interface CheckpointToAnchor {
  readonly note: string;
  readonly checkpoint: Checkpoint;
  /** The proof that it grew out of the checkpoint of an earlier size. */
  consistencyFrom(size: number): Promise<readonly Uint8Array[]>;
}

export interface Anchor {
  /** For the operator's log: no secret in it. */
  readonly name: string;
  /**
   * Leaves a checkpoint there; resolves once it is safe. Rejects where it is not: it is then tried again, later each time, with whatever
   * is newest.
   *
   * @returns lines that others signed under it, to be kept with it; empty where there are none
   * @throws {RingfenceError} `ledger_tampered` where what is kept there is of another history
   */
  publish(made: CheckpointToAnchor, signal: AbortSignal): Promise<readonly string[]>;
}

/** What a place says that has seen a later checkpoint, or another one of the same size. */
export function otherHistory(where: string, size: number): RingfenceError {
  return new RingfenceError(
    'ledger_tampered',
    `${where} keeps a checkpoint that the ledger is no continuation of: it was at ${size} then.`,
    {
      suggestion:
        'Keep the database as it is, and run "ringfence audit verify --checkpoint" with what is kept there.',
    },
  );
}
