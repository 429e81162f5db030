/** The text is parsed again before it is sent. Trees that would come out as something else end there, whatever let them through before. */
import type { Node, SelectStmt } from 'libpg-query';
import { describe, expect, it } from 'vitest';
import type { Judged } from '../../src/guard/judged.js';
import { lift } from '../../src/guard/lift.js';
import { loadParser, parseSelect, readBack } from '../../src/guard/parse.js';
import { sameTree } from '../../src/guard/same-tree.js';
import { scope, scopedText } from '../../src/guard/scope.js';
import { fill, write } from '../../src/guard/write.js';
import { shopSlice } from './support/shop.js';

await loadParser();

function parsed(text: string): SelectStmt {
  const result = parseSelect(text);
  if ('rule' in result) throw new Error(result.reason);
  return result.select;
}

/** As a judge would hand it on that let everything through. */
function unjudged(select: SelectStmt): Judged {
  return {
    select,
    tables: new Map(),
    functions: new Map(),
    types: new Map(),
    touched: { tables: [], columns: [] },
    cacheable: false,
  };
}

const REFUSED = { code: 'sql_refused', rule: 'sql.rewrite' };
const text = (sval: string): Node => ({ String: { sval } });
const selecting = (val: Node, more: Partial<SelectStmt> = {}): SelectStmt => ({
  ...parsed('select 1'),
  targetList: [{ ResTarget: { val } }],
  ...more,
});
const one: Node = { A_Const: { ival: { ival: 1 } } };

describe('a tree', () => {
  it.each<[string, SelectStmt]>([
    [
      'an operator that goes on',
      selecting({
        A_Expr: { kind: 'AEXPR_OP', name: [text('+ 1; drop table x; --')], lexpr: one, rexpr: one },
      }),
    ],
    [
      'an operator that is a comment',
      selecting({ A_Expr: { kind: 'AEXPR_OP', name: [text('--')], lexpr: one, rexpr: one } }),
    ],
    ['a number that goes on', selecting({ A_Const: { fval: { fval: '1; select 2' } } })],
    ['a number that is a call', selecting({ A_Const: { fval: { fval: 'pg_sleep(1)' } } })],
    ['bits that end too soon', selecting({ A_Const: { bsval: { bsval: "b1' or true --" } } })],
    ['an integer that is none', selecting({ A_Const: { ival: { ival: 1.5 } } })],
    ['a text with half a character', selecting({ A_Const: { sval: { sval: '\ud800' } } })],
    ['a text with a NUL', selecting({ A_Const: { sval: { sval: 'a\0b' } } })],
    ['a name with a NUL', selecting({ ColumnRef: { fields: [text('a\0b')] } })],
    ['a name that is too long', selecting({ ColumnRef: { fields: [text('a'.repeat(64))] } })],
    ['a name that is empty', selecting({ ColumnRef: { fields: [text('')] } })],
    ['an XML table', parsed("select * from xmltable('/a' passing b columns c int)")],
    ['ONLY', parsed('select * from only t')],
    ['a kind that nobody knows', selecting({ Unknown: {} } as unknown as Node)],
    [
      'a join of no kind',
      selecting(one, {
        fromClause: [
          {
            JoinExpr: {
              jointype: 'JOIN_SEMI',
              larg: { RangeVar: { relname: 'a', inh: true } },
              rarg: { RangeVar: { relname: 'b', inh: true } },
            },
          },
        ],
      }),
    ],
    [
      'a window that goes on',
      selecting({
        FuncCall: {
          funcname: [text('f')],
          over: { frameOptions: 0x1 | 0x4 | 0x800, startOffset: { A_Const: { fval: { fval: '1) --' } } } },
        },
      }),
    ],
    [
      'a type modifier that goes on',
      selecting({
        TypeCast: {
          arg: one,
          typeName: {
            names: [text('numeric')],
            typmods: [{ A_Const: { fval: { fval: '5) + (1' } } }],
            typemod: -1,
          },
        },
      }),
    ],
    ['a function of no name', selecting({ FuncCall: { funcname: [] } })],
  ])('with %s is refused', (_, select) => {
    expect(write(unjudged(select), lift(select))).toMatchObject(REFUSED);
  });

  it.each([
    'select "a; drop table x; --", "b""c" as "d\ne", \'; --\' as "/*" from "x"" y" as "*/"',
    'with "w; --" as (select 1) select * from "w; --"',
    'select f("n => 1" => 2) over "o) --", 1 from t window "o) --" as (partition by "p)")',
    'select * from (a join b using ("u) --") as "v) --") as "j) --" ("c) --")',
    'select * from f(1) as "r) --" ("d) --" int)',
    "select - 'x', - - 'ü', -true, - null, 1 - 'x'",
  ])('with names like SQL is written as it is: %s', (sql) => {
    const select = parsed(sql);
    const lifted = lift(select);
    const written = write(unjudged(select), lifted);
    if ('rule' in written) throw new Error(written.reason);
    expect(sameTree(readBack(fill(written, lifted).text), select, () => undefined)).toBe(true);
  });
});

describe('a scope', () => {
  const [customer] = shopSlice().tables.values();
  if (customer === undefined) throw new Error('no table');

  it.each([
    'select 1) as a, (select 2',
    'select 1; select 2',
    'select 1 --',
    'select 1 /*',
    'delete from x',
    'select 1) as t where true or (select true',
    'values (1)) as t order by (1',
    '',
  ])('that is not one whole SELECT is an error of the server: %s', (scoped) => {
    expect(() => scopedText({ ...customer, scoped })).toThrow('is not one SELECT');
  });

  it('is put where the table was, and nowhere else', () => {
    const sql =
      'select "ringfence_scoped".id, \'"ringfence_scoped"\' from customer as "ringfence_scoped", ringfence_scoped as x, (with ringfence_scoped as (select 1) select * from ringfence_scoped) y';
    const select = parsed(sql);
    const [first] = select.fromClause ?? [];
    if (first === undefined || !('RangeVar' in first)) throw new Error('no table');
    const judged: Judged = { ...unjudged(select), tables: new Map([[first.RangeVar, customer]]) };
    scope(judged);
    const lifted = lift(select);
    const written = write(judged, lifted);
    if ('rule' in written) throw new Error(written.reason);
    const sent = fill(written, lifted).text;
    expect(sent.split(customer.scoped)).toHaveLength(2);
    expect(sent).toContain(`FROM (${customer.scoped}) AS "ringfence_scoped", "ringfence_scoped" AS "x"`);
    expect(sent).toContain(`'"ringfence_scoped"'`);
  });
});
