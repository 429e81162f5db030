/**
 * Writes down which deadlines have passed, well within a second, and at once when a process starts. A deadline holds without it: the
 * database asks its clock wherever an approval counts. See `sql/0009_approvals.sql`.
 */
import { type BackgroundWork, startBackgroundWork } from '../background-work.js';

export interface SweeperOptions {
  /** Ends at most so many requests whose deadline has passed; how many it ended. */
  readonly expire: (atMost: number) => Promise<number>;
  /** Told of each look that failed. */
  readonly onError: (error: unknown) => void;
}

/** Starts it. The timer does not keep a process alive. */
export function startSweeper({ expire, onError }: SweeperOptions): BackgroundWork {
  return startBackgroundWork({ run: expire, batch: 100, intervalMs: 400, atOnce: true, onError });
}
