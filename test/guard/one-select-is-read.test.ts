import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LEVELS } from '../../src/guard/nesting.js';
import { loadParser, parseSelect, TEXT_BYTES } from '../../src/guard/parse.js';
import { denial, passed } from './support/verdict.js';

beforeAll(loadParser);

/** Nests a statement `n` levels deep, each in its own way. */
const NESTED: Readonly<Record<string, (n: number) => string>> = {
  sums: (n) => `select ${'1+'.repeat(n)}1`,
  signs: (n) => `select ${'+ - '.repeat(n / 2)}1`,
  nots: (n) => `select ${'not '.repeat(n)}true`,
  cases: (n) => `select ${'case when true then '.repeat(n)}1${' end'.repeat(n)}`,
  'else cases': (n) => `select ${'case when a and b or c then 1 else '.repeat(n)}1${' end'.repeat(n)}`,
  'subqueries of results': (n) => `select ${'(select '.repeat(n)}1${')'.repeat(n)}`,
  'subqueries in FROM': (n) => `select 1 from ${'(select 1 from '.repeat(n)}customer${') x'.repeat(n)}`,
  'subqueries of conditions': (n) =>
    `select 1 where ${'exists (select 1 where '.repeat(n)}true${')'.repeat(n)}`,
  'common tables': (n) => `${'with a as ('.repeat(n)}select 1${') select 1'.repeat(n)}`,
  unions: (n) => `select 1 ${'union select 1 '.repeat(n)}`,
  arrays: (n) => `select array${'['.repeat(n)}1${']'.repeat(n)}`,
  casts: (n) => `select 1${'::text'.repeat(n)}`,
  calls: (n) => `select ${'abs('.repeat(n)}1${')'.repeat(n)}`,
  rows: (n) => `select ${'(1,'.repeat(n)}1${')'.repeat(n)}`,
  tests: (n) => `select 1${' is null'.repeat(n)}`,
  collations: (n) => `select 'a'${' collate "C"'.repeat(n)}`,
  zones: (n) => `select now()${" at time zone 'utc'".repeat(n)}`,
  joins: (n) => `select 1 from customer${' cross join customer'.repeat(n)}`,
  'joins in parentheses': (n) => `select 1 from ${'('.repeat(n)}customer${' cross join customer)'.repeat(n)}`,
  keys: (n) => `select details${"->'a'".repeat(n)} from invoice`,
  powers: (n) => `select ${'2^'.repeat(n)}2`,
};
/** Parentheses that leave nothing behind in the tree. */
const FLAT: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `select ${'('.repeat(n)}1${')'.repeat(n)}`,
  'parentheses around the statement': (n) => `${'('.repeat(n)}select 1${')'.repeat(n)}`,
  conditions: (n) => `select 1 where ${'true and '.repeat(n)}true`,
};

/** The longest that still fits. */
function longest(nested: (n: number) => string): string {
  let [fits, tooLong] = [2, TEXT_BYTES];
  while (tooLong - fits > 2) {
    const middle = Math.floor((fits + tooLong) / 4) * 2;
    if (Buffer.byteLength(nested(middle)) <= TEXT_BYTES) fits = middle;
    else tooLong = middle;
  }
  return nested(fits);
}

describe('nesting', () => {
  it.each(Object.entries(NESTED))('of %s is bounded, at every depth', (_, nested) => {
    for (const n of [16, 60, 200, 400, 700, 1_000, 1_400, 2_000, 4_000]) {
      const said = denial(nested(n));
      expect([n, said?.code ?? 'passed']).toEqual([
        n,
        expect.stringMatching(/^(passed|limit_exceeded|join_too_deep)$/),
      ]);
      expect([n, said?.rule]).not.toEqual([n, 'sql.parser']);
      if (n > LEVELS) expect([n, said?.code]).toEqual([n, 'limit_exceeded']);
    }
    expect(denial(longest(nested))).toMatchObject({ code: 'limit_exceeded' });
    expect(denial('select 1')).toBeUndefined();
  });

  it.each(Object.entries(FLAT))('of %s does no harm', (_, nested) => {
    for (const n of [16, 60, 300]) expect([n, denial(nested(n))]).toEqual([n, undefined]);
    for (const text of [nested(700), longest(nested)]) expect(denial(text)?.rule).not.toBe('sql.parser');
  });

  it('counts what is nested, not how much there is', () => {
    const columns = Array.from(
      { length: 300 },
      (_, n) => `sum(case when total > ${n} and status = 'paid' then -total else 0 end) as c${n}`,
    );
    const text = `select ${columns.slice(0, 150).join(', ')} from invoice`;
    expect(Buffer.byteLength(text)).toBeGreaterThan(9_000);
    expect(denial(text)).toBeUndefined();
    const conditions = Array.from({ length: 300 }, (_, n) => `(total > ${n} or status like 'x${n}%')`);
    expect(denial(`select id from invoice where ${conditions.join(' and ')}`)).toBeUndefined();
    const values = Array.from({ length: 900 }, (_, n) => `(-${n}, 'v''${n}')`);
    expect(denial(`select * from (values ${values.join(', ')}) v(a, b)`)).toBeUndefined();
  });

  it('is not mistaken for what stands in texts, names and comments', () => {
    const brackets = '([case '.repeat(400);
    expect(
      denial(`select '${brackets}' as "${'('.repeat(50)}" -- ${brackets}\n /* ${brackets} */`),
    ).toBeUndefined();
    expect(denial(`select '\u0001\u0002${brackets}' from customer where name <> '\u001f'`)).toBeUndefined();
    const closed = `select ${"(')' || ".repeat(900)}1${')'.repeat(900)}`;
    expect(denial(closed)).toMatchObject({ code: 'limit_exceeded', rule: 'sql.nesting' });
  });
});

describe('a text', () => {
  it('may be of any characters, and is measured in bytes', () => {
    expect(denial(`select '${'é'.repeat(8_000)}' as "café ☕"`)).toBeUndefined();
    expect(denial(`select '${'é'.repeat(8_200)}'`)).toMatchObject({
      code: 'limit_exceeded',
      rule: 'sql.length',
    });
    expect(denial(`select '${'x'.repeat(1_000_000)}'`)).toMatchObject({
      code: 'limit_exceeded',
      rule: 'sql.length',
    });
  });

  it('that keeps the scanner busy is refused before it is read', () => {
    const run = '+-'.repeat(8_000);
    for (const text of [`select ${run}1`, `select 'x' ${run}`, `select 1 -- ${run}`]) {
      expect(denial(text)).toMatchObject({ code: 'limit_exceeded', rule: 'sql.text' });
    }
    expect(denial(`select 1 -- ${'-'.repeat(120)}\n /* ${'*'.repeat(120)} */`)).toBeUndefined();
  });

  it('that is none is refused', () => {
    for (const text of [undefined, null, 1, {}, ['select 1']]) {
      expect(parseSelect(text as unknown as string)).toMatchObject({ code: 'sql_invalid', rule: 'sql.text' });
    }
  });

  it.each([
    ['select 1;', 'with one semicolon'],
    ['  \n\t select 1 ; ; -- the end', 'with space and a comment'],
    ['/* a /* nested */ comment */ select 1', 'after a comment'],
    ['values (1, 2), (3, 4)', 'of values'],
    ['table customer', 'TABLE'],
    ['(select 1) union all (select 2)', 'in parentheses'],
    ['with x as (select 1) select * from x', 'WITH'],
    ['SELECT Id FROM Customer', 'in capitals'],
    ['select U&"\\0069d" from U&"\\0063ustomer"', 'with escaped names'],
  ])('%j is one SELECT: %s', (text) => {
    expect(denial(text)).toBeUndefined();
  });
});

describe('a refusal says where', () => {
  it.each([
    ['select pg_sleep(1)', 'line 1, column 8'],
    ["select 'ééé ☕ 𝒳',\n  pg_sleep(1)", 'line 2, column 3'],
    ["select 'ééé ☕ 𝒳', pg_sleep(1)", 'line 1, column 19'],
    ["select 'ééé ☕ 𝒳' fro m x y", 'line 1, column 22'],
    ['select 1;\n\n  delete from customer', 'line 3, column 3'],
    ['\n/* first */ delete from customer', 'line 2, column 1'],
    ['select *\nfrom nowhere', 'line 2, column 6'],
    ['select id::regclass from customer', 'line 1, column 12'],
    ['select * from customer c where c.nothing = 1', 'line 1, column 32'],
    ['select * from customer for update', 'line 1, column 8'],
    ['select id\r\nfrom customer\r\nwhere', 'line 3, column 6'],
  ])('%j: %s', (text, place) => {
    expect(denial(text)?.reason).toContain(place);
  });

  it('and repeats a long word of the statement cut short', () => {
    const said = denial(`select 1 from x y "${'z'.repeat(5_000)}" q`);
    expect(said).toMatchObject({ code: 'sql_invalid', rule: 'sql.syntax' });
    expect(said?.reason.length).toBeLessThan(300);
    expect(denial(`select ${'z'.repeat(5_000)}(1)`)?.reason.length).toBeLessThan(200);
  });
});

describe('a statement of another kind', () => {
  it.each([
    ['delete from customer', 'DELETE'],
    ['set role postgres', 'SET or RESET'],
    ['create role x', 'CREATE ROLE'],
    ['alter system set work_mem = 1', 'ALTER SYSTEM'],
    ['begin', 'transaction control'],
    ['explain select 1', 'EXPLAIN'],
    ['create table x as select 1', 'CREATE TABLE AS'],
    ['drop owned by x', 'DROP OWNED'],
    ['do $$ $$', 'DO'],
  ])('%s is called %s', (text, kind) => {
    expect(denial(text)?.reason).toBe(`A statement other than SELECT (${kind}) begins at line 1, column 1.`);
  });
});

describe('a parser that failed in itself', () => {
  const require = createRequire(import.meta.url);
  const module = require('libpg-query') as { parseSync: (text: string) => unknown };
  const { parseSync } = module;
  afterAll(() => {
    module.parseSync = parseSync;
  });

  it.each([
    ['RangeError', () => new RangeError('Maximum call stack size exceeded')],
    ['RuntimeError', () => Object.assign(new Error('memory access out of bounds'), { name: 'RuntimeError' })],
    ['Error', () => new Error('Failed to parse query: memory allocation failed')],
    ['SyntaxError', () => new SyntaxError('Unexpected end of JSON input')],
  ])('with a %s is not asked again, and another takes its place', async (_, error) => {
    await loadParser();
    const current = require('libpg-query') as typeof module;
    const broken = vi.fn(() => {
      throw error();
    });
    current.parseSync = broken;
    expect(parseSelect('select 1')).toMatchObject({ code: 'sql_invalid', rule: 'sql.parser' });
    expect(parseSelect('select 1')).toMatchObject({ code: 'sql_invalid', rule: 'sql.parser' });
    expect(broken).toHaveBeenCalledTimes(1);
    await loadParser();
    expect(passed('select id from customer').touched.tables).toEqual(['customer']);
    expect(broken).toHaveBeenCalledTimes(1);
  });
});
