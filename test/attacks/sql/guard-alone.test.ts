/** With the executor replaced by a plain one, the guard refuses every attack, or takes what it aims at out of its reach. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../../support/test-server.js';
import { type Attack, betrays, textFor, timeLimitMs } from './support/attack.js';
import { ideas } from './support/collection.js';
import { LayerColumn } from './support/page.js';
import { openPlainExecutor, type PlainExecutor } from './support/plain-executor.js';
import { CANARY } from './support/world-schema.js';

const WORDS = {
  refused: 'refused',
  scoped: 'scoped',
  limited: '*left to the limits',
  outrun: '*left to row security',
} as const;

describeOnServers('the guard alone', (server) => {
  let plain: PlainExecutor;
  beforeAll(async () => {
    plain = await openPlainExecutor(server);
  });
  afterAll(() => plain.drop());

  const judged = async (attack: Attack): Promise<readonly string[]> => {
    const text = textFor(attack, 'guard');
    const verdict = plain.guard.judge(text, plain.slice);
    // What the guard remembers of a shape must not make it kinder.
    expect(plain.guard.judge(text, plain.slice), attack.name).toEqual(verdict);
    const there = (attack.since ?? 0) <= server.major;
    const expected = there ? (attack.guard ?? 'refused') : 'refused';
    if ('rule' in verdict) {
      const told = JSON.stringify(verdict);
      return [
        ...(expected === 'refused' ? [] : [`refused: ${told}`]),
        ...(CANARY.test(told) ? [`a canary: ${told}`] : []),
      ];
    }
    const answer = await plain.run(verdict.text, timeLimitMs(attack));
    if (expected === 'refused') return [`let through: ${answer.said}`];
    if (expected === 'outrun') return betrays(attack, answer) ? [] : [`not outrun: ${answer.said}`];
    return [
      ...(CANARY.test(answer.said) ? [`a canary: ${answer.said}`] : []),
      ...(betrays(attack, answer) ? [`what the raw path shows: ${answer.said}`] : []),
    ];
  };

  it('stands before an executor that would give out everybody’s rows', async () => {
    const { said } = await plain.run('select body from slice_support.ticket');
    expect(said).toContain('Three new seats zephyr');
  });

  it('lets an honest question through', async () => {
    const verdict = plain.guard.judge('select body from ticket order by id', plain.slice);
    if ('rule' in verdict) throw new Error(JSON.stringify(verdict));
    const { said } = await plain.run(verdict.text);
    expect(said).toContain('We asked on Monday');
    expect(said).not.toMatch(CANARY);
  });

  const column = new LayerColumn('guard');

  for (const idea of ideas) {
    it(`holds ${idea.name}: ${idea.about}`, async () => {
      const failed: string[] = [];
      for (const attack of idea.attacks) {
        for (const what of await judged(attack)) failed.push(`${attack.name}: ${what.slice(0, 300)}`);
        column.add(idea, WORDS[attack.guard ?? 'refused']);
      }
      expect(failed).toEqual([]);
    });
  }

  it('is what the threat model says', () => column.expectOnPage());
});
