/** With the guard switched off, the engine keeps every row, column, setting, sequence and write out of reach, or the data says what it lets through. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { type Attack, betrays, textFor, timeLimitMs } from './support/attack.js';
import { ideas } from './support/collection.js';
import { type ContainedOutcome, runContained, told } from './support/executor-alone.js';
import { type GovernedWorld, openGovernedWorld, type Traces } from './support/governed-world.js';
import { LayerColumn } from './support/page.js';
import { CANARY } from './support/world-schema.js';

const HARMLESS = 'select body from slice_support.ticket';

describeOnServers('the executor alone', (server) => {
  let world: GovernedWorld;
  let settled: Awaited<ReturnType<GovernedWorld['session']>>;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
    await run(HARMLESS, 2_000);
    settled = await world.session();
  });
  afterAll(() => world.drop());

  /** Events that the ledger must hold by now. */
  let events = 0;
  const run = async (text: string, timeoutMs: number): Promise<ContainedOutcome> => {
    const outcome = await runContained(world, text, timeoutMs);
    events += outcome.events;
    return outcome;
  };

  const leftBehind = (before: Traces, after: Traces): string[] => [
    ...(after.world === before.world ? [] : ['the world changed']),
    ...(after.locks === 0 ? [] : [`${after.locks} advisory locks are held`]),
    ...(after.bystander ? [] : ['another session is gone']),
    ...(after.events === events ? [] : [`${after.events} events in place of ${events}`]),
  ];

  const changedSession = async (): Promise<string[]> => {
    let now = await world.session();
    if (now.backend !== settled.backend) {
      // The connection was given up, as one is that cannot be trusted. The next one must come to be as the last one was.
      await run(HARMLESS, 2_000);
      now = await world.session();
    }
    const before = settled.lines;
    settled = now;
    return [
      ...now.lines.filter((line) => !before.includes(line)).map((line) => `the session has ${line}`),
      ...before
        .filter((line) => !now.lines.includes(line))
        .map((line) => `the session has no longer ${line}`),
    ];
  };

  const letThrough = async (attack: Attack, outcome: ContainedOutcome): Promise<string[]> => {
    const { onlyTheGuard } = attack;
    const wrong = CANARY.test(outcome.said) && onlyTheGuard?.what !== 'product' ? ['a canary'] : [];
    if (onlyTheGuard === undefined)
      return betrays(attack, outcome) ? [...wrong, 'what the raw path shows'] : wrong;
    const { shows, next } = onlyTheGuard;
    if (!shows.test(told(outcome.executed))) wrong.push(`not ${shows}`);
    if (next !== undefined && !next[1].test(await world.ask(next[0]))) wrong.push(`not next ${next[1]}`);
    return wrong;
  };

  const column = new LayerColumn('executor');

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      let before = await world.traces();
      for (const attack of idea.attacks) {
        const outcome = await run(textFor(attack, 'engine'), timeLimitMs(attack));
        const after = await world.traces();
        const wrong = [
          ...(await letThrough(attack, outcome)),
          ...leftBehind(before, after),
          ...(await changedSession()),
        ];
        before = after;
        column.add(idea, attack.onlyTheGuard === undefined ? 'held' : `*${attack.onlyTheGuard.what}`);
        for (const what of wrong) failed.push(`${attack.name}: ${what}: ${outcome.said.slice(0, 300)}`);
      }
      expect(world.heard).toEqual([]);
      expect(failed).toEqual([]);
    });
  }

  it('loses no event, and the chain verifies', async () => {
    expect(await world.verify()).toEqual({ broken: [], leaves: events });
  });

  it('is what the threat model says', () => column.expectOnPage());
});
