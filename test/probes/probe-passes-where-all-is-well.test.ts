/** Probes on databases that are as they were applied: all pass, nothing of the product's is changed, every call is in the ledger. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { loadShop } from '../../examples/retail/load.js';
import { tools as retailTools } from '../../examples/retail/tools.js';
import { connectAdministrator } from '../../src/database/administrator.js';
import { introspect } from '../../src/database/introspect.js';
import { POLICY as DEMO_POLICY } from '../../src/demo/policy.js';
import { SCHEMA as DEMO_SCHEMA, insertRows, PRODUCT_LOGIN } from '../../src/demo/schema.js';
import { demoRows } from '../../src/demo/tenants.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import type { Ground } from '../../src/probes/probe/ground.js';
import { reportOf } from '../../src/probes/probe/report.js';
import { runProbes } from '../../src/probes/probe/run.js';
import { standWithAdministrator, standWithGateway } from '../../src/probes/probe/stand.js';
import { loadChinook } from '../support/chinook.js';
import { corpus, describeWithCorpus } from '../support/corpora.js';
import { createDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';
import { digestOf, failedProbes, faultsOf, NORTH_A, NORTH_B, openShop } from './support/probed.js';

describeOnServers('probes of a healthy shop', (server) => {
  it('pass, each with something tried, and change no row', async () => {
    const shop = await openShop(server);
    const before = await shop.digest();
    const [events] = (await shop.sql(
      'select (select count(*) from ringfence.leaf)::int + (select count(*) from ringfence.event_pending)::int as n',
    )) as { n: number }[];
    const run = await shop.probe();
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    expect(await shop.digest()).toBe(before);
    const [after] = (await shop.sql(
      'select (select count(*) from ringfence.leaf)::int + (select count(*) from ringfence.event_pending)::int as n',
    )) as { n: number }[];
    expect((after?.n ?? 0) - (events?.n ?? 0)).toBe(run.calls);
    const tried = new Set(
      run.results.filter(({ outcome }) => outcome === 'passed').map(({ probe }) => probe),
    );
    expect([...tried].sort()).toEqual([...new Set(run.results.map(({ probe }) => probe))].sort());
    expect(run.results.every(({ outcome }) => outcome !== 'left_out')).toBe(true);
    await shop.drop();
  });

  it('tell where the rows are known from, and do without an administrator', async () => {
    const shop = await openShop(server);
    const gateway = await connectAdministrator(shop.governed.gatewayUrl);
    const ground = await standWithGateway(shop.governed.ringfence, gateway, {
      tenants: [NORTH_A, NORTH_B],
      workspace: 'front',
      tools: shop.tools,
    });
    const run = await runProbes(ground, { seed: 3, seconds: 60 });
    const report = reportOf(ground, run);
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    expect(report.knownFrom).toBe('gateway');
    const outcomes = (probe: string) =>
      new Set(run.results.filter((one) => one.probe === probe).map(({ outcome }) => outcome));
    expect([...outcomes('audit')]).toEqual(['skipped']);
    expect([...outcomes('masks')]).toEqual(['skipped']);
    expect([...outcomes('cross_tenant.ids')]).toContain('passed');
    await gateway.close();
    await shop.drop();
  });
});

it('probes leave out what there is no time for, and say so', async () => {
  const shop = await openShop(embeddedServer);
  const run = await shop.probe({ seconds: 0 });
  const left = run.results.filter(({ outcome }) => outcome === 'left_out');
  expect(left.length).toBeGreaterThan(20);
  // What judges the others runs all the same.
  expect(run.results.filter(({ probe }) => probe === 'audit').map(({ outcome }) => outcome)).toEqual([
    'passed',
    'passed',
    'passed',
  ]);
  await shop.drop();
});

it('probes show nothing of a row unless they are asked to', async () => {
  const shop = await openShop(embeddedServer);
  await shop.sql('alter table public.client disable row level security');
  const administrator = await connectAdministrator(shop.database.url);
  const ground = await standWithAdministrator(shop.governed.ringfence, administrator, {
    tenants: [NORTH_A, NORTH_B],
  });
  const faulty = { ...ground, ringfence: { ...ground.ringfence, call: answering(ground) } };
  const run = await runProbes(faulty, { seed: 3, seconds: 60 });
  expect(failedProbes(run)).not.toEqual([]);
  expect(JSON.stringify(reportOf(ground, run))).not.toMatch(/zephyr|wilma|north-[ab]/i);
  await administrator.close();
  await shop.drop();
});

/** A gate that gives everybody a row of the other tenant's. */
function answering({ ringfence }: Pick<Ground, 'ringfence'>): Ground['ringfence']['call'] {
  return async (tool, input, options) => {
    const decision = await ringfence.call(tool, input, options);
    return decision.decision === 'allowed'
      ? { ...decision, rows: [{ id: 70, number: 'B-7001-zephyr', name: 'Zephyr Whitford' }] }
      : decision;
  };
}

it('the demo passes in less than thirty seconds', async () => {
  const database = await createDatabase(embeddedServer, {
    sql: `create role ${PRODUCT_LOGIN}; ${DEMO_SCHEMA}`,
  });
  for (const [table, rows] of demoRows()) await database.query(insertRows(table), [JSON.stringify(rows)]);
  const governed = await govern(database, DEMO_POLICY);
  const administrator = await connectAdministrator(database.url);
  const ground = await standWithAdministrator(governed.ringfence, administrator, { tenants: [] });
  const run = await runProbes(ground, { seed: 1, seconds: 60 });
  expect(failedProbes(run), faultsOf(run)).toEqual([]);
  expect(run.ms).toBeLessThan(30_000);
  await administrator.close();
  await governed.close();
  await database.drop();
});

it('a policy that was guessed passes', async () => {
  const database = await loadChinook(embeddedServer);
  const client = await database.connect();
  const text = writePolicy(guessPolicy(await introspect(client), { tenant: 'customer.support_rep_id' }));
  const governed = await govern(database, text);
  const before = await digestOf(client);
  const administrator = await connectAdministrator(database.url);
  const ground = await standWithAdministrator(governed.ringfence, administrator, { tenants: [] });
  const run = await runProbes(ground, { seed: 1, seconds: 60 });
  expect(failedProbes(run), faultsOf(run)).toEqual([]);
  expect(await digestOf(client)).toBe(before);
  await administrator.close();
  await governed.close();
  await database.drop();
});

describeWithCorpus('tau-retail', 'the retail shop', () => {
  it('passes, through its own sixteen tools', async () => {
    const database = await createDatabase(embeddedServer);
    const client = await database.connect();
    await loadShop(client, corpus('tau-retail'));
    const policy = await readFile(new URL('../../examples/retail/policy.yaml', import.meta.url), 'utf8');
    const governed = await govern(database, policy, { tools: retailTools, onOperatorEvent: () => undefined });
    const administrator = await connectAdministrator(database.url);
    const ground = await standWithAdministrator(governed.ringfence, administrator, {
      tenants: ['northwind', 'harbor'],
      tools: retailTools,
    });
    const run = await runProbes(ground, { seed: 1, seconds: 60, show: true });
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    const tried = run.results.filter(
      ({ probe, outcome }) => probe === 'cross_tenant.own_tools' && outcome === 'passed',
    );
    expect(tried.length).toBeGreaterThan(5);
    await administrator.close();
    await governed.close();
    await database.drop();
  });
});
