/** `--tools`: commands that call or serve tools take the product's own along, and say what is wrong with a module that has none. */
import { writeFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { keysText } from '../../src/database/keys.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { compiledPackage } from '../support/compiled.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { embeddedServer } from '../support/test-server.js';
import { installPackage, type Workplace, workplace } from './support/command-line.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
tools: { count_notes: { effect: read } }
roles: { support: { reach: tenant, tools: [query, count_notes], tables: { note: {} } } }
`;
const MODULE = `
import { defineTool } from 'ringfence';
import { z } from 'zod';
export const tools = [defineTool({
  name: 'count_notes', description: 'Counts.', effect: 'read', input: z.object({}), output: z.int(),
  run: async (_, { client }) => (await client.query('select from note')).rowCount,
})];
`;
const sameTool = defineTool({
  name: 'count_notes',
  description: 'Counts.',
  effect: 'read',
  input: z.object({}),
  output: z.int(),
  run: async () => 0,
});
const WHO = ['--tenant', 'north', '--user', 'ada', '--role', 'support'];
const CALL = '{"tool":"count_notes","input":{}}\n';

let database: TestDatabase;
let governed: Governed;
let place: Workplace;
beforeAll(async () => {
  database = await createDatabase(embeddedServer, {
    sql: "create table note (id int primary key, org text not null); insert into note values (1, 'north'), (2, 'south'), (3, 'north')",
  });
  governed = await govern(database, POLICY, { tools: [sameTool] });
  place = await workplace({
    // Without a login: that of the keys.
    RINGFENCE_GATEWAY_URL: governed.gatewayUrl.replace(/\/\/[^@]*@/, '//'),
    RINGFENCE_KEYS: keysText(governed.keys),
  });
  await installPackage(place);
  await writeFile(place.path('ringfence.policy.yaml'), POLICY);
  await writeFile(place.path('tools.mjs'), MODULE);
});
afterAll(async () => {
  await governed?.close();
  await database?.drop();
});

it('lets try call them, and shows what they gave back', async () => {
  const { exit, lines } = await place.run(['try', ...WHO, '--tools', 'tools.mjs'], { input: CALL });
  expect({ exit, answers: lines() }).toMatchObject({
    exit: 0,
    answers: [{ decision: 'allowed', output: 2, rows: [] }],
  });
});

it('lets mcp serve them beside the others', async () => {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [`${await compiledPackage()}/dist/cli/main.js`, 'mcp', ...WHO, '--tools', 'tools.mjs'],
      cwd: place.directory,
      env: { ...place.env },
      stderr: 'ignore',
    }),
  );
  try {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['query', 'count_notes']);
    const { structuredContent } = await client.callTool({ name: 'count_notes', arguments: {} });
    expect(structuredContent).toMatchObject({ decision: 'allowed', output: 2 });
  } finally {
    await client.close();
  }
});

it('is asked for where the policy has tools and none are given', async () => {
  const { exit, stderr } = await place.run(['try', ...WHO], { input: CALL });
  expect({ exit, stderr }).toEqual({ exit: 8, stderr: expect.stringContaining('--tools') });
});

it.each([
  ['is not there', null, 'cannot be loaded'],
  ['cannot be read', 'export const tools = [', 'cannot be loaded'],
  ['throws', 'throw new Error("no luck")', 'no luck'],
  ['exports nothing', '', 'exports no list of tools'],
  ['exports something else', 'export const tools = { a: 1 }', 'exports no list of tools'],
  ['exports things that are no tools', 'export const tools = [null, 7]', 'exports no list of tools'],
])('says so of a module that %s', async (_, text, said) => {
  if (text !== null) await writeFile(place.path('other.mjs'), text);
  const { exit, stderr } = await place.run(['try', ...WHO, '--tools', 'other.mjs'], { input: CALL });
  expect({ exit, stderr }).toEqual({ exit: 8, stderr: expect.stringContaining(said) });
});

it.each(['--tenant', '--workspace', '--plan', '--agent'])('does not mix a token with %s', async (flag) => {
  const env = { RINGFENCE_TOKEN: 'a.b.c' };
  expect(await place.run(['mcp', flag, 'x', '--tools', 'tools.mjs'], { env })).toMatchObject({
    exit: 64,
    stderr: expect.stringContaining(flag),
  });
});
