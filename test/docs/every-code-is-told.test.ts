/** No code that a program or an agent can get is missing from the pages, and none is told of that does not exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeFor } from '../../src/cli/exit-code.js';
import type { ErrorCode } from '../../src/errors.js';
import { STATUSES } from '../../src/http/problem.js';
import { help } from './support/help.js';
import { allPages, checkout, codeSpans, readPage, section, tableRows } from './support/pages.js';

const errors = readFileSync(join(checkout, 'src/errors.ts'), 'utf8');

/** The members of a union of literals in `src/errors.ts`. */
function members(union: string): string[] {
  const [, body = ''] = new RegExp(`export type ${union} =([^;]*);`).exec(errors) ?? [];
  const found = [...body.matchAll(/'([a-z_]+)'/g)].map(([, code = '']) => code);
  expect(found.length).toBeGreaterThan(3);
  return found.sort();
}

const firstCells = (prose: string): string[] =>
  tableRows(prose)
    .flatMap(([cell = '']) => codeSpans(cell))
    .sort();

describe('docs/tools.md', () => {
  const page = readPage('docs/tools.md');
  it('tells of every refusal, and what to do', () => {
    expect(firstCells(section(page, 'Refusals'))).toEqual(members('DenialCode'));
  });
  it('tells of every failure, and what to do', () => {
    expect(firstCells(section(page, 'Failures'))).toEqual(members('FailureCode'));
  });
});

describe('docs/http.md', () => {
  it('tells of every code and its status, as the code has it', () => {
    const told = tableRows(section(readPage('docs/http.md'), 'Status codes')).flatMap(
      ([codes = '', status = '']) => codeSpans(codes).map((code) => [code, Number(status)] as const),
    );
    expect(Object.fromEntries(told)).toEqual(STATUSES);
    expect(told.length).toBe(new Set(told.map(([code]) => code)).size);
    for (const code of [...members('DenialCode'), ...members('FailureCode')])
      expect(STATUSES).toHaveProperty(code);
  });
});

describe('docs/cli.md', () => {
  const rows = tableRows(section(readPage('docs/cli.md'), 'Exit codes'));
  it('has the table of exit codes that the program has', async () => {
    const [, printed = ''] = (await help()).split('Exit codes:\n');
    const known = [...printed.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(known.length).toBeGreaterThan(10);
    expect(rows.filter(([, text = '']) => codeSpans(text).length === 0)).toEqual(known);
  });
  it('says of every thrown code which exit code it ends in', () => {
    const told = rows.flatMap(([exit = '', text = '']) =>
      codeSpans(text).map((code) => [code, Number(exit)] as const),
    );
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(members('ErrorCode').map((code) => [code, exitCodeFor(code as ErrorCode)])),
    );
  });
});

describe('every page', () => {
  it('uses no code that does not exist where a code is meant', () => {
    const known = new Set(['ErrorCode', 'DenialCode', 'FailureCode'].flatMap(members));
    const prefixes = /^(boundary|token|membership|policy|database|ledger|plan|cursor|unknown)_[a-z_]+$/;
    const elsewhere = new Set(['policy_hash', 'ledger_key']);
    const unknown = allPages().flatMap(({ path, prose }) =>
      codeSpans(prose.join('\n'))
        .filter((code) => prefixes.test(code) && !known.has(code) && !elsewhere.has(code))
        .map((code) => `${path}: ${code}`),
    );
    expect(unknown).toEqual([]);
  });
});
