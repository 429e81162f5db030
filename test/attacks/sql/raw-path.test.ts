/** What each attack does where nothing but PostgreSQL stands in its way. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { hasEffect } from './support/attack.js';
import { ideas } from './support/collection.js';
import { missingOnRawPath, openRawPath, type RawPath, rawText } from './support/raw-path.js';
import { CANARY } from './support/world-schema.js';

describeOnServers('a product that hands a model’s SQL to the database', (server) => {
  let raw: RawPath;
  beforeAll(async () => {
    raw = await openRawPath(server);
  });
  afterAll(() => raw.drop());

  it('shows its tenant nothing foreign as long as nobody attacks', async () => {
    const { said, state } = await raw.run('select body from ticket union all select body from ticket_note');
    expect(state).toBe('ok');
    expect(said).toContain('We asked on Monday');
    expect(said).not.toMatch(CANARY);
  });

  for (const idea of ideas) {
    it(`falls to ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      for (const attack of idea.attacks) {
        const effect = hasEffect(attack.raw) ? attack.raw : {};
        if ((effect.since ?? 0) > server.major) continue;
        const outcome = await raw.run(rawText(attack), effect);
        for (const missing of missingOnRawPath(attack, outcome)) {
          failed.push(`${attack.name}: not ${missing}, but ${JSON.stringify(outcome).slice(0, 600)}`);
        }
      }
      expect(failed).toEqual([]);
    });
  }
});
