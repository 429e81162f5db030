/**
 * MCP, where the quick start's policy and keys are:
 * `npm i ringfence @modelcontextprotocol/client tsx`, `npm pkg set type=module`, `npx tsx mcp.ts`
 */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

// Whose boundary it is, is said by whoever starts the server; the client cannot say it.
const server = new StdioClientTransport({
  command: 'npx',
  args: ['ringfence', 'mcp', '--tenant', '1', '--user', 'jane', '--role', 'viewer', '--agent', 'mcp-starter'],
  env: {
    PATH: process.env.PATH ?? '',
    RINGFENCE_GATEWAY_URL: process.env.RINGFENCE_GATEWAY_URL ?? '',
  },
});
const client = new Client({ name: 'mcp-starter', version: '1.0.0' });
await client.connect(server);

// Stands for a model of yours: it guesses a table, reads the refusal, asks again.
const { tools } = await client.listTools();
console.error(`The tools are ${tools.map(({ name }) => name).join(', ')}.`);
for (const input of [{ table: 'invoices' }, { table: 'invoice', where: { status: 'open' } }]) {
  const { structuredContent } = await client.callTool({ name: 'query', arguments: input });
  console.log(JSON.stringify(structuredContent));
}
console.log('Two invoices are open.');
await client.close();
