/** The tool `sql` as an agent calls it: every attack is denied, fails, or gets an answer that holds nothing it was after. */
import type pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { TenantPool } from '../../../src/database/pool.js';
import { describeOnServers } from '../../support/test-server.js';
import { type Attack, betrays, textFor } from './support/attack.js';
import { ideas } from './support/collection.js';
import { type GovernedWorld, openGovernedWorld, type Traces } from './support/governed-world.js';
import { lookAt } from './support/session-look.js';
import { callSql, type WholeAnswer } from './support/whole-path.js';
import { CANARY } from './support/world-schema.js';

describeOnServers('the tool sql', (server) => {
  const leases = vi.spyOn(TenantPool.prototype, 'lease');
  let world: GovernedWorld;
  let settled: readonly string[];
  beforeAll(async () => {
    world = await openGovernedWorld(server);
    leases.mockClear();
    await callSql(world, 'select body from ticket order by id');
    settled = (await sessions())[0] ?? [];
  });
  afterAll(async () => {
    leases.mockRestore();
    await world.drop();
  });

  /** What each connection that calls went through carries, where it is still open. */
  const sessions = async (): Promise<readonly (readonly string[])[]> => {
    const used = await Promise.all(leases.mock.results.map(({ value }) => value));
    leases.mockClear();
    const clients = new Set<pg.PoolClient>(used.map(({ client }) => client));
    const looks = await Promise.all([...clients].map((client) => lookAt(client).catch(() => [])));
    return looks.filter((lines) => lines.length > 0);
  };

  const wrongWith = (attack: Attack, answer: WholeAnswer, before: Traces, after: Traces): string[] => {
    const { decision, said } = answer;
    return [
      ...(CANARY.test(said) ? ['a canary'] : []),
      ...(decision.decision === 'allowed' && betrays(attack, answer) ? ['what the raw path shows'] : []),
      ...(attack.guard === undefined && decision.decision !== 'denied' ? [decision.decision] : []),
      ...('code' in decision && decision.code === 'internal' ? ['an error that nobody foresaw'] : []),
      ...(after.events === before.events + 1 ? [] : [`${after.events - before.events} events`]),
      ...(after.world === before.world ? [] : ['the world changed']),
      ...(after.locks === 0 ? [] : [`${after.locks} advisory locks are held`]),
      ...(after.bystander ? [] : ['another session is gone']),
    ];
  };

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
        for (const what of wrongWith(attack, answer, before, after))
          failed.push(`${attack.name}: ${what}: ${answer.said.slice(0, 300)}`);
        before = after;
      }
      expect(failed).toEqual([]);
      expect(world.heard).toEqual([]);
      const changed = (await sessions()).flatMap((lines) =>
        lines.filter((line) => !line.startsWith('prepared = ringfence_') && !settled.includes(line)),
      );
      expect(changed).toEqual([]);
    });
  }

  it('loses no event, and the chain verifies', async () => {
    const { events } = await world.traces();
    expect(await world.verify()).toEqual({ broken: [], leaves: events });
  });
});
