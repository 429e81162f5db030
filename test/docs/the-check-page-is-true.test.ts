/** docs/check.md lists every rule as the code has it, in its order, and its allow-list is read. */
import { describe, expect, it } from 'vitest';
import { readAllowList } from '../../src/probes/check/allow.js';
import { SEVERITIES } from '../../src/probes/check/finding.js';
import { RULES } from '../../src/probes/check/rules.js';
import { blocksOf, readPage, section, tableRows } from './support/pages.js';

const page = readPage('docs/check.md');

describe('docs/check.md', () => {
  it('lists every rule with its title, severities and reason', () => {
    const told = tableRows(section(page, 'The rules')).map(([id = '', title, severities, why]) => ({
      id: id.replaceAll('`', ''),
      title,
      severities,
      why,
    }));
    expect(told).toEqual(
      RULES.map(({ id, title, severities, why }) => ({
        id,
        title,
        severities: severities.join(', ') || '–',
        why,
      })),
    );
  });

  it('shows an allow-list that is accepted', () => {
    const [block] = blocksOf([page], ['yaml']);
    expect(
      readAllowList(block?.text ?? '', 'docs/check.md', new Set(RULES.map(({ id }) => id))),
    ).toHaveLength(1);
  });
});

describe('the rules', () => {
  it('have ids of their own, of an area and a thing', () => {
    const ids = RULES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(_[a-z0-9]+)*\.[a-z0-9]+(_[a-z0-9]+)*$/);
  });

  it('name their severities from the worst', () => {
    for (const { id, severities } of RULES) {
      expect(
        [...severities].sort((a, b) => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b)),
        id,
      ).toEqual(severities);
    }
  });
});
