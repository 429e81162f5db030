/** MCP over standard input and output: one client, which started this process. */
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createMcpServer, type McpOptions } from './server.js';

export interface StdioServer {
  /** Resolves once the client has closed its end. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Serves until the client closes standard input, or `close` is called. */
export function serveOverStdio(options: McpOptions, input: NodeJS.ReadStream = process.stdin): StdioServer {
  const handle = serveStdio(() => createMcpServer(options));
  const ended = new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
  });
  return { ended, close: () => handle.close() };
}
