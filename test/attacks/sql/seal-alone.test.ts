/** With guard and executor switched off, hostile SQL in a sealed session opens no other boundary, and row security gives it no foreign row. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { type Attack, textFor, timeLimitMs } from './support/attack.js';
import { ideas } from './support/collection.js';
import { type GovernedWorld, openGovernedWorld } from './support/governed-world.js';
import { concerns, LayerColumn } from './support/page.js';
import { type Besieged, besieged, type Siege } from './support/siege.js';
import { CANARY, TENANT } from './support/world-schema.js';

/** Its own boundary, none, or a role that may not even ask. */
const NOBODY_ELSE = new RegExp(
  `^\\[\\[\\["(${TENANT}, u1|nobody)"\\]\\]\\]$|^permission denied for function tenant|^canceling statement|onnection terminated|not queryable`,
);

describeOnServers('a sealed session alone', (server) => {
  let world: GovernedWorld;
  let session: Besieged;
  beforeAll(async () => {
    world = await openGovernedWorld(server);
    session = besieged(world);
  });
  afterAll(async () => {
    await session.end();
    await world.drop();
  });

  it('has its own boundary open, and sees its own rows', async () => {
    const { boundary, seen } = await session.attack('select 1', 2_000);
    expect(boundary).toBe(`[[["${TENANT}, u1"]]]`);
    expect(seen).toContain('We asked on Monday');
    expect(seen).not.toMatch(CANARY);
  });

  const sealColumn = new LayerColumn('seal');
  const rowColumn = new LayerColumn('row security');

  const passed = (attack: Attack, { said }: Siege): boolean =>
    attack.onlyTheGuard?.what === 'product' && CANARY.test(said);

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      const before = await world.traces();
      for (const attack of idea.attacks) {
        const siege = await session.attack(textFor(attack, 'engine'), timeLimitMs(attack));
        const past = passed(attack, siege);
        if (CANARY.test(siege.said) && !past)
          failed.push(`${attack.name}: a canary: ${siege.said.slice(0, 300)}`);
        if (CANARY.test(siege.seen)) failed.push(`${attack.name}: a foreign row is seen afterwards`);
        if (!NOBODY_ELSE.test(siege.boundary))
          failed.push(`${attack.name}: ${siege.boundary} is open afterwards`);
        if (concerns('seal', attack)) sealColumn.add(idea, 'held');
        if (concerns('row security', attack)) rowColumn.add(idea, past ? '*through the product' : 'held');
      }
      expect(failed).toEqual([]);
      const { world: now, bystander } = await world.traces();
      expect({ now, bystander }).toEqual({ now: before.world, bystander: true });
    });
  }

  it('is what the threat model says', () => {
    sealColumn.expectOnPage();
    rowColumn.expectOnPage();
  });
});
