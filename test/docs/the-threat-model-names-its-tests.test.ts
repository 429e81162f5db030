/** The page on threats: each promise names the tests that hold it, and they are there; each known limitation has its severity. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout } from './support/pages.js';

const page = readFileSync(join(checkout, 'docs/threat-model.md'), 'utf8');

/** The cells of each row of the table under a heading. */
function table(heading: string): readonly (readonly string[])[] {
  const [, under = ''] = page.split(`\n## ${heading}\n`);
  const [section = ''] = under.split(/\n##? /);
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const tests = (text: string): readonly string[] =>
  [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);

describe('the threat model', () => {
  it('names for each promise at least one test', () => {
    const promises = table('The promises');
    expect(promises.length).toBeGreaterThan(15);
    expect(promises.filter(([, , held = '']) => tests(held).length === 0)).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = [...new Set(tests(page))];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(checkout, path)))).toEqual([]);
  });

  it.each([
    ['OWASP, LLM applications 2025', 'LLM'],
    ['OWASP, agentic applications 2026', 'ASI'],
  ])('goes through %s, one by one', (heading, letters) => {
    const ids = table(heading).map(([risk = '']) => risk.split(' ')[0]);
    expect(ids).toEqual(
      Array.from({ length: 10 }, (_, at) => `${letters}${String(at + 1).padStart(2, '0')}`),
    );
  });

  it('leaves no limitation without a severity', () => {
    const text = readFileSync(join(checkout, 'KNOWN_LIMITATIONS.md'), 'utf8');
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(['High', 'Medium', 'Low']);
    const [preface = ''] = text.split(/^## /m);
    expect(preface).not.toMatch(/^- /m);
  });
});
