/**
 * The quick start, carried out as it is written: the package as npm packs it, an empty folder, a database that was there before. Then the
 * starters of examples/starters, each copied into that folder.
 */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerLines } from '../support/model-text.js';
import { embeddedServer } from '../support/test-server.js';
import { checkout, codeSpans, onlyBlock, readPage, section } from './support/pages.js';
import { linesToWrite, type QuickStart, quickStart } from './support/quick-start.js';

let start: QuickStart;
beforeAll(async () => {
  start = await quickStart(embeddedServer);
});
afterAll(() => start?.database.drop());

const printed = (line: string): string => start.printed.get(line) ?? '';

it('has its reader write under thirty lines', () => {
  expect(linesToWrite()).toBeLessThan(30);
  expect(linesToWrite()).toBeGreaterThan(10);
});

it('ends with an agent that was refused, did better, and saw its own shop alone', () => {
  const said = printed('node agent.mjs');
  const [refused, allowed, answer] = said.trim().split('\n');
  expect(JSON.parse(refused ?? '')).toMatchObject({
    decision: 'denied',
    code: 'unknown_table',
    suggestion: expect.stringContaining('Did you mean invoice?'),
  });
  expect(JSON.parse(allowed ?? '')).toMatchObject({
    decision: 'allowed',
    rows: [
      { total: 40, customer: { name: 'Ada', email: 'a***@example.com' } },
      { total: 5, customer: { name: 'Alan' } },
    ],
  });
  expect(answer).toBe('Two invoices are open.');
  expect(said).not.toMatch(/Grace|"total":900|Contoso|ada@/);
});

it('has both calls on record, under the ids that the agent was told, in a chain that is intact', async () => {
  const told = [...printed('node agent.mjs').matchAll(/"event":"([0-9a-f-]{36})"/g)].map(([, id]) => id);
  expect(told).toHaveLength(2);
  const recorded = await start.run('npx ringfence audit show --tenant 1 --json');
  for (const id of told) expect(recorded).toContain(id);
  expect(recorded.trim().split('\n')).toHaveLength(2);
  expect(printed('npx ringfence audit show --tenant 1')).toContain('unknown_table');
  expect(printed('npx ringfence audit verify')).toContain('intact');
});

const starters = readdirSync(join(checkout, 'examples/starters'));

it.each(starters)('goes on with the starter %s, of at most forty lines', async (name) => {
  const path = join(checkout, 'examples/starters', name);
  const text = readFileSync(path, 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  copyFileSync(path, join(start.folder, name));
  const [header = ''] = text.split('*/');
  let said: readonly string[] = [];
  for (const [, command = ''] of header.matchAll(/`([^`]+)`/g)) said = answerLines(await start.run(command));
  expect(said).toHaveLength(3);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ code: 'unknown_table', event: expect.any(String) });
  expect(JSON.parse(said[1] ?? '')).toMatchObject({ rows: [{ total: 40 }, { total: 5 }] });
  expect(said[2]).toBe('Two invoices are open.');
  const recorded = await start.run('npx ringfence audit show --tenant 1 --json');
  for (const line of said.slice(0, 2))
    expect(recorded).toContain((JSON.parse(line) as { event: string }).event);
  expect(recorded).toContain(`"${name.replace('.ts', '-starter')}"`);
});

it('goes on with MCP, as its page configures a client and shows a refusal', async () => {
  const page = readPage('docs/mcp.md');
  const { mcpServers } = JSON.parse(onlyBlock(page, 'json', 'config=stdio').text) as {
    readonly mcpServers: {
      readonly shop: { readonly command: string; readonly args: string[]; readonly env: object };
    };
  };
  const { command, args, env } = mcpServers.shop;
  const said = Object.entries(start.environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (entry[0] in env || !entry[0].startsWith('RINGFENCE')),
  );
  const transport = new StdioClientTransport({
    command,
    args,
    cwd: start.folder,
    env: Object.fromEntries(said),
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  try {
    const refused = await client.callTool({ name: 'query', arguments: { table: 'invoices' } });
    expect(refused).toMatchObject(JSON.parse(onlyBlock(page, 'json', 'result=unknown_table').text));
    const told = codeSpans(section(page, 'What a client gets'));
    for (const { uri } of (await client.listResources()).resources) expect(told).toContain(uri);
    for (const { name } of (await client.listPrompts()).prompts) expect(told).toContain(name);
    const { tools } = await client.listTools();
    for (const hint of Object.keys(tools[0]?.annotations ?? {})) expect(told).toContain(hint);
  } finally {
    await client.close();
  }
});

it('goes on with tests of its own, which pass and leave no row', async () => {
  const rows = async () => (await start.database.query('select count(*) as n from invoice'))[0];
  const before = await rows();
  const printed = await start.carryOut(readPage('docs/testing.md'));
  expect(printed.get('node isolation.test.mjs')).toMatch(/pass 3\n.*fail 0\n/s);
  expect(printed.get('npx ringfence policy test policy-tests.yaml')).toContain('3 tests passed, 0 failed.');
  expect(await rows()).toEqual(before);
}, 120_000);

it('goes on with tools of its own, as their page has it', async () => {
  const page = readPage('docs/own-tools.md');
  const printed = await start.carryOut(page);
  const [, answers = ''] = [...printed].find(([line]) => line.startsWith('npx ringfence try')) ?? [];
  const expected = onlyBlock(page, 'jsonl', 'answers').text.split('\n');
  const given = answers.trim().split('\n');
  expect(given).toHaveLength(expected.length);
  for (const [at, line] of given.entries())
    expect(JSON.parse(line)).toMatchObject(JSON.parse(expected[at] ?? '') as object);
  expect(answers).not.toMatch(/@example|"total":9/);
  expect(await start.database.query("select from invoice where status = 'void'")).toHaveLength(1);
});

it('leaves the database as it was once it is taken out', async () => {
  await start.run('npx ringfence remove --yes --drop-ledger');
  const left = await start.database.query(
    "select from pg_class where relrowsecurity union all select from pg_namespace where nspname ~ 'ringfence|slice'",
  );
  expect(left).toEqual([]);
  expect(await start.database.query('select from invoice')).toHaveLength(4);
});
