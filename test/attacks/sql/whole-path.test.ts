/** The tool `sql` as an agent calls it: every attack is denied, fails, or gets an answer that holds nothing it was after. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { betrays, textFor } from './support/attack.js';
import { ideas } from './support/collection.js';
import { type GovernedWorld, openGovernedWorld } from './support/governed-world.js';
import { callSql } from './support/whole-path.js';
import { CANARY } from './support/world-schema.js';

describeOnServers('the tool sql', (server) => {
  let world: GovernedWorld;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
  });
  afterAll(() => world.drop());

  it('answers an honest question', async () => {
    const { decision, said } = await callSql(world, 'select body from ticket order by id');
    expect(decision.decision).toBe('allowed');
    expect(said).toContain('We asked on Monday');
  });

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      let before = await world.traces();
      for (const attack of idea.attacks) {
        const answer = await callSql(world, textFor(attack, 'guard'));
        const after = await world.traces();
        const { decision, said } = answer;
        const wrong: string[] = [];
        if (CANARY.test(said)) wrong.push('a canary');
        if (decision.decision === 'allowed' && betrays(attack, answer)) wrong.push('what the raw path shows');
        if (attack.guard === undefined && decision.decision !== 'denied') wrong.push(decision.decision);
        if ('code' in decision && decision.code === 'internal') wrong.push('internal');
        if (after.events !== before.events + 1) wrong.push(`${after.events - before.events} events`);
        if (after.world !== before.world) wrong.push('the world changed');
        if (after.locks !== 0) wrong.push('locks');
        if (!after.bystander) wrong.push('bystander');
        before = after;
        for (const what of wrong) failed.push(`${attack.name}: ${what}: ${said.slice(0, 300)}`);
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
