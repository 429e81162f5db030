import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ToolName } from '../../src/policy/compiled.js';
import { dataTools } from '../../src/tools/data-tools.js';
import { isDenial } from '../../src/tools/tool.js';
import { corpus, describeWithCorpus } from '../support/corpora.js';
import { embeddedServer } from '../support/test-server.js';
import { prepare, run } from './support/call.js';
import { openShop, type ShopDatabase, shop } from './support/shop.js';
import { contextOf } from './support/slice.js';

const context = contextOf({ tables: shop });
const wide = contextOf({ tables: shop, limits: { joinDepth: 10 } });

/** A call of each tool with `text` in each place that takes text, keys of objects included. */
function calls(text: string): readonly (readonly [ToolName, unknown])[] {
  const asKey = (value: unknown) => Object.fromEntries([[text, value]]);
  const metrics = [{ fn: 'count' }];
  return [
    ['describe_schema', { tables: [text] }],
    ['query', { table: text }],
    ['query', { table: 'customer', columns: [text] }],
    ['query', { table: 'customer', where: asKey('x') }],
    ['query', { table: 'customer', where: { name: text } }],
    ['query', { table: 'customer', where: { name: asKey('x') } }],
    [
      'query',
      {
        table: 'customer',
        where: { name: { contains: text, prefix: text, ne: text, in: [text], not_in: [text] } },
      },
    ],
    ['query', { table: 'customer', where: { id: text } }],
    ['query', { table: 'customer', where: { has: asKey({}) } }],
    ['query', { table: 'invoice', where: { has: { customer: { not: { or: [{ name: text }] } } } } }],
    ['query', { table: 'customer', order: [text] }],
    ['query', { table: 'customer', order: [`-${text}`] }],
    ['query', { table: 'customer', cursor: text }],
    ['query', { table: 'customer', include: asKey(true) }],
    ['query', { table: 'customer', include: { invoice: asKey(1) } }],
    ['query', { table: 'customer', include: { invoice: { columns: [text] } } }],
    ['query', { table: 'customer', include: { invoice: { order: [text] } } }],
    ['query', { table: 'customer', include: { invoice: { where: { note: text } } } }],
    ['get', { table: 'customer', id: text }],
    ['get', { table: 'customer', id: asKey(1) }],
    [
      'aggregate',
      {
        table: 'customer',
        metrics: [{ fn: 'max', column: 'name', as: text }],
        order: [text],
        having: asKey(text),
      },
    ],
    ['aggregate', { table: 'customer', metrics: [{ fn: 'count', as: text }] }],
    ['aggregate', { table: 'customer', metrics: [{ fn: 'max', column: text }] }],
    ['aggregate', { table: 'customer', metrics, group_by: [text] }],
    ['aggregate', { table: 'customer', metrics, where: { country: text } }],
    ['create', { table: 'customer', values: asKey('x') }],
    ['create', { table: 'customer', values: { name: text, country: text } }],
    ['update', { table: 'customer', id: 1, values: { name: text }, reason: text }],
    ['update', { table: 'customer', id: text, values: asKey(text) }],
    ['delete', { table: 'customer', id: text, reason: text }],
  ];
}

describeWithCorpus('injection', 'text from injection corpora', () => {
  let open: ShopDatabase;
  let lines: readonly string[] = [];
  beforeAll(async () => {
    lines = readdirSync(corpus('injection'))
      .filter((name) => name !== 'LICENSE')
      .flatMap((name) => readFileSync(corpus(`injection/${name}`), 'utf8').split(/\r?\n/))
      .filter((line) => line.trim() !== '');
    open = await openShop(embeddedServer);
  });
  afterAll(() => open.database.drop());

  test('put raw into a statement, changes what it says', async () => {
    const { rows } = await open.client.query(
      `select name from slice_clerk.customer where tenant_id = 'dental' and name = '' or '1'='1'`,
    );
    expect(JSON.stringify(rows)).toContain('canary');
  });

  test('is a value, or is refused, in every place of every tool, and never part of a statement', () => {
    expect(lines.length).toBeGreaterThan(1000);
    // The same calls with a harmless word and a harmless number: all that statements of these tools can be here.
    const harmless = new Set(
      [...calls('xyzzy'), ...calls('7')].map(([name, input]) => {
        const call = prepare(name, input, wide);
        return isDenial(call) ? '' : (call.statement?.text ?? '');
      }),
    );
    let statements = 0;
    for (const line of lines) {
      for (const [name, input] of calls(line)) {
        if (dataTools.get(name)?.inputSchema.safeParse(input).success !== true) continue;
        const call = prepare(name, input, wide);
        if (isDenial(call)) continue;
        statements += 1;
        expect(harmless.has(call.statement?.text ?? ''), line).toBe(true);
      }
    }
    expect(statements).toBeGreaterThan(lines.length);
  });

  test('is matched as it stands', async () => {
    await open.client.query('begin');
    for (const line of lines.filter((_, index) => index % 25 === 0)) {
      const input = { table: 'customer', values: { name: line } };
      const created = prepare('create', input, context);
      if (isDenial(created) || created.statement === null) throw new Error('denied');
      await run(open.client, created.statement);
      const found = prepare(
        'query',
        { table: 'customer', where: { name: { eq: line, prefix: line, contains: line } } },
        context,
      );
      if (isDenial(found) || found.statement === null) throw new Error('denied');
      const { rows } = found.answer(await run(open.client, found.statement));
      expect(rows.map(({ name }) => name)).toContain(line);
      expect(JSON.stringify(rows)).not.toContain('canary');
    }
    await open.client.query('rollback');
  });
});
