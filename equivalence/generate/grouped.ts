/** A SELECT that groups. */
import { type Expr, type Item, isExpr, type Select, TYPE } from '../statement/ast.js';
import { aggregate } from './aggregates.js';
import { expression } from './expression.js';
import type { Maker, Scope } from './maker.js';
import type { MadeQuery, QueryWish } from './query.js';
import { item, maybeOrdering, named } from './results.js';

/** @param base What it reads, with the condition on its rows. */
export function grouped(
  maker: Maker,
  wish: QueryWish,
  base: Omit<Select, 'items'>,
  scope: Scope,
  joins: number,
): MadeQuery<Select> {
  const { random } = maker;
  const keys = Array.from(
    {
      length: random.weighted([
        [2, 0],
        [5, 1],
        [4, 2],
        [1, 3],
      ]),
    },
    () => {
      const type = maker.type(scope);
      return random.chance(0.7)
        ? (maker.column(scope, type) ?? expression(maker, scope, type, 1))
        : expression(maker, scope, type, 1);
    },
  ).filter((expr) => hasOwnColumn(expr, scope));
  const sets =
    keys.length === 0 || random.chance(0.75)
      ? null
      : random.pick<NonNullable<Select['group']>['sets']>(['rollup', 'cube', subsets(maker, keys.length)]);
  const over: Scope = { ...scope, only: keys, rows: Math.max(1, scope.rows / 3) };
  const wanted = wish.want ?? [
    ...random.some(
      keys.map(({ type }) => type),
      0.7,
    ),
    ...Array.from({ length: random.between(1, 3) }, () => maker.type(scope)),
  ];
  const items = wanted.map((type, at): Item => {
    const key = keys.filter((expr) => expr.type.kind === type.kind && expr.type.sql === type.sql);
    if (key.length > 0 && random.chance(0.6)) return item(at, random.pick(key));
    const folded = random.chance(0.8) ? aggregate(maker, scope, type) : undefined;
    return item(at, folded ?? expression(maker, over, type, 1));
  });
  const having = random.chance(0.15) ? havingOf(maker, scope, over) : null;
  const extra =
    sets !== null && wish.want === undefined && random.chance(0.5)
      ? [item(items.length, groupingOf(maker, keys))]
      : [];
  const all = [...items, ...extra];
  const select: Select = {
    ...base,
    items: all,
    group: { keys, sets, byPosition: random.chance(0.25) },
    having,
    ordering: maybeOrdering(maker, all.length),
  };
  return { query: select, columns: named(all), rows: keys.length === 0 ? 1 : scope.rows, joins };
}

function groupingOf(maker: Maker, keys: readonly Expr[]): Expr {
  return maker.form(TYPE.int, 'grouping', 'grouping(', maker.random.pick(keys), ')');
}

function havingOf(maker: Maker, scope: Scope, over: Scope): Expr {
  const counted = maker.form(
    TYPE.bool,
    'having',
    '(',
    aggregate(maker, scope, TYPE.int) ?? maker.literal(TYPE.int),
    maker.random.pick([' > ', ' <= ', ' <> ']),
    maker.literal(TYPE.int),
    ')',
  );
  return maker.random.chance(0.6)
    ? counted
    : maker.form(TYPE.bool, 'having', '(', counted, ' or ', expression(maker, over, TYPE.bool, 1), ')');
}

/** Grouping by a literal or by a column of the query around is grouping by nothing, and a number would be a position. */
function hasOwnColumn(expr: Expr, scope: Scope): boolean {
  if (expr.node === 'column') return scope.sources.some(({ alias }) => alias === expr.alias);
  return expr.node === 'form' && expr.parts.some((part) => isExpr(part) && hasOwnColumn(part, scope));
}

function subsets(maker: Maker, count: number): number[][] {
  const all = Array.from({ length: count }, (_, at) => at);
  return [all, maker.random.some(all), []];
}
