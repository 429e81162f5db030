/** Whatever the guard lets through: one SELECT, limited, whose tables are scoped and whose names of functions and types leave no choice. */
import fc from 'fast-check';
import type { Node, RangeVar, SelectStmt } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import { readBack } from '../../src/guard/parse.js';
import { sameTree } from '../../src/guard/same-tree.js';
import type { GuardedStatement } from '../../src/guard/statement.js';
import { forRandomSelects, type Vocabulary } from './support/random-sql.js';
import { shopSlice } from './support/shop.js';
import { LATER_SHOP_STATEMENTS, SHOP_STATEMENTS } from './support/shop-statements.js';

let guard: Guard;
let scopes: readonly SelectStmt[];
beforeAll(async () => {
  guard = await createGuard();
  scopes = [...shopSlice().tables.values()].flatMap(({ scoped }) => readBack(scoped) ?? []);
});

interface Found {
  readonly tables: RangeVar[];
  readonly commonTables: Set<string>;
  readonly functions: string[];
  readonly types: string[];
  readonly parameters: number[];
  scoped: number;
}

const dotted = (names: readonly Node[] = []): string =>
  names.map((name) => ('String' in name ? name.String.sval : '?')).join('.');

/** All that a statement names, but for what is inside a scope. */
function search(node: unknown, found: Found): Found {
  if (typeof node !== 'object' || node === null) return found;
  for (const [kind, part] of Object.entries(node)) {
    if (kind === 'SelectStmt' && scopes.some((scoped) => sameTree(scoped, part, () => undefined))) {
      found.scoped += 1;
      continue;
    }
    if (kind === 'RangeVar') found.tables.push(part);
    if (kind === 'CommonTableExpr') found.commonTables.add(part.ctename);
    if (kind === 'FuncCall') found.functions.push(dotted(part.funcname));
    if (kind === 'typeName') found.types.push(dotted(part.names));
    if (kind === 'ParamRef') found.parameters.push(part.number);
    search(part, found);
  }
  return found;
}

function namedIn(text: string): Found {
  const select = readBack(text);
  expect(select?.limitCount, text).toBeDefined();
  const found: Found = {
    tables: [],
    commonTables: new Set(),
    functions: [],
    types: [],
    parameters: [],
    scoped: 0,
  };
  return search(select, found);
}

function expectScoped({ text, opaque, tables }: GuardedStatement): void {
  const sent = namedIn(text);
  for (const { schemaname, relname = '' } of sent.tables) {
    expect(schemaname, text).toBeUndefined();
    expect(sent.commonTables, text).toContain(relname);
  }
  expect(sent.scoped > 0, text).toBe(tables.length > 0);
  for (const name of sent.functions) expect(name, text).toMatch(/^(pg_catalog|base)\.[^.]+$/);
  for (const name of sent.types) expect(name, text).toMatch(/^(pg_catalog|base)\.[^.]+$/);
  expect(sent.parameters, text).toEqual([]);
  expect(text).not.toContain('"ringfence_scoped"');

  const planned = namedIn(opaque.text);
  expect(planned.scoped).toBe(sent.scoped);
  expect(planned.functions).toEqual(sent.functions);
  const numbers = new Set(planned.parameters);
  expect([...numbers].sort((one, other) => one - other)).toEqual(
    Array.from({ length: opaque.parameters }, (_, at) => at + 4),
  );
}

const SHOP_WORDS: Vocabulary = {
  names: ['id', 'name', 'rating', 'total', 'customer', 'invoice', 'c', '"C d"', 'tags', 'settings', '"--"'],
  tables: [
    'customer',
    'invoice',
    'base.customer',
    'customer as c',
    'c',
    '"customer"',
    'base.invoice as "in--"',
    'slice.customer',
    'agent.customer',
    'pg_class',
  ],
  literals: [
    "'x'",
    '1',
    '-2',
    '1.5',
    'null',
    "'it''s'",
    "'--'",
    "E'\\\\'",
    "'ü'",
    '$1',
    '2147483648',
    "x'1f'",
  ],
  types: ['int', 'text', 'mood', 'base.mood', 'numeric(4, 2)', 'jsonb', 'interval day', 'date[]', 'regclass'],
};

describe('what is sent', () => {
  it.each([...SHOP_STATEMENTS, ...LATER_SHOP_STATEMENTS.map(([, statement]) => statement)])(
    'is scoped for %s',
    (statement) => {
      const verdict = guard.judge(statement, shopSlice());
      if ('rule' in verdict) throw new Error(verdict.reason);
      expectScoped(verdict);
    },
  );

  it('is scoped whatever was written', () => {
    let allowed = 0;
    forRandomSelects(
      SHOP_WORDS,
      (sql) => {
        const verdict = guard.judge(sql, shopSlice());
        if ('rule' in verdict) {
          expect(verdict.rule, sql).not.toBe('sql.rewrite');
          return;
        }
        allowed += 1;
        expectScoped(verdict);
      },
      6_000,
    );
    expect(allowed).toBeGreaterThan(200);
  });
});

describe('whatever comes in', () => {
  it('is answered: no exception, no statement out of what is none', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            ...'select from where ( ) , ; \' " $1 -- /* */ \\ \0 customer * 1 with as'.split(' '),
          ),
          {
            maxLength: 40,
          },
        )
        .map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(anything, (input) => {
        const verdict = guard.judge(input, shopSlice());
        if ('rule' in verdict) expect(verdict.code).toMatch(/^(sql_|unknown_|limit_|join_|tenant_)/);
        else expectScoped(verdict);
      }),
      { numRuns: 3_000 },
    );
  });
});
