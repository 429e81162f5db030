/**
 * PostgreSQL’s own regression suite as an agent: each of its statements straight into the executor, and through the tool. Nothing but a
 * SELECT runs, nothing breaks, nothing is left behind, and no event is lost.
 *
 * Put `src/test/regress/sql/*.sql` of PostgreSQL’s sources into the folder `postgres-regress` of the corpora.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { loadModule, parseSync } from 'libpg-query';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { corpus, describeWithCorpus } from '../../support/corpora.js';
import { describeOnServers } from '../../support/test-server.js';
import { runContained } from './support/executor-alone.js';
import { type GovernedWorld, openGovernedWorld } from './support/governed-world.js';
import { splitScript } from './support/split-script.js';
import { callSql } from './support/whole-path.js';
import { CANARY } from './support/world-schema.js';

const FOLDER = 'postgres-regress';
const HARMLESS = 'select body from slice_support.ticket';

describeWithCorpus(FOLDER, 'the regression suite', () => {
  beforeAll(() => loadModule());

  describeOnServers('of PostgreSQL', (server) => {
    let world: GovernedWorld;
    let settled: readonly string[];
    const ran = { contained: 0, answered: 0, statements: 0 };
    beforeAll(async () => {
      world = await openGovernedWorld(server);
      await runContained(world, HARMLESS, 2_000);
      settled = (await world.session()).lines;
    });
    afterAll(() => world.drop());

    /** Runs one statement both ways; gives what is wrong, and how many events there must be more. */
    const run = async (text: string): Promise<{ wrong: readonly string[]; events: number }> => {
      const contained = await runContained(world, text, 100);
      const { decision, said } = await callSql(world, text);
      const select = isSelect(text);
      const executed = contained.executed.kind === 'rows';
      ran.statements += 1;
      if (executed) ran.contained += 1;
      if (decision.decision === 'allowed') ran.answered += 1;
      const named = CANARY.test(text);
      return {
        events: contained.events + 1,
        wrong: [
          ...(executed && !select ? ['the executor ran it'] : []),
          ...(decision.decision === 'allowed' && !select ? ['it was allowed'] : []),
          ...('code' in decision && decision.code === 'internal' ? ['an error that nobody foresaw'] : []),
          ...(CANARY.test(said) && !named ? ['a canary'] : []),
        ],
      };
    };

    it('runs as nothing but SELECTs, and leaves nothing behind', { timeout: 3_600_000 }, async () => {
      const scripts = readdirSync(corpus(FOLDER)).filter((name) => name.endsWith('.sql'));
      const failed: string[] = [];
      let before = await world.traces();
      for (const script of scripts.sort()) {
        let { events } = before;
        for (const text of splitScript(readFileSync(corpus(`${FOLDER}/${script}`), 'utf8'))) {
          const { wrong, events: more } = await run(text);
          events += more;
          for (const what of wrong) failed.push(`${script}: ${what}: ${text.slice(0, 200)}`);
        }
        const after = await world.traces();
        expect(after, script).toEqual({ ...before, events, locks: 0, bystander: true });
        before = after;
      }
      expect(failed).toEqual([]);
      expect(world.heard).toEqual([]);
      expect(ran.statements).toBeGreaterThan(20_000);
      expect(ran.contained).toBeGreaterThan(1_000);
      expect(ran.answered).toBeGreaterThan(1_000);
      await runContained(world, HARMLESS, 2_000);
      expect((await world.session()).lines.filter((line) => !settled.includes(line))).toEqual([]);
      expect((await world.verify()).broken).toEqual([]);
    });
  });
});

/** One statement, and that a query. */
function isSelect(text: string): boolean {
  try {
    const { stmts = [] } = parseSync(text) as { stmts?: readonly { readonly stmt?: object }[] };
    const [only] = stmts;
    return stmts.length === 1 && only?.stmt !== undefined && 'SelectStmt' in only.stmt;
  } catch {
    return false;
  }
}
