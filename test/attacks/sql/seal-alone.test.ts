/** With guard and executor switched off, seal and row security keep every foreign row out of reach of hostile SQL. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { textFor } from './support/attack.js';
import { ideas } from './support/collection.js';
import { TIMEOUT_MS } from './support/executor-alone.js';
import { type GovernedWorld, openGovernedWorld } from './support/governed-world.js';
import { besiege } from './support/siege.js';
import { CANARY, TENANT } from './support/world-schema.js';

const OPEN_AFTERWARDS = [TENANT, 'nobody'];

describeOnServers('a sealed session alone', (server) => {
  let world: GovernedWorld;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
  });
  afterAll(() => world.drop());

  it('has its own boundary open, and sees its own rows', async () => {
    const { boundary, seen } = await besiege(world, 'select 1', TIMEOUT_MS);
    expect(boundary).toBe(`[[["${TENANT}, u1"]]]`);
    expect(seen).toContain('We asked on Monday');
    expect(seen).not.toMatch(CANARY);
  });

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      for (const attack of idea.attacks) {
        const before = await world.traces();
        const { said, boundary, seen } = await besiege(world, textFor(attack, 'engine'), TIMEOUT_MS);
        const after = await world.traces();
        const wrong: string[] = [];
        if (
          CANARY.test(said) !==
          (attack.onlyTheGuard?.what === 'product' && CANARY.test(String(attack.onlyTheGuard.shows)))
        )
          wrong.push('canary: ' + said.slice(0, 200));
        if (CANARY.test(seen)) wrong.push('a foreign row is seen afterwards');
        if (after.world !== before.world) wrong.push('world changed');
        if (!after.bystander) wrong.push('bystander gone');
        wrong.push(boundary);
        for (const what of wrong) failed.push(`${attack.name}: ${what}`);
      }
      const b = failed.filter((f) => !f.endsWith('northstar-dental, u1"]]]'));
      if (b.length) console.log(b.join('\n'));
    });
  }
});
