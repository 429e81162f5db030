/** A thousand lines that others collected for injecting SQL, in every text of every tool, through the gate. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { within } from '../../src/boundary/propagation.js';
import { describeWithCorpus } from '../support/corpora.js';
import { describeOnServers } from '../support/test-server.js';
import { type Desk, openDesk } from './support/desk.js';
import { DENTAL, DESK_POLICY } from './support/desk-schema.js';
import { FOREIGN_ROW, injectionLines, linesThatWork } from './support/injection.js';

type Call = readonly [tool: string, input: unknown];

/** A call with the line in every place at once where a value may stand, and one for each place where a name may. */
function calls(line: string): readonly Call[] {
  const keyed = { [line]: 'x' };
  const compared = {
    eq: line,
    ne: line,
    prefix: line,
    contains: line,
    in: [line],
    not_in: [line],
    gte: line,
  };
  return [
    [
      'query',
      {
        table: 'ticket',
        where: {
          or: [
            { subject: compared },
            { not: { body: line } },
            { has: { contact: { city: line, email: line } } },
          ],
        },
      },
    ],
    [
      'query',
      {
        table: 'contact',
        include: { ticket: { where: { subject: compared } } },
        where: { badge: { not_in: [line] } },
      },
    ],
    [
      'aggregate',
      { table: 'ticket', metrics: [{ fn: 'count', as: line }], where: { subject: { ne: line } } },
    ],
    ['create', { table: 'memo', values: { body: line }, reason: line }],
    ['update', { table: 'ticket', id: 1, values: { subject: line, body: line }, reason: line }],
    ['get', { table: 'ticket', id: line }],
    ['update', { table: 'account', id: { number: line }, values: { label: line }, reason: line }],
    ['delete', { table: 'coupon', id: line, reason: line }],
    ['query', { table: line }],
    ['query', { table: 'ticket', columns: [line] }],
    ['query', { table: 'ticket', order: [line, `-${line}`], cursor: line }],
    ['query', { table: 'ticket', where: { id: line } }],
    ['query', { table: 'ticket', where: { subject: keyed } }],
    ['query', { table: 'ticket', where: keyed, include: keyed }],
    [
      'aggregate',
      { table: 'ticket', metrics: [{ fn: line, column: line }], group_by: [line], having: keyed },
    ],
    ['describe_schema', { tables: [line] }],
    ['create', { table: 'ticket', values: keyed, reason: line }],
    [line, { [line]: line }],
  ];
}

describeWithCorpus('injection', 'lines of injection', () => {
  const lines = injectionLines();

  describeOnServers('through the gate', (server) => {
    let desk: Desk;
    beforeAll(async () => {
      desk = await openDesk(server, DESK_POLICY);
    });
    afterAll(() => desk.drop());

    it('work where they become part of a statement', async () => {
      const found = await linesThatWork(desk, lines);
      expect(found.length).toBeGreaterThan(5);
    });

    it('bring up no foreign row, break nothing and change nothing of anybody else’s', {
      timeout: 600_000,
    }, async () => {
      expect(lines.length).toBeGreaterThan(800);
      const before = await desk.designRows();
      const boundary = desk.governed.boundary({ tenant: DENTAL, workspace: 'front-desk' });
      const decisions: Record<string, number> = { allowed: 0, denied: 0, failed: 0 };
      for (const line of lines) {
        const answers = await within(boundary, () =>
          Promise.all(calls(line).map(([tool, input]) => desk.governed.ringfence.call(tool, input))),
        );
        for (const [at, answer] of answers.entries()) {
          const shown = `${JSON.stringify(calls(line)[at])} gave ${JSON.stringify(answer)}`;
          expect(JSON.stringify(answer), shown).not.toMatch(FOREIGN_ROW);
          if (answer.decision === 'failed') expect(answer.code, shown).not.toBe('internal');
          decisions[answer.decision] = (decisions[answer.decision] ?? 0) + 1;
        }
      }
      expect(await desk.designRows()).toBe(before);
      expect(decisions.allowed).toBeGreaterThan(lines.length);
      expect(decisions.denied).toBeGreaterThan(lines.length);
      expect(decisions.failed).toBe(0);
      // What was written is what was said, to the letter.
      const [stored] = await desk.database.query<{ n: number }>(
        "select count(distinct body)::int as n from memo where org_id = 'northstar-dental' and id >= 500",
      );
      expect(stored?.n).toBe(lines.length);
      const tables = await desk.database.query(
        "select count(*)::int as n from pg_tables where schemaname = 'public'",
      );
      expect(tables).toEqual([{ n: 14 }]);
    });
  });
});
