/** MCP over standard input and output: one client, which started this process. */
import type { Readable, Writable } from 'node:stream';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { DrainingTransport } from './draining-transport.js';
import { createMcpServer, type McpOptions } from './server.js';

export interface StdioServer {
  /** Resolves once the client has closed its end. */
  readonly ended: Promise<void>;
  /**
   * Reads no more requests, answers those that were read, and ends what is left after `graceMs`: by default, five seconds more than the
   * longest that a call may take, at least ten. Ringfence itself stays open.
   */
  close(graceMs?: number): Promise<void>;
}

/** Serves until the client closes standard input, or `close` is called. */
export function serveOverStdio(
  options: McpOptions,
  input: Readable = process.stdin,
  output: Writable = process.stdout,
): StdioServer {
  const { policy } = options.ringfence;
  const longestCall = Math.max(0, ...[...policy.roles.values()].map(({ limits }) => limits.timeoutMs));
  const transport = new DrainingTransport(input, output);
  const handle = serveStdio(() => createMcpServer(options), {
    transport,
    onerror: (cause) =>
      options.log?.({
        kind: 'request_refused',
        message: 'A message was refused: it is no request of MCP.',
        cause,
      }),
  });
  const ended = new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
  });
  return {
    ended,
    async close(graceMs = Math.max(10_000, longestCall + 5_000)) {
      await transport.drain(graceMs);
      await handle.close();
    },
  };
}
