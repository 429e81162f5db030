/** MCP over Streamable HTTP: one server instance for each request, for clients of the 2026 protocol and of those before it. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { Boundary } from '../boundary/boundary.js';
import { RingfenceError } from '../errors.js';
import type { Ringfence } from '../ringfence.js';
import { createMcpServer } from './server.js';

export interface McpEndpoint {
  /** Serves one request that has been authenticated: `boundary` makes the boundary it runs in. */
  fetch(request: Request, boundary: () => Promise<Boundary>): Promise<Response>;
  close(): Promise<void>;
}

export function createMcpEndpoint(options: {
  readonly ringfence: Ringfence;
  readonly version: string;
  readonly maxRequestBodySize: number;
}): McpEndpoint {
  const { ringfence, version, maxRequestBodySize } = options;
  const asking = new AsyncLocalStorage<() => Promise<Boundary>>();
  const handler = createMcpHandler(
    () => {
      const boundary = asking.getStore();
      if (boundary === undefined)
        throw new RingfenceError('boundary_missing', 'This request has no boundary.');
      return createMcpServer({ ringfence, version, boundary });
    },
    { maxRequestBodySize },
  );
  return {
    fetch: (request, boundary) => asking.run(boundary, () => handler.fetch(request)),
    close: () => handler.close(),
  };
}
