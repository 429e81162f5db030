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
}

export interface Served {
  /** Where it listens: `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Takes no more requests, ends those under way, and closes what is left after `graceMs` (10 000). Ringfence itself stays open. */
  close(graceMs?: number): Promise<void>;
}

/** Milliseconds for a request's headers, and for all of it, to arrive. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;
const HEADER_BYTES = 16_384;

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
  const { host = '127.0.0.1', port = 8787 } = options;
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
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES,
    },
  });
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
    async close(graceMs = 10_000) {
      closing = true;
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      const late = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, graceMs);
      await ended;
      clearTimeout(late);
      await face.close();
    },
  };
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
