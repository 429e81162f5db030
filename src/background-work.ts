/**
 * What is looked after while a process serves: chaining events, signing them, leaving what was signed elsewhere, refreshing views, deadlines.
 *
 * Any number of processes do it, and the database says whose turn it is. Stopping loses nothing: what is not done yet waits.
 */

export interface BackgroundWorkOptions {
  /** Does at most so much: how much it was; 0 where nothing is left to do; null where another process is at it. */
  readonly run: (atMost: number) => Promise<number | null>;
  /** How much in one go; 256 where not given. */
  readonly batch?: number;
  /** Milliseconds between looks, and before the first; 250 where not given. */
  readonly intervalMs?: number;
  /** Looks as soon as it is started, too. */
  readonly atOnce?: boolean;
  /** Told of every look that failed. The next one comes later each time, up to 64 intervals. */
  readonly onError?: (error: unknown) => void;
}

export interface BackgroundWork {
  /**
   * Resolves when everything is done that was to be done at the time of the call.
   *
   * Rejects with what `run` rejected with.
   */
  flush(): Promise<void>;
  /** Ends the looks, and resolves when the one under way, if any, is over. */
  stop(): Promise<void>;
}

/**
 * Starts it. The timer does not keep a process alive.
 *
 * @example
 * ```ts
 * const sequencer = startBackgroundWork({ run: () => sequence(pool), onError: (error) => log.warn(error) });
 * await sequencer.flush();
 * await sequencer.stop();
 * ```
 */
export function startBackgroundWork(options: BackgroundWorkOptions): BackgroundWork {
  const { run, batch = 256, intervalMs = 250, atOnce = false, onError } = options;
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
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
  if (atOnce) looking = look();
  else wait();

  return Object.freeze({
    async flush(): Promise<void> {
      for (;;) {
        const done = await run(batch);
        if (done === 0) return;
        // Another process leads; what it has not committed yet is still pending to us.
        if (done === null) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  });
}
