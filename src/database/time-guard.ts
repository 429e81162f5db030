/**
 * The clock behind the database's own: when a call overstays, ask the server to cancel it; when that does not help, hang up.
 */
import type pg from 'pg';
import { dropConnection, requestCancel } from './connection.js';
import type { Lease } from './pool.js';

/** What a call gets on top of the database's own limit. */
const GRACE_MS = 500;
/** What a cancel request gets before the connection is given up. */
const CANCEL_MS = 2_000;

export interface TimeGuard {
  stop(): void;
  /** Whether it asked the server to cancel: the request may still be under way, and would meet whatever the connection does next. */
  cancelled(): boolean;
  /** Whether the guard hung up on the server. */
  gaveUp(): boolean;
  /** Aborted when the call's time is over. */
  readonly signal: AbortSignal;
  /** Settles when the guard hangs up: whoever waits for something else than the server need not wait any longer. */
  readonly hungUp: Promise<void>;
}

/** Watches one call on a leased connection until `stop`. An aborted `signal` counts as the end of its time. */
export function guardTime(lease: Lease, timeoutMs: number, signal?: AbortSignal): TimeGuard {
  let over = false;
  let gaveUp = false;
  let hangUp: NodeJS.Timeout | undefined;
  const ended = new AbortController();
  const { promise: hungUp, resolve } = withResolvers();

  const cancel = (): void => {
    if (over || hangUp !== undefined) return;
    void requestCancel(lease.client as unknown as pg.Client);
    ended.abort();
    hangUp = setTimeout(() => {
      gaveUp = true;
      dropConnection(lease.client, 'the server answered neither the call nor a cancel request in time');
      resolve();
    }, CANCEL_MS);
  };

  if (signal?.aborted) ended.abort();
  const timer = setTimeout(cancel, timeoutMs + GRACE_MS);
  signal?.addEventListener('abort', cancel, { once: true });
  // One that was aborted before says so no more.
  if (signal?.aborted) cancel();
  return {
    stop() {
      over = true;
      clearTimeout(timer);
      clearTimeout(hangUp);
      signal?.removeEventListener('abort', cancel);
    },
    cancelled: () => hangUp !== undefined,
    gaveUp: () => gaveUp,
    signal: ended.signal,
    hungUp,
  };
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
