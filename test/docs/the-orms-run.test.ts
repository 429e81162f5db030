/** The tools that `docs/own-tools.md` writes with Kysely, Drizzle and Prisma, run as they stand there. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { OwnTool } from '../../src/tools/define-tool.js';
import { generatePrisma } from '../adapters/support/prisma-client.js';
import { createDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { blocksOf, checkout, codeSpans, onlyBlock, readPage, section, tableRows } from './support/pages.js';

const page = readPage('docs/own-tools.md');
const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables:
  customer: { tenant: { column: shop_id } }
  invoice: { tenant: { via: customer } }
tools: { settle: { effect: write } }
roles:
  support: { reach: tenant, tools: [settle], tables: { customer: {}, invoice: {} } }
`;

/** What a subpath is, before it is built. */
const { paths } = (
  JSON.parse(readFileSync(join(checkout, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly [string]>> };
  }
).compilerOptions;

describeOnServers('a tool on the page', (server) => {
  it('is carried out with each of the three, inside its boundary', async () => {
    const folder = await generatePrisma(onlyBlock(page, 'prisma', 'run').text);
    const blocks = blocksOf([page], ['ts'], 'run=orm');
    expect(blocks).toHaveLength(3);
    for (const [at, { text }] of blocks.entries()) {
      const file = join(folder, `tool-${at}.ts`);
      await writeFile(
        file,
        text.replaceAll(
          /from '(ringfence[^']*)'/g,
          (_, name: string) => `from '${join(checkout, paths[name]?.[0] ?? name)}'`,
        ),
      );
      const { settle } = (await import(file)) as { readonly settle: OwnTool };
      const database = await createDatabase(server, {
        sql: onlyBlock(readPage('docs/quick-start.md'), 'sql', 'run=shop').text,
      });
      const governed = await govern(database, POLICY, { tools: [settle], onOperatorEvent: () => {} });
      const open = await database.query<{ id: number; total: string; name: string }>(
        "select invoice.id, total, name from invoice join customer on customer.id = customer_id where shop_id = 1 and status = 'open' order by 1",
      );
      const [first] = open;
      const input = { invoice_id: first?.id };
      expect(await governed.call('1', 'settle', input)).toMatchObject({
        decision: 'allowed',
        output: { total: Number(first?.total), customer: first?.name },
      });
      expect(await governed.call('1', 'settle', input)).toMatchObject({ code: 'tool_refused' });
      expect(await governed.call('2', 'settle', { invoice_id: open[1]?.id })).toMatchObject({
        code: 'not_found',
      });
      await governed.close();
      await database.drop();
    }
  });
});

it('the page names the packages, the subpaths and the versions that are tried', () => {
  const { exports, peerDependencies } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>;
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  const rows = tableRows(section(page, 'Kysely, Drizzle and Prisma')).filter(([, subpath = '']) =>
    subpath.startsWith('`ringfence/'),
  );
  expect(rows).toHaveLength(3);
  for (const [, subpath = '', install = '', tried = ''] of rows) {
    const [name = ''] = codeSpans(install);
    const installed = join(checkout, 'node_modules', name, 'package.json');
    expect((JSON.parse(readFileSync(installed, 'utf8')) as { readonly version: string }).version).toBe(tried);
    expect(Object.keys(exports)).toContain(codeSpans(subpath)[0]?.replace('ringfence', '.'));
    expect(Object.keys(peerDependencies)).toContain(name);
  }
});
