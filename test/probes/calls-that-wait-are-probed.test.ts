/** Calls that wait for people, probed: nobody is asked on a live database, what is asked among planted rows is revoked, and a gate that does not ask is seen. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Administrator, connectAdministrator } from '../../src/database/administrator.js';
import { introspect } from '../../src/database/introspect.js';
import { takeAway } from '../../src/probes/plant/journal.js';
import { marksOf } from '../../src/probes/plant/marks.js';
import { type Planting, plant } from '../../src/probes/plant/plant.js';
import type { Probed } from '../../src/probes/probe/ground.js';
import { pickSides } from '../../src/probes/probe/pick-sides.js';
import { subjectName } from '../../src/probes/probe/report.js';
import type { ProbeRun } from '../../src/probes/probe/run.js';
import { describeOnServers, embeddedServer, type TestServer } from '../support/test-server.js';
import { failedProbes, faultsOf, openShop, SHOP_POLICY, SHOP_SQL, type Shop } from './support/probed.js';

/** And a tool of the product's own that waits. */
const POLICY = SHOP_POLICY.replace(
  'approvals:\n',
  'approvals:\n  closing: { tools: [close_invoice], approvers: { roles: [reader] } }\n' +
    '  notes: { tools: [create], columns: [memo.body], approvers: { roles: [reader] } }\n' +
    '  all_updates: { tools: [update], approvers: { roles: [reader] }, cosigners: 2 }\n',
);
/** New rows get ids that none has. */
const SQL = `${SHOP_SQL} select setval(pg_get_serial_sequence('memo', 'id'), 1000);`;
const SLOW = ['injection'];

let shop: Shop;
let gardener: Administrator;
const open = async (server: TestServer): Promise<void> => {
  shop = await openShop(server, { policy: POLICY, sql: SQL });
  gardener = await connectAdministrator(shop.database.url);
};
afterEach(async () => {
  await gardener.close();
  await shop.drop();
});

const casesOf = ({ results }: ProbeRun, outcome: string): readonly string[] =>
  results
    .filter((one) => one.probe === 'approvals' && one.outcome === outcome)
    .map(({ subject }) => subjectName(subject))
    .sort();
const states = async (): Promise<unknown> =>
  await shop.sql('select state, count(*)::int as n from ringfence.approval group by state order by state');

/** Runs the probes on planted tenants, and takes those away. */
async function planted(through?: (probed: Probed, planting: Planting) => Probed['call']): Promise<ProbeRun> {
  const { policy } = shop.governed.ringfence;
  const planting = await plant(gardener, policy, await introspect(gardener));
  const sides = await pickSides(gardener, policy, {
    tenants: [planting.ours.tenant, planting.theirs.tenant],
  });
  const run = await shop.probe({
    without: SLOW,
    planted: { sides, canaries: marksOf(planting.theirs.canary) },
    ...(through === undefined
      ? {}
      : { through: (probed: Probed) => ({ ...probed, call: through(probed, planting) }) }),
  });
  expect((await takeAway(gardener, planting.batch)).kept).toEqual([]);
  return run;
}

const EVERY_CASE = [
  'support close_invoice (approvals.closing)',
  'support create memo (approvals.notes)',
  'support delete line (approvals.removals)',
  'support update invoice (approvals.all_updates)',
  'support update invoice (approvals.settled)',
  'support update line (approvals.all_updates)',
  'support update memo (approvals.all_updates)',
];

describeOnServers('a probe of approvals', (server) => {
  beforeEach(() => open(server));

  it('tries every rule on every table, and asks nobody on a live database', async () => {
    const before = await shop.digest();
    const run = await shop.probe({ without: SLOW });
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    expect(casesOf(run, 'passed')).toEqual(EVERY_CASE);
    expect(await states()).toEqual([]);
    expect(await shop.digest()).toBe(before);
  });

  it('asks among planted rows, sees that the call waits, and leaves nothing open', async () => {
    const before = await shop.digest();
    const run = await planted();
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    expect(casesOf(run, 'passed')).toEqual(EVERY_CASE);
    // One for each case on a row that is there, and one more where the call waits for two rules.
    expect(await states()).toEqual([{ state: 'revoked', n: 6 }]);
    expect(await shop.digest()).toBe(before);
  });
});

describe('a probe of approvals sees', () => {
  beforeEach(() => open(embeddedServer));

  it('a gate that does not know what waits', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: (probed) => ({
        ...probed,
        call: async (...asked) => {
          const decision = await probed.call(...asked);
          if (decision.decision !== 'allowed') return decision;
          const { needsApproval: _, ...without } = decision;
          return without;
        },
      }),
    });
    expect(failedProbes(run), faultsOf(run)).toEqual(['approvals']);
    expect(casesOf(run, 'failed')).toEqual(EVERY_CASE.slice(1));
  });

  it('a tool whose code runs without anybody’s approval', async () => {
    const run = await shop.probe({
      // The ledger has the refusal that stands behind this answer.
      without: [...SLOW, 'audit'],
      through: (probed) => ({
        ...probed,
        call: async (...asked) => {
          const decision = await probed.call(...asked);
          if (!decision.rule.startsWith('approvals.')) return decision;
          const { event, ms } = decision;
          return { decision: 'allowed', event, ms, rule: 'any', rows: [], truncated: false };
        },
      }),
    });
    expect(failedProbes(run), faultsOf(run)).toEqual(['approvals']);
    expect(casesOf(run, 'failed')).toEqual(EVERY_CASE.slice(0, 1));
  });

  it('a dry run that asks people, and revokes what it asked for', async () => {
    const run = await shop.probe({
      without: SLOW,
      through: (probed) => ({
        ...probed,
        call: (tool, input, options) =>
          tool === 'delete' && JSON.stringify(input).includes('A probe of approvals')
            ? probed.call(tool, input, {})
            : probed.call(tool, input, options),
      }),
    });
    expect(failedProbes(run), faultsOf(run)).toEqual(['approvals']);
    expect(casesOf(run, 'failed')).toEqual(['support delete line (approvals.removals)']);
    expect(await states()).toEqual([{ state: 'revoked', n: 1 }]);
  });

  it('a call that is made though only its dry run says that it waits', async () => {
    const run = await planted(
      (probed) => (tool, input, options) =>
        probed.call(tool, input, { ...options, dry: tool === 'update' || options?.dry === true }),
    );
    expect(failedProbes(run), faultsOf(run)).toEqual(['approvals']);
    expect(faultsOf(run)).toContain('A call that waits for people came to allowed.');
    expect(casesOf(run, 'failed')).toEqual(EVERY_CASE.filter((name) => name.includes('update')));
  });

  it('a row that was written while its call waits', async () => {
    const run = await planted((probed) => async (tool, input, options) => {
      const decision = await probed.call(tool, input, options);
      if (decision.decision === 'pending' && tool === 'delete')
        await shop.sql(`update public.line set text = text where id = ${(input as { id: string }).id}`);
      return decision;
    });
    expect(failedProbes(run), faultsOf(run)).toEqual(['approvals']);
    expect(faultsOf(run)).toContain('The row is another than before the call');
  });
});
