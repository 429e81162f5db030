/** With the guard switched off, the engine keeps every row, column, setting, sequence and write out of reach, or the data says what it lets through. */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { type Attack, betrays, textFor } from './support/attack.js';
import { ideas } from './support/collection.js';
import { type ContainedOutcome, runContained, told } from './support/executor-alone.js';
import { type GovernedWorld, openGovernedWorld, type Traces } from './support/governed-world.js';
import { CANARY } from './support/world-schema.js';

const HARMLESS = 'select body from slice_support.ticket';

describeOnServers('the executor alone', (server) => {
  let world: GovernedWorld;
  let settled: Awaited<ReturnType<GovernedWorld['session']>>;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
    await runContained(world, HARMLESS);
    settled = await world.session();
  });
  afterAll(() => world.drop());

  const leftBehind = (before: Traces, after: Traces, outcome: ContainedOutcome): string[] => [
    ...(after.world === before.world ? [] : ['the world changed']),
    ...(after.locks === 0 ? [] : [`${after.locks} advisory locks are held`]),
    ...(after.bystander ? [] : ['another session is gone']),
    ...(after.events === before.events + outcome.events
      ? []
      : [`${after.events - before.events} events in place of ${outcome.events}`]),
  ];

  const changedSession = async (): Promise<string[]> => {
    let now = await world.session();
    if (now.backend !== settled.backend) {
      // The connection was given up, as one is that cannot be trusted. The next one must come to be as the last one was.
      await runContained(world, HARMLESS);
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

  const letThrough = async (
    { onlyTheGuard, raw, aim }: Attack,
    outcome: ContainedOutcome,
  ): Promise<string[]> => {
    const wrong = CANARY.test(outcome.said) && onlyTheGuard?.what !== 'product' ? ['a canary'] : [];
    if (onlyTheGuard === undefined)
      return betrays({ raw, aim }, outcome.said) ? [...wrong, 'what the raw path shows'] : wrong;
    if ((onlyTheGuard.since ?? 0) > server.major) return wrong;
    const { shows, next } = onlyTheGuard;
    if (!shows.test(told(outcome.executed))) wrong.push(`not ${shows}`);
    if (next !== undefined && !next[1].test(await world.ask(next[0]))) wrong.push(`not next ${next[1]}`);
    return wrong;
  };

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      for (const attack of idea.attacks) {
        const before = await world.traces();
        const outcome = await runContained(world, textFor(attack, 'engine'));
        const wrong = [
          ...(await letThrough(attack, outcome)),
          ...leftBehind(before, await world.traces(), outcome),
          ...(await changedSession()),
        ];
        appendFileSync(
          '/tmp/engine.log',
          `${server.major}\t${idea.name}\t${attack.name}\t${outcome.state}\t${outcome.said.slice(0, 300).replaceAll('\n', ' ⏎ ')}\n`,
        );
        for (const what of wrong) failed.push(`${attack.name}: ${what}: ${outcome.said.slice(0, 300)}`);
      }
      expect(world.heard).toEqual([]);
      expect(failed).toEqual([]);
    });
  }

  it('loses no event, and the chain verifies', async () => {
    const { events } = await world.traces();
    expect(await world.verify()).toEqual({ broken: [], leaves: events });
  });
});
