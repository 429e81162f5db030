/**
 * PostgreSQL’s own regression suite as an agent: each of its statements straight into the executor, and through the tool. Nothing but a
 * SELECT runs, nothing breaks, nothing is left behind, and no event is lost.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
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

describeWithCorpus(FOLDER, 'the regression suite', () => {
  const scripts = readdirSync(corpus(FOLDER))
    .filter((name) => name.endsWith('.sql'))
    .sort();
  beforeAll(() => loadModule());

  describeOnServers('of PostgreSQL', (server) => {
    let world: GovernedWorld;
    beforeAll(async () => {
      world = await openGovernedWorld(server);
      await runContained(world, 'select 1', 2_000);
    });
    afterAll(() => world.drop());

    it('runs as nothing but SELECTs, and leaves nothing behind', { timeout: 3_600_000 }, async () => {
      const settled = (await world.session()).lines;
      let { world: state, events } = await world.traces();
      const failed: string[] = [];
      const counts = {
        statements: 0,
        executed: 0,
        refused: 0,
        verdicts: 0,
        allowed: 0,
        denied: 0,
        failed: 0,
      };
      for (const script of scripts) {
        const statements = splitScript(readFileSync(corpus(`${FOLDER}/${script}`), 'utf8'));
        for (const [at, text] of statements.entries()) {
          const shown = `${script}[${at}] ${text.slice(0, 200)}`;
          const contained = await runContained(world, text, 100);
          events += contained.events;
          counts.statements += 1;
          if (contained.executed.kind === 'rows') {
            counts.executed += 1;
            if (!isSelect(text)) failed.push(`executed: ${shown}`);
          } else if (contained.executed.kind === 'error') counts.refused += 1;
          else {
            counts.verdicts += 1;
            appendFileSync('/tmp/regress.log', `${server.major} verdict ${contained.said} :: ${shown}\n`);
          }
          const { decision, said } = await callSql(world, text);
          events += 1;
          counts[decision.decision as 'allowed' | 'denied' | 'failed'] += 1;
          if (decision.decision === 'allowed' && !isSelect(text)) failed.push(`allowed: ${shown}`);
          if ('code' in decision && decision.code === 'internal') {
            failed.push(`internal: ${shown}`);
            appendFileSync(
              '/tmp/regress.log',
              `${server.major} internal ${JSON.stringify(decision)} :: ${shown}\n`,
            );
          }
          if (CANARY.test(said) && !CANARY.test(text)) failed.push(`a canary: ${shown}`);
          if (CANARY.test(contained.said) && !CANARY.test(text)) {
            appendFileSync(
              '/tmp/regress.log',
              `${server.major} canary ${contained.said.slice(0, 300)} :: ${shown}\n`,
            );
          }
        }
        const after = await world.traces();
        if (after.world !== state) failed.push(`${script}: the world changed`);
        if (after.events !== events) failed.push(`${script}: ${after.events} events in place of ${events}`);
        if (after.locks !== 0 || !after.bystander) failed.push(`${script}: another session is affected`);
        state = after.world;
        events = after.events;
      }
      await runContained(world, 'select 1', 2_000);
      const now = (await world.session()).lines;
      expect(now.filter((line) => !settled.includes(line))).toEqual([]);
      expect(world.heard).toEqual([]);
      appendFileSync('/tmp/regress.log', `${server.major} ${JSON.stringify(counts)}\n${failed.join('\n')}\n`);
      expect(failed).toEqual([]);
      expect(counts.statements).toBeGreaterThan(10_000);
      expect(counts.executed).toBeGreaterThan(1_000);
      const verified = await world.verify();
      expect(verified.broken).toEqual([]);
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
