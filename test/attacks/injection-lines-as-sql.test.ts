/** A thousand lines that others collected for injecting SQL, given to the one tool that takes SQL: as the statement, and inside one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { describeWithCorpus } from '../support/corpora.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESK_POLICY } from './support/desk-schema.js';
import { FOREIGN_ROW, injectionLines, linesThatWork } from './support/injection.js';

const POLICY = DESK_POLICY.replace(
  'tools: [describe_schema, query, get, aggregate,',
  'tools: [describe_schema, query, get, aggregate, sql,',
);

/** The line as the whole statement, as a text as it must be written, as one that it may break out of, and as a name. */
function statements(line: string): readonly string[] {
  return [
    line,
    `select id, subject from ticket where subject = '${line.replaceAll("'", "''")}'`,
    `select id, subject from ticket where subject = '${line}'`,
    `select id, subject from ticket where id = ${line}`,
    `select id, subject as "${line}" from ticket order by id`,
  ];
}

describeWithCorpus('injection', 'lines of injection as SQL', () => {
  const lines = injectionLines();

  describeOnServers('through the gate', (server) => {
    let desk: Desk;
    beforeAll(async () => {
      desk = await openDesk(server, POLICY);
    });
    afterAll(() => desk.drop());

    it('work where they become part of a statement', async () => {
      expect((await linesThatWork(desk, lines, 6)).length).toBe(6);
    });

    it('bring up no foreign row, break nothing and change nothing, and each call has its event', {
      timeout: 600_000,
    }, async () => {
      expect(lines.length).toBeGreaterThan(800);
      const before = await desk.designRows();
      const boundary = desk.governed.boundary({ tenant: DENTAL, workspace: 'front-desk' });
      const decisions: Record<string, number> = { allowed: 0, denied: 0, failed: 0 };
      let calls = 0;
      for (const line of lines) {
        const answers = await within(boundary, () =>
          Promise.all(
            statements(line).map((statement) => desk.governed.ringfence.call('sql', { statement })),
          ),
        );
        for (const [at, answer] of answers.entries()) {
          calls++;
          const shown = `${statements(line)[at]} gave ${JSON.stringify(answer)}`;
          expect(JSON.stringify(answer), shown).not.toMatch(FOREIGN_ROW);
          if (answer.decision === 'failed') expect(['internal', 'timeout'], shown).not.toContain(answer.code);
          decisions[answer.decision] = (decisions[answer.decision] ?? 0) + 1;
        }
      }
      expect(await desk.designRows()).toBe(before);
      // Doubled quotes keep a line what it is, whatever it holds.
      expect(decisions.allowed).toBeGreaterThan(lines.length);
      expect(decisions.denied).toBeGreaterThan(lines.length);
      const [events] = await desk.database.query<{ n: number }>(
        "select ((select count(*) from ringfence.event_pending where body::jsonb ->> 'action' = 'sql') + (select count(*) from ringfence.leaf where convert_from(leaf, 'UTF8')::jsonb -> 'event' ->> 'action' = 'sql'))::int as n",
      );
      expect(events?.n).toBe(calls);
      const tables = await desk.database.query(
        "select count(*)::int as n from pg_tables where schemaname = 'public'",
      );
      expect(tables).toEqual([{ n: 14 }]);
    });
  });
});
