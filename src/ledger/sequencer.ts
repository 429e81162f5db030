/**
 * The background half of the ledger: moves pending events into their chains.
 *
 * Any number of processes run one; the database lets one lead at a time. Stopping it loses nothing: events wait.
 */

export interface SequencerOptions {
  /**
   * `select ringfence.sequence(atMost)`: how many events were sequenced; 0 where none is pending; null where another process
   * is at it.
   */
  readonly run: (atMost: number) => Promise<number | null>;
  /** Events in one batch; 256 where not given. */
  readonly batch?: number;
  /** Milliseconds between looks; 250 where not given. */
  readonly intervalMs?: number;
  /** Told of every look that failed. The next one comes later each time, up to 64 intervals. */
  readonly onError?: (error: unknown) => void;
}

export interface Sequencer {
  /**
   * Resolves when every event that was durable before the call is in its chain.
   *
   * Rejects with what `run` rejected with.
   */
  flush(): Promise<void>;
  /** Ends the looks, and resolves when the one under way, if any, is over. */
  stop(): Promise<void>;
}

/**
 * Starts a {@link Sequencer}. Its timer does not keep a process alive.
 *
 * @example
 * ```ts
 * const sequencer = createSequencer({ run: () => sequence(pool), onError: (error) => log.warn(error) });
 * await sequencer.flush();
 * await sequencer.stop();
 * ```
 */
export function createSequencer(options: SequencerOptions): Sequencer {
  const { run, batch = 256, intervalMs = 250, onError } = options;
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    try {
      // On at once only after a full batch: chasing each event as it comes would cost a commit for each.
      while (!stopped && ((await run(batch)) ?? 0) >= batch);
      failures = 0;
    } catch (error) {
      failures++;
      onError?.(error);
    }
    if (!stopped) wait();
  };
  const wait = (): void => {
    timer = setTimeout(() => (looking = look()), intervalMs * 2 ** Math.min(failures, 6));
    timer.unref();
  };
  wait();

  return Object.freeze({
    async flush(): Promise<void> {
      for (;;) {
        const sequenced = await run(batch);
        if (sequenced === 0) return;
        // Another process leads; what it has not committed yet is still pending to us.
        if (sequenced === null) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  });
}
