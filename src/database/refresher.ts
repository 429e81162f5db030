/**
 * The schedule by which materialised views are refreshed: looks now and then whether one is due, and refreshes it.
 *
 * Any number of processes run one. What is due, and whose turn it is, the database says; see `sql/0006_refresh.sql`.
 */
import { startBackgroundWork } from '../background-work.js';
import type { RefreshOutcome, ViewName } from './refresh.js';

export interface RefresherOptions {
  /** The view to refresh next, or null where none is due. */
  readonly next: () => Promise<ViewName | null>;
  /** Refreshes it; an aborted signal ends that. */
  readonly refresh: (view: ViewName, signal: AbortSignal) => Promise<RefreshOutcome>;
  /** Milliseconds between looks, and before the first; 10 000 where not given. */
  readonly intervalMs?: number;
  /** Told of each refresh that failed, by what the server said or by what was thrown. */
  readonly onFailure: (view: ViewName, failure: Extract<RefreshOutcome, { kind: 'failed' }> | Error) => void;
  /** Told of each look that failed. The next one comes later each time, up to 64 intervals. */
  readonly onError: (error: unknown) => void;
}

export interface Refresher {
  /** Ends the looks and the refreshes under way, and resolves when they are over. */
  stop(): Promise<void>;
}

/** Refreshes at once: a long one does not keep the others waiting, and a process does not take the database for itself. */
const AT_ONCE = 2;

/**
 * Starts a {@link Refresher}. Its timer does not keep a process alive.
 *
 * The first look comes after an interval: a process that lives for moments leaves refreshing to others.
 */
export function startRefresher(options: RefresherOptions): Refresher {
  const { next, refresh, intervalMs = 10_000, onFailure, onError } = options;
  const ending = new AbortController();
  const underWay = new Set<Promise<void>>();
  const refreshing = async (view: ViewName): Promise<void> => {
    try {
      const outcome = await refresh(view, ending.signal);
      if (outcome.kind === 'failed' && !ending.signal.aborted) onFailure(view, outcome);
    } catch (error) {
      if (!ending.signal.aborted) onFailure(view, error instanceof Error ? error : new Error(String(error)));
    }
  };
  const work = startBackgroundWork({
    intervalMs,
    onError,
    run: async () => {
      while (!ending.signal.aborted && underWay.size < AT_ONCE) {
        const view = await next();
        if (view === null) break;
        const running = refreshing(view).finally(() => underWay.delete(running));
        underWay.add(running);
      }
      return 0;
    },
  });

  return Object.freeze({
    async stop(): Promise<void> {
      ending.abort();
      await work.stop();
      await Promise.all(underWay);
    },
  });
}
