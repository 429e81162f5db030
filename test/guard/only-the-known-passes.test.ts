import fc from 'fast-check';
import { parseSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Denial } from '../../src/errors.js';
import { judge } from '../../src/guard/judge.js';
import { loadParser, parseSelect } from '../../src/guard/parse.js';
import { REFUSED } from './support/refused.js';
import { STATEMENTS } from './support/statements.js';
import { denial, shop, verdict } from './support/verdict.js';

beforeAll(loadParser);

type Tree = { [field: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All objects of a tree. */
function objects(value: unknown): Tree[] {
  if (Array.isArray(value)) return value.flatMap(objects);
  return isTree(value) ? [value, ...Object.values(value).flatMap(objects)] : [];
}

/** Judges a tree, whatever it is. */
const judged = (select: Tree): Denial | object => judge(select, shop, 'select 1');

function read(text: string): Tree {
  const parsed = parseSelect(text);
  if ('code' in parsed) throw new Error(text);
  return parsed.select as Tree;
}

describe('what agents write', () => {
  it.each(STATEMENTS)('passes: %s', (text) => {
    expect(denial(text)).toBeUndefined();
  });
});

describe('in a tree', () => {
  it.each(STATEMENTS)('a field that is not known is refused, wherever it is: %s', (text) => {
    const tree = read(text);
    const all = objects(tree);
    for (const object of all) {
      for (const field of ['somethingNew', '__proto__x', 'toString', 'hasOwnProperty']) {
        object[field] = true;
        const said = judged(tree);
        delete object[field];
        if (!('code' in said)) expect.fail(`${field} passes in ${JSON.stringify(object).slice(0, 200)}`);
      }
    }
    expect('code' in judged(tree)).toBe(false);
  });

  it.each(STATEMENTS)('a node of another kind is refused, wherever it is: %s', (text) => {
    const tree = read(text);
    const wrappers = objects(tree).filter((object) => /^[A-Z]/.test(Object.keys(object)[0] ?? ''));
    for (const wrapper of wrappers) {
      const [kind = ''] = Object.keys(wrapper);
      const inner = wrapper[kind];
      for (const other of ['FuncExpr', 'XmlExpr', 'ParamRef', 'DeleteStmt', 'SomethingNew']) {
        delete wrapper[kind];
        wrapper[other] = inner;
        const said = judged(tree);
        delete wrapper[other];
        wrapper[kind] = inner;
        expect([kind, other, 'code' in said]).toEqual([kind, other, true]);
      }
    }
  });

  it('that somebody made up, nothing throws', () => {
    const kind = fc.constantFrom(
      'SelectStmt',
      'ColumnRef',
      'RangeVar',
      'FuncCall',
      'A_Const',
      'ResTarget',
      'List',
      'SubLink',
      'TypeCast',
    );
    const field = fc.constantFrom(
      'targetList',
      'fromClause',
      'val',
      'args',
      'fields',
      'funcname',
      'relname',
      'larg',
      'rarg',
      'withClause',
      'typeName',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('x', 1, true, 'SETOP_UNION'),
        fc.dictionary(fc.oneof(kind, field), tie('tree'), { maxKeys: 2 }),
        fc.array(tie('tree'), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(field, tree, { maxKeys: 3 }), (select) => {
        try {
          judged(select as Tree);
        } catch (error) {
          // The parser never gives such trees: what is not an object where one has to be may end in a TypeError, and in no verdict.
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('text', () => {
  const WORDS =
    `select from where group by order having limit with recursive as materialized union all except intersect join on using lateral
     values in exists any case when then else end not and or is null true distinct over partition rows between current_user table
     customer invoice c id name total pg_class organization_id xmin count sum unnest generate_series current_setting pg_sleep now
     ( ) ( ) , , . ; * + - / < > = || :: [ ] : 1 0 'x' "y" $1 $$ -- /* */ e'\\' u&' int text regclass xml \n`.split(
      / +/,
    );
  const units = fc.array(fc.nat(0xffff), { maxLength: 400 }).map((codes) => String.fromCharCode(...codes));
  const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 300 }).map((words) => words.join(' '));
  const corpus = [
    ...STATEMENTS,
    ...Object.values(REFUSED).flatMap((refused) => refused.map(({ text }) => text)),
  ];
  const mutated = fc
    .record({
      text: fc.constantFrom(...corpus),
      other: fc.constantFrom(...corpus),
      cuts: fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(12),
          fc.oneof(fc.constantFrom(...WORDS), units),
        ),
        {
          maxLength: 4,
        },
      ),
      join: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ text, other, cuts, join }) => {
      let changed =
        text.slice(0, Math.ceil(text.length * join)) + other.slice(Math.floor(other.length * join));
      for (const [at, length, insert] of cuts) {
        const start = Math.floor(at * changed.length);
        changed = changed.slice(0, start) + insert + changed.slice(start + length);
      }
      return changed;
    });
  const nested = fc
    .tuple(
      fc.constantFrom(
        '(',
        '[',
        'not ',
        '-',
        '+',
        'case when ',
        '(select ',
        'array[',
        'f(',
        '((',
        'with a as (',
        "'",
        '"',
        '/*',
        '$a$',
      ),
      fc.nat(20_000),
    )
    .map(([opening, n]) => `select ${opening.repeat(n)}`.slice(0, 20_000));

  it.each([
    ['any code units', units, 1_000],
    ['a soup of words', soup, 1_000],
    ['mutated statements', mutated, 2_000],
    ['deep and broken', nested, 150],
  ])('of %s is refused with a reason or is one SELECT, and nothing throws', (_, texts, numRuns) => {
    fc.assert(
      fc.property(texts, (text) => {
        const said = verdict(text);
        if ('code' in said) {
          expect(said.reason.length).toBeGreaterThan(10);
          expect(said.rule).not.toBe('sql.parser');
          return;
        }
        const { stmts = [] } = parseSync(text);
        expect(stmts.map(({ stmt }) => Object.keys(stmt ?? {}))).toEqual([['SelectStmt']]);
      }),
      { numRuns },
    );
  });
});
