/**
 * Writes down which deadlines have passed, well within a second, and at once when a process starts. A deadline holds without it: the
 * database asks its clock wherever an approval counts. Any number of processes run one; see `sql/0009_approvals.sql`.
 */
export interface SweeperOptions {
  /** Ends at most so many requests whose deadline has passed; how many it ended. */
  readonly expire: (atMost: number) => Promise<number>;
  /** Milliseconds between looks; 400 where not given. */
  readonly intervalMs?: number;
  /** Told of each look that failed. The next one comes later each time, up to 64 intervals. */
  readonly onError: (error: unknown) => void;
}

export interface Sweeper {
  /** Resolves when the look under way is over. */
  stop(): Promise<void>;
}

const BATCH = 100;

/** Starts a {@link Sweeper}. Its timer does not keep a process alive. */
export function startSweeper({ expire, intervalMs = 400, onError }: SweeperOptions): Sweeper {
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      while (!stopped && (await expire(BATCH)) === BATCH);
      failures = 0;
    } catch (error) {
      failures++;
      if (!stopped) onError(error);
    }
    if (stopped) return;
    timer = setTimeout(() => (looking = look()), intervalMs * 2 ** Math.min(failures, 6));
    timer.unref();
  };
  looking = look();
  return Object.freeze({
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  });
}
