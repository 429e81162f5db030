/** Every kind of probe, proven able to fail: one defect planted, and exactly the probes that speak of it see it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Probed } from '../../src/probes/probe/ground.js';
import type { ProbeRun } from '../../src/probes/probe/run.js';
import type { Decision } from '../../src/tools/decision.js';
import { defineTool, type OwnTool } from '../../src/tools/define-tool.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';
import { failedProbes, faultsOf, openShop, replaceView, type Shop, unfence } from './support/probed.js';
import { knownTools } from './support/tools.js';

/** Stands before the gate and changes what is asked, or what is answered. */
function between(change: (probed: Probed) => Probed['call']): (probed: Probed) => Probed {
  return (probed) => ({ ...probed, call: change(probed) });
}

/** Half of all calls, and none of what these defects are about. */
const SLOW = ['injection'];

const isAllowed = (decision: Decision) => decision.decision === 'allowed';
type Input = Readonly<Record<string, unknown>>;

const failing = (run: ProbeRun, ids: readonly string[]): void => {
  expect(failedProbes(run), faultsOf(run)).toEqual([...ids].sort());
};

describeOnServers('a probe', (server) => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop(server);
  });
  afterEach(() => shop.drop());

  it('of each way across tenants sees a table whose two layers are gone', async () => {
    await unfence(shop, 'support', 'invoice');
    const run = await shop.probe();
    const failed = failedProbes(run);
    expect(failed).toEqual(
      expect.arrayContaining([
        'cross_tenant.aggregates',
        'cross_tenant.filters',
        'cross_tenant.ids',
        'cross_tenant.own_tools',
        'cross_tenant.relations',
        'cross_tenant.sql',
        'cross_tenant.writes',
      ]),
    );
    for (const probe of ['masks', 'denied_columns', 'reasons', 'budget', 'audit', 'cross_tenant.cursors'])
      expect(failed, faultsOf(run)).not.toContain(probe);
    // And of the role whose view is as it was, only what row security alone held.
    const others = run.results.filter(
      ({ outcome, subject }) => outcome === 'failed' && subject?.role === 'reader',
    );
    expect(others).toEqual([]);
  });

  it('of masks sees a view that shows the value', async () => {
    await replaceView(shop, 'support', 'client', {
      name: `case when t.name is null then null else left(t.name::text, 1) || '***' end`,
      email: 't.email',
      phone: `case when t.phone is null then null else '****' || right(t.phone, 4) end`,
      born: `date_trunc('year', t.born::timestamp)::date`,
      badge: 'ringfence.mask_hash(t.badge)',
    });
    const run = await shop.probe();
    failing(run, ['masks']);
    const columns = run.results.flatMap((one) => (one.outcome === 'failed' ? [one.subject?.column] : []));
    expect(columns).toEqual(['email']);
  });

  it('of the audit sees events that are not written', async () => {
    await shop.sql(
      `create or replace function ringfence.record(claims text[], ids uuid[], bodies text[], row_counts bigint[]) returns void
       language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as 'begin return; end'`,
    );
    failing(await shop.probe(), ['audit']);
  });

  it('of the audit sees a chain that was changed', async () => {
    await shop.governed.call('north-a', 'query', { table: 'plan' });
    await shop.governed.ringfence.sequence();
    await shop.sql(
      `alter table ringfence.leaf disable trigger all;
       update ringfence.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), 'query', 'quary'), 'UTF8') where seq = 1;
       alter table ringfence.leaf enable always trigger append_only`,
    );
    failing(await shop.probe(), ['audit']);
  });
});

describe('a probe', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(embeddedServer);
  });
  afterAll(() => shop.drop());

  it('of masks sees one that can be counted apart', async () => {
    // Shown alike, told apart: what a mask above GROUP BY does.
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => async (tool, input, options) => {
        const decision = await probed.call(tool, input, options);
        const { metrics } = input as { metrics?: { fn: string; column?: string; as?: string }[] };
        const asked = metrics?.[0];
        if (tool !== 'aggregate' || asked?.fn !== 'count_distinct' || asked.column !== 'born')
          return decision;
        return isAllowed(decision) ? { ...decision, rows: [{ n: 9 }] } : decision;
      }),
    });
    failing(run, ['masks']);
  });

  it('of denied columns sees one that is refused in other words, and one that is answered', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => async (tool, input, options) => {
        const decision = await probed.call(tool, input, options);
        return decision.decision === 'denied' && JSON.stringify(input).includes('password')
          ? { ...decision, reason: 'You may not see this column.' }
          : decision;
      }),
    });
    failing(run, ['denied_columns']);
    const run2 = await shop.probe({
      without: SLOW,
      through: between(
        (probed) => async (tool, input, options) =>
          JSON.stringify(input).includes('secret_margin')
            ? probed.call('query', { table: 'plan' }, options)
            : probed.call(tool, input, options),
      ),
    });
    expect(failedProbes(run2)).toContain('denied_columns');
  });

  it('of budgets sees a limit that was lifted', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => async (tool, input, options) => {
        const decision = await probed.call(tool, input, options);
        const unbounded = tool === 'query' && (input as Input).limit === 999_999_999;
        if (!unbounded || decision.decision !== 'allowed') return decision;
        const rows = Array.from({ length: 60 }, () => decision.rows[0] ?? {});
        return { ...decision, rows, truncated: true };
      }),
    });
    failing(run, ['budget']);
  });

  it('of reasons sees a gate that fills one in', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: between(
        (probed) => (tool, input, options) =>
          probed.call(
            tool,
            ['create', 'update', 'delete'].includes(tool) && !String((input as Input).reason ?? '').trim()
              ? { ...(input as Input), reason: 'because' }
              : input,
            options,
          ),
      ),
    });
    failing(run, ['reasons']);
  });

  it('of cursors sees cursors that nobody checks', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => (tool, input, options) => {
        const { cursor, ...rest } = input as { cursor?: string };
        return probed.call(tool, cursor?.includes('.') ? rest : input, options);
      }),
    });
    failing(run, ['cross_tenant.cursors']);
  });

  it('of ids sees a hidden row that is refused otherwise than an absent one', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => async (tool, input, options) => {
        const decision = await probed.call(tool, input, options);
        const id = Number((input as Input).id);
        return tool === 'get' && id >= 70 && id < 73 && decision.decision === 'allowed'
          ? { ...decision, suggestion: 'You may not see this row.' }
          : decision;
      }),
    });
    failing(run, ['cross_tenant.ids']);
  });

  it('of bleeding sees an answer that went to another call', async () => {
    let inFlight = 0;
    let last: Decision | null = null;
    const run = await shop.probe({
      without: SLOW,
      through: between((probed) => async (tool, input, options) => {
        inFlight += 1;
        try {
          const decision = await probed.call(tool, input, options);
          const crowded = inFlight > 8;
          const before: Decision | null = last;
          if (decision.decision === 'allowed' && decision.rows.length > 0 && (input as Input).limit === 5)
            last = decision;
          if (
            !crowded ||
            before?.decision !== 'allowed' ||
            (input as Input).limit !== 5 ||
            decision.decision !== 'allowed'
          )
            return decision;
          return { ...decision, rows: before.rows };
        } finally {
          inFlight -= 1;
        }
      }),
    });
    failing(run, ['bleeding']);
  });
});

describe("a probe of the product's own tools", () => {
  const finder = (run: OwnTool['run']): readonly OwnTool[] => {
    const [, closer] = knownTools(z);
    const found = defineTool({
      name: 'find_client',
      description: 'Finds clients by name.',
      effect: 'read',
      input: z.object({ name: z.string() }),
      output: z.unknown(),
      run: (input, given) => run(input, given),
    });
    return closer === undefined ? [found] : [found, closer];
  };

  it('sees one that keeps an answer for the next caller', async () => {
    let kept: unknown;
    const tools = finder(async (_, { client }) => {
      kept ??= (await client.query('select name from public.client order by id desc limit 1')).rows;
      return kept;
    });
    const shop = await openShop(embeddedServer, { tools });
    const run = await shop.probe();
    // Whoever calls it sees what it kept.
    expect(failedProbes(run), faultsOf(run)).toContain('cross_tenant.own_tools');
    expect(failedProbes(run).filter((probe) => probe !== 'injection')).toEqual(['cross_tenant.own_tools']);
    await shop.drop();
  });

  it('sees one whose input becomes SQL', async () => {
    const tools = finder(async (input, { client }) => {
      const { name } = input as { name: string };
      return (await client.query(`select id from public.client where name = '${name}'`)).rows;
    });
    const shop = await openShop(embeddedServer, { tools });
    const run = await shop.probe();
    expect(failedProbes(run), faultsOf(run)).toEqual(['injection']);
    await shop.drop();
  });
});
