/** `ringfence/testing`: two tenants in one line, and assertions that a suite of anybody's can make with them. */
import { AssertionError } from 'node:assert';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectIsolated, type Lookalikes, lookalikeTenants } from '../../src/testing/index.js';
import { defineTool, type OwnTool } from '../../src/tools/define-tool.js';
import { openShop, SHOP_POLICY, type Shop, unfence } from '../probes/support/probed.js';
import { knownTools } from '../probes/support/tools.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';

const asserted = (work: Promise<unknown>): Promise<AssertionError> =>
  work.then(
    () => {
      throw new Error('no assertion failed');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(AssertionError);
      return error as AssertionError;
    },
  );

describeOnServers('two lookalike tenants', (server) => {
  let shop: Shop;
  let tenants: Lookalikes;
  let before: string;
  beforeAll(async () => {
    shop = await openShop(server);
    before = await shop.digest();
    tenants = await lookalikeTenants(shop.governed.ringfence, { url: shop.database.url });
  });
  afterAll(async () => {
    await tenants[Symbol.asyncDispose]();
    await tenants.remove();
    expect(await shop.digest()).toBe(before);
    await shop.drop();
  });

  it('are planted in every table, alike but for a letter and their canaries', () => {
    expect(tenants.unplanted).toEqual([]);
    expect(tenants.a.tenant.slice(0, -1)).toBe(tenants.b.tenant.slice(0, -1));
    expect(tenants.a.rows.invoice).toHaveLength(2);
    expect(tenants.b.rows.invoice).toHaveLength(3);
    const strip = ({ rows, canary }: Lookalikes['a']) => rows.client?.[0]?.name?.replaceAll(canary, '');
    expect(strip(tenants.a)).toBe(strip(tenants.b));
    expect(tenants.b.rows.client?.[0]?.name).toContain(tenants.b.canary);
  });

  it('say so where the code of a tool would wait for people and not run', async () => {
    const { ringfence } = shop.governed;
    const rule = { name: 'refunds', tools: new Set(['refund']), tables: null, columns: null, roles: null };
    const waiting = {
      ...ringfence,
      catalogue: [{ name: 'refund', description: '', effect: 'write' as const, inputSchema: {} }],
      policy: {
        ...ringfence.policy,
        ownTools: new Map([['refund', { effect: 'write' as const, risk: 'high' as const, manifest: null }]]),
        approvals: [
          { ...rule, digest: '', approvers: ['support'], tenantWide: [], cosigners: 1, minutes: 60 },
        ],
      },
    };
    const { message } = await asserted(expectIsolated(waiting, 'refund', {}, { tenants, role: 'support' }));
    expect(message).toContain('waits for approval under approvals.refunds');
  });

  it('are kept apart by every tool', async () => {
    const { ringfence } = shop.governed;
    const as = { tenants, role: 'support' };
    await expectIsolated(ringfence, 'describe_schema', {}, as);
    await expectIsolated(ringfence, 'query', { table: 'invoice', include: { client: true, line: true } }, as);
    const { own, foreign, other } = await expectIsolated(
      ringfence,
      'get',
      (tenant: Lookalikes['a']) => ({ table: 'invoice', id: tenant.rows.invoice?.[0]?.id }),
      as,
    );
    expect([own, foreign, other].map(({ code }) => code)).toEqual([undefined, 'not_found', undefined]);
    await expectIsolated(ringfence, 'aggregate', { table: 'invoice', metrics: [{ fn: 'count' }] }, as);
    await expectIsolated(
      ringfence,
      'sql',
      { statement: 'select count(*) as n, string_agg(number, $$,$$) as all from invoice' },
      as,
    );
    await expectIsolated(
      ringfence,
      'update',
      (tenant: Lookalikes['a']) => ({
        table: 'invoice',
        id: tenant.rows.invoice?.[0]?.id,
        values: { number: 'n' },
      }),
      as,
    );
    await expectIsolated(
      ringfence,
      'close_invoice',
      (tenant: Lookalikes['a']) => ({ invoice_id: tenant.rows.invoice?.[0]?.id }),
      {
        tenants,
      },
    );
    await expectIsolated(
      ringfence,
      'find_client',
      (tenant: Lookalikes['a']) => ({ name: tenant.rows.client?.[0]?.name, id: 'x' }),
      as,
    );
  });
});

describe('an assertion of isolation', () => {
  const leaking = (name: string, run: OwnTool['run']): OwnTool =>
    defineTool({ name, description: 'Leaks.', effect: 'read', input: z.unknown(), output: z.unknown(), run });
  let kept: unknown;
  const tools = [
    ...knownTools(z),
    leaking('remembers', async (_, { client }) => {
      kept ??= (await client.query('select name from public.client')).rows;
      return kept;
    }),
    leaking('names_columns', async (_, { client, boundary }) => {
      const { rows } = await client.query('select name from public.client limit 1');
      kept ??= { [String(rows[0]?.name)]: 1 };
      return boundary.tenant === '' ? null : kept;
    }),
    leaking('counts', async () => ({
      n: Number((await shop.sql('select count(*) as n from public.client'))[0]?.n),
    })),
  ] as const;
  const policy = SHOP_POLICY.replace(
    '  close_invoice: { effect: write }',
    '  close_invoice: { effect: write }\n  remembers: { effect: read }\n  names_columns: { effect: read }\n  counts: { effect: read }',
  ).replace('find_client, close_invoice]', 'find_client, close_invoice, remembers, names_columns, counts]');
  let shop: Omit<Shop, 'sql'> & { sql(text: string): Promise<{ n?: unknown }[]> };
  let tenants: Lookalikes;
  beforeAll(async () => {
    shop = (await openShop(embeddedServer, { tools, policy })) as typeof shop;
    tenants = await lookalikeTenants(shop.governed.ringfence, { url: shop.database.url });
  });
  afterAll(async () => {
    await tenants.remove();
    await shop.drop();
  });

  it.each([
    ['remembers', /its canary stands in the answer\.output\[0\]\.name/],
    ['names_columns', /its canary stands in a name in the answer\.output/],
    ['counts', /a count or a sum tells of them/],
  ])('says of the tool %s what it tells', async (tool, says) => {
    kept = undefined;
    const error = await asserted(
      expectIsolated(shop.governed.ringfence, tool, {}, { tenants, role: 'support' }),
    );
    expect(error.message).toMatch(says);
    expect(error.message).toContain(`${tool} as support, inside ${tenants.a.tenant}`);
  });

  it('sees a table whose two layers are gone', async () => {
    await unfence(shop, 'support', 'invoice');
    const error = await asserted(
      expectIsolated(shop.governed.ringfence, 'query', { table: 'invoice' }, { tenants, role: 'support' }),
    );
    expect(error.message).toMatch(
      /told of .*: (its canary|the key of one of its rows) stands in the answer\.rows/,
    );
  });

  it('says which tools and roles there are', async () => {
    const { ringfence } = shop.governed;
    expect((await asserted(expectIsolated(ringfence, 'nothing', {}, { tenants }))).message).toContain(
      'There are: describe_schema',
    );
  });
});

describe('tenants that cannot be planted', () => {
  it('are refused with what to do', async () => {
    const shop = await openShop(embeddedServer);
    const { ringfence } = shop.governed;
    await expect(lookalikeTenants(ringfence)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(
      lookalikeTenants(ringfence, { url: 'postgres://a@db.internal/shop_production' }),
    ).rejects.toThrow(/looks live/);
    await expect(lookalikeTenants(shop.database.url)).rejects.toThrow(/policy file ringfence.policy.yaml/);
    await shop.drop();
  });
});
