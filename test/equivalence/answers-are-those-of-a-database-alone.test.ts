/**
 * The short form of `npm run equivalence`: what tenants are answered among others is what they would be answered alone, and stays that
 * when others' rows change. The seed is another one each time and is printed; RINGFENCE_EQUIVALENCE_SEED repeats it.
 */
import { randomInt } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { runField } from '../../equivalence/field.js';
import { runOthers } from '../../equivalence/others.js';
import { missingFor, WORLDS } from '../../equivalence/worlds.js';
import { describeOnServers } from '../support/test-server.js';

const STATEMENTS = 1_000;
const OTHERS = 30;
const LANES = 3;

// A machine that does other things besides.
vi.setConfig({ testTimeout: 240_000 });

const seed = Number(process.env.RINGFENCE_EQUIVALENCE_SEED ?? randomInt(1, 2 ** 31));

describeOnServers('a tenant', (server) => {
  const here = WORLDS.filter((world) => missingFor(world) === undefined);
  /** The two versions of PostgreSQL ask different statements. */
  const each = Math.ceil(STATEMENTS / 2 / here.length);
  const first = server.major === 18 ? 0 : each;

  describe.each(WORLDS)('in the world $name', (world) => {
    const missing = missingFor(world);
    const test = missing === undefined ? it : it.skip;

    test(`is answered as if alone, seed ${seed}${missing === undefined ? '' : `: no ${missing}`}`, async () => {
      console.log(`equivalence: ${world.name} on ${server.label}, seed ${seed}`);
      const tally = await runField(world, await server.address(), {
        lanes: LANES,
        seed,
        from: first,
        to: first + each,
        server: server.major,
      });
      expect(tally.found).toEqual([]);
      expect(tally.statements).toBe(each);
      // What fails, is refused or gives nothing compares little.
      expect(tally.withRows).toBeGreaterThan(each / 3);
      expect(Object.values(tally.refused).reduce((sum, count) => sum + count, 0)).toBeLessThan(each * 0.15);
      expect(Object.values(tally.skipped).reduce((sum, count) => sum + count, 0)).toBeLessThan(each * 0.05);
    });

    // One version is enough of a short form; the long one asks on both.
    if (server.major !== 18) return;
    test('is answered the same when rows of others come, change and go', async () => {
      const { asked, found } = await runOthers(world, await server.address(), {
        lanes: LANES,
        seed,
        questions: OTHERS,
      });
      expect(found).toEqual([]);
      expect(asked).toBe(OTHERS);
    });
  });
});
