/** MCP over Streamable HTTP: one server instance for each request, for clients of the 2026 protocol and of those before it. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createMcpHandler, isJsonContentType, PARSE_ERROR } from '@modelcontextprotocol/server';
import type { Boundary } from '../boundary/boundary.js';
import { RingfenceError } from '../errors.js';
import type { OperatorEntry } from '../operator-log.js';
import type { Ringfence } from '../ringfence.js';
import { createMcpServer } from './server.js';

export interface McpEndpoint {
  /** Serves one request that has been authenticated. */
  fetch(request: Request, caller: McpCaller): Promise<Response>;
  /** Ends the streams that only wait for announcements; calls go on. */
  endStreams(): void;
  close(): Promise<void>;
}

/** What the endpoint asks of whoever authenticated the request. */
export interface McpCaller {
  /** Makes the boundary that a message runs in. */
  boundary(): Promise<Boundary>;
  /** Asked once where a request brings several messages (a batch of the protocol of 2025-03-26): a response refuses them all. */
  admit?(messages: number): Promise<Response | undefined>;
}

export interface McpEndpointOptions {
  readonly ringfence: Ringfence;
  readonly version: string;
  /** Bytes of a request's body at most. */
  readonly maxRequestBodySize: number;
  /** Told of what could not be recorded: messages that are no request, requests without a boundary, and faults. */
  readonly log?: ((entry: OperatorEntry) => void) | undefined;
}

/** Streams of clients that wait for announcements. There are none to wait for, so few of them are enough. */
const STREAMS = 64;

export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { ringfence, version, maxRequestBodySize, log } = options;
  const asking = new AsyncLocalStorage<{ readonly caller: McpCaller; wrong?: Error }>();
  let streams = new AbortController();
  const refused = (cause: Error): void =>
    log?.({ kind: 'request_refused', message: 'A message was refused: it is no request of MCP.', cause });
  const onerror = (error: Error): void => {
    const asked = asking.getStore();
    if (asked === undefined) refused(error);
    else asked.wrong = error;
  };
  const handler = createMcpHandler(
    () => {
      const asked = asking.getStore();
      if (asked === undefined) throw new RingfenceError('boundary_missing', 'This request has no boundary.');
      return createMcpServer({ ringfence, version, boundary: () => asked.caller.boundary(), log });
    },
    { maxRequestBodySize, maxSubscriptions: STREAMS, onerror },
  );

  const serve = async (request: Request, caller: McpCaller): Promise<Response> => {
    if (request.method !== 'POST' || !isJsonContentType(request.headers.get('content-type')))
      return await handler.fetch(request);
    let parsedBody: unknown;
    try {
      parsedBody = JSON.parse(await request.text());
    } catch (error) {
      onerror(error instanceof Error ? error : new Error(String(error)));
      return Response.json(
        {
          jsonrpc: '2.0',
          error: { code: PARSE_ERROR, message: 'Parse error: the body is not JSON.' },
          id: null,
        },
        { status: 400 },
      );
    }
    if (Array.isArray(parsedBody) && parsedBody.length > 1) {
      const refusal = await caller.admit?.(parsedBody.length);
      if (refusal !== undefined) return refusal;
    }
    return await handler.fetch(isListening(parsedBody) ? until(streams.signal, request) : request, {
      parsedBody,
    });
  };

  return {
    fetch: async (request, caller) => {
      const asked: { readonly caller: McpCaller; wrong?: Error } = { caller };
      const response = await asking.run(asked, () => serve(request, caller));
      // Some refusals come with a reason, some with a status alone; a refused batch has been told of already.
      if (asked.wrong !== undefined || (response.status >= 400 && response.status !== 429))
        refused(asked.wrong ?? new Error(`answered with ${response.status}`));
      return response;
    },
    endStreams: () => {
      streams.abort();
      streams = new AbortController();
    },
    close: () => handler.close(),
  };
}

/** A request for a stream of announcements: answered, and then open for as long as the client likes. */
function isListening(message: unknown): boolean {
  return (message as { readonly method?: unknown } | null)?.method === 'subscriptions/listen';
}

/** The same request without its body, which has been read, and with an end of ours beside the client's. */
function until(end: AbortSignal, { url, method, headers, signal }: Request): Request {
  return new Request(url, { method, headers, signal: AbortSignal.any([signal, end]) });
}
