/** `ringfence/mcp`: the tools over the Model Context Protocol. */
export type { McpCaller, McpEndpoint, McpEndpointOptions } from './endpoint.js';
export { createMcpEndpoint } from './endpoint.js';
export { errorResult, toolResult } from './result.js';
export type { McpOptions } from './server.js';
export { createMcpServer } from './server.js';
export type { StdioServer } from './stdio.js';
export { serveOverStdio } from './stdio.js';
