/** The table of error states in docs/tools.md is what an agent gets. */
import { describe, expect, it } from 'vitest';
import { stateHint } from '../../src/tools/sql-states.js';
import { codeSpans, readPage, section, tableRows } from './support/pages.js';

const rows = tableRows(section(readPage('docs/tools.md'), '`sql`')).filter((cells) => cells.length === 3);

/** The states that a cell names; of a class, one that has no meaning of its own. */
const statesIn = (cell: string): string[] =>
  [...cell.matchAll(/\b(?:class (\w\d)|([0-9A-Z]{2}[0-9A-Z]{3}))\b/g)].map(
    ([, family, state]) => state ?? `${family}ZZZ`,
  );

describe('docs/tools.md', () => {
  it('says which code each error state comes to, before the statement runs and while it runs', () => {
    const told = rows.flatMap(([states = '', before = '', during = '']) =>
      statesIn(states).map((state) => [state, codeSpans(before), codeSpans(during)] as const),
    );
    expect(told.length).toBeGreaterThan(20);
    for (const [state, before, during] of told) {
      const hint = stateHint(state);
      expect([state, before, during]).toEqual([state, [hint?.denied ?? hint?.failed], [hint?.failed]]);
    }
    expect(stateHint('XX000')).toBeUndefined();
  });
});
