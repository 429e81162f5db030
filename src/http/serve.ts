/**
 * The HTTP face on a port of this machine: slow and oversized clients are cut off, and an end that loses nothing.
 */
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RingfenceError } from '../errors.js';
import { createHttpFace, type HttpOptions } from './app.js';

export interface ServeOptions extends HttpOptions {
  /** Default 127.0.0.1: reachable from this machine alone. */
  readonly host?: string;
  /** Default 8787; 0 takes any that is free. */
  readonly port?: number;
  readonly timeouts?: Partial<Timeouts>;
}

/** How slow a client may be, in milliseconds. A connection that is slower is ended, within a quarter of that time more. */
export interface Timeouts {
  /** For a request's headers to arrive. Default 10 000. */
  readonly headersMs: number;
  /** For all of a request to arrive. Default 30 000. */
  readonly requestMs: number;
  /** Between two requests. Default 10 000. */
  readonly keepAliveMs: number;
  /** Without a byte either way while an answer is awaited or being read. Default: the longest that a call may take, and a minute. */
  readonly stalledMs: number;
}

export interface Served {
  /** Where it listens: `http://127.0.0.1:8787`. */
  readonly url: string;
  /**
   * Takes no more requests, answers those under way, and cuts off what is left after `graceMs`: by default, five seconds more than the
   * longest that a call may take, at least ten. Ringfence itself stays open.
   */
  close(graceMs?: number): Promise<void>;
}

export const DEFAULT_TIMEOUTS: Omit<Timeouts, 'stalledMs'> = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 10_000,
};
const HEADER_BYTES = 16_384;
/** Milliseconds between looks for connections that have become idle while the service ends. */
const LOOK_MS = 100;

/**
 * Serves until closed.
 *
 * @throws {RingfenceError} `config_invalid` where the port cannot be had.
 * @example
 * ```ts
 * const served = await serve({ ringfence, verify, version: '1.0.0', port: 8787 });
 * process.once('SIGTERM', () => void served.close().then(() => ringfence.close()));
 * ```
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { host = '127.0.0.1', port = 8787, ringfence } = options;
  const longestCall = Math.max(
    0,
    ...[...ringfence.policy.roles.values()].map(({ limits }) => limits.timeoutMs),
  );
  const timeouts: Timeouts = {
    ...DEFAULT_TIMEOUTS,
    stalledMs: longestCall + 60_000,
    ...options.timeouts,
  };
  const face = createHttpFace({
    ...options,
    // Whoever binds another address says under which names it is known; else this machine's own.
    ...(options.hosts === undefined && isLoopback(host) ? {} : { hosts: options.hosts ?? [host] }),
  });
  let closing = false;
  const server = createAdaptorServer({
    fetch: async (request, bindings) => {
      const response = await face.fetch(request, bindings as HttpBindings);
      // Otherwise a client would keep its connection, and the end would wait for it.
      if (closing) response.headers.set('connection', 'close');
      return response;
    },
    serverOptions: {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      // Node looks for slow connections from time to time only: every 30 seconds, left to itself.
      connectionsCheckingInterval: Math.ceil(Math.min(timeouts.headersMs, timeouts.requestMs) / 4),
      keepAliveTimeout: timeouts.keepAliveMs,
      maxHeaderSize: HEADER_BYTES,
    },
  });
  server.setTimeout(timeouts.stalledMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new RingfenceError('config_invalid', `Cannot listen on ${host}:${port}: ${whyNot(error.code)}`, {
          cause: error,
          suggestion: 'Choose another port with --port.',
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async close(graceMs = Math.max(10_000, longestCall + 5_000)) {
      closing = true;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      face.endStreams();
      // An answer that was begun before carries no word of the end: its connection stays, idle.
      const look = setInterval(closeIdle, LOOK_MS);
      closeIdle();
      const late = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, graceMs);
      await ended;
      clearTimeout(late);
      clearInterval(look);
      await face.close();
    },
  };

  function closeIdle(): void {
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  }
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '::1' || host === 'localhost';
}

function whyNot(code: string | undefined): string {
  if (code === 'EADDRINUSE') return 'something else listens there.';
  if (code === 'EACCES') return 'this account may not.';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address.';
  return 'the system refuses.';
}
