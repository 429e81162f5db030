/** What the page on probes says, held against the probes that there are. */
import { expect, it } from 'vitest';
import { PROBES } from '../../src/probes/probe/kinds.js';
import { codeSpans, readPage, section, tableRows } from './support/pages.js';

it('docs/probe.md tells of every probe, in their order', () => {
  const told = tableRows(section(readPage('docs/probe.md'), 'What is tried')).map(
    ([cell = '']) => codeSpans(cell)[0],
  );
  expect(told).toEqual(PROBES.map(({ id }) => id));
});

it('every probe says what to do, and why it may have nothing to try', () => {
  for (const { id, title, advice, none } of PROBES) {
    expect(advice, id).toMatch(/^[A-Z].*\.$/);
    expect(title.length, id).toBeGreaterThan(20);
    expect(none, id).not.toMatch(/\.$/);
  }
  expect(new Set(PROBES.map(({ id }) => id)).size).toBe(PROBES.length);
});
