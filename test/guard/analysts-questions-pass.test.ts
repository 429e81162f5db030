import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { loadParser, parseSelect } from '../../src/guard/parse.js';
import type { GuardSlice } from '../../src/guard/slice.js';
import { corpus, describeWithCorpus } from '../support/corpora.js';
import { passed, sliceOf, verdict } from './support/verdict.js';

beforeAll(loadParser);

/** The names that a statement uses for tables and columns, whatever they mean. */
function names(value: unknown, tables: Set<string>, columns: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [kind, inner] of Object.entries(value)) {
    if (kind === 'RangeVar') tables.add((inner as { relname: string }).relname);
    if (kind === 'ColumnRef') {
      for (const field of (inner as { fields: { String?: { sval: string } }[] }).fields) {
        if (field.String !== undefined) columns.add(field.String.sval);
      }
    }
    names(inner, tables, columns);
  }
}

/** A slice that has everything that the statements name. */
function everything(texts: readonly string[]): GuardSlice {
  const tables = new Set<string>();
  const columns = new Set<string>();
  for (const text of texts) names(parseSelect(text), tables, columns);
  return sliceOf(Object.fromEntries([...tables].map((table) => [table, [...columns]])), { scopeColumns: [] });
}

describeWithCorpus('spider', 'spider’s 1 034 questions', () => {
  const texts = readFileSync(corpus('spider/dev.sql'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('SQL:'))
    .map((line) => line.slice('SQL:'.length).trim());

  it('are read, but for two that are no SQL for PostgreSQL', () => {
    expect(texts.length).toBe(1_034);
    const unread = texts.map((text) => parseSelect(text)).filter((said) => 'code' in said);
    expect(unread.map(({ code }) => code)).toEqual(['sql_invalid', 'sql_invalid']);
  });

  it('pass, all that are read, on every version', () => {
    const read = texts.filter((text) => !('code' in parseSelect(text)));
    const slice = everything(read);
    for (const serverMajor of [15, 18]) {
      const refused = read.flatMap((text) => {
        const said = verdict(text, { ...slice, serverMajor });
        return 'code' in said ? [`${text}: ${said.reason}`] : [];
      });
      expect(refused).toEqual([]);
    }
  });

  it('touch tables that they name, and columns of those', () => {
    const read = texts.filter((text) => !('code' in parseSelect(text)));
    const slice = everything(read);
    for (const text of read) {
      const { touched, tables } = passed(text, slice);
      expect(touched.tables.length).toBeGreaterThan(0);
      expect([...tables.values()].map(({ name }) => name)).toEqual(
        expect.arrayContaining([...touched.tables]),
      );
      for (const column of touched.columns) expect(touched.tables).toContain(column.split('.')[0]);
    }
  });
});
