/** Queries: SELECT with everything it may have, set operations, VALUES. */
import {
  type Combined,
  type Expr,
  type NamedColumn,
  type Query,
  type Select,
  TYPE,
  type Type,
  type Values,
} from '../statement/ast.js';
import { aggregate, windowed } from './aggregates.js';
import { expression } from './expression.js';
import { makeFrom } from './from.js';
import { grouped } from './grouped.js';
import { columnsOf, type Maker, type Scope, type Visible } from './maker.js';
import { item, maybeOrdering, named, someKeys } from './results.js';

export interface QueryWish {
  /** What is visible of the queries around. */
  readonly outer: readonly Visible[];
  readonly depth: number;
  /** Rows to look at, at most, about. */
  readonly work: number;
  readonly joins: number;
  /** The types of its results; any where missing. */
  readonly want?: readonly Type[];
  /** One row, for certain: by an aggregate over everything, or by the first of a complete order. */
  readonly one?: 'aggregate' | 'first';
}

export interface MadeQuery<Q extends Query = Query> {
  readonly query: Q;
  readonly columns: readonly NamedColumn[];
  readonly rows: number;
  readonly joins: number;
}

const NOTHING = { commons: [], recursive: false, ordering: null } as const;

export function makeQuery(maker: Maker, wish: QueryWish): MadeQuery {
  const { random } = maker;
  if (wish.depth > 0 && wish.work > 200) {
    if (random.chance(0.12)) return makeCombined(maker, wish);
    if (random.chance(0.03)) return makeValues(maker, wish);
  }
  return makeSelect(maker, wish);
}

export function makeSelect(maker: Maker, wish: QueryWish): MadeQuery<Select> {
  const { random } = maker;
  const { from, visible, rows, joins } = makeFrom(maker, wish);
  const scope: Scope = { sources: visible, outer: wish.outer, rows };
  const where = random.chance(0.5) ? condition(maker, scope, Math.min(2, wish.depth)) : null;
  const seen = where === null ? rows : Math.max(1, rows / 2);
  const base = {
    node: 'select',
    ...NOTHING,
    star: null,
    distinct: null,
    from,
    where,
    group: null,
    having: null,
  } as const;
  if (wish.one === 'aggregate') {
    const items = (wish.want ?? [TYPE.int]).map((type, at) =>
      item(at, overEverything(maker, { ...scope, rows: seen }, type)),
    );
    return { query: { ...base, items }, columns: named(items), rows: 1, joins };
  }
  if (wish.one === undefined && random.chance(0.3))
    return grouped(maker, wish, base, { ...scope, rows: seen }, joins);
  const wanted = wish.want ?? Array.from({ length: random.between(1, 5) }, () => maker.type(scope));
  const items = wanted.map((type, at) => {
    const window = wish.depth > 0 && random.chance(0.12) ? windowed(maker, scope, type) : undefined;
    return item(
      at,
      window ??
        expression(
          maker,
          { ...scope, rows: seen },
          type,
          Math.min(wish.depth, random.pick([0, 0, 1, 1, 2, 3])),
        ),
    );
  });
  const ordering =
    wish.one === 'first'
      ? {
          keys: someKeys(maker, items.length),
          limit: 1,
          offset: random.pick([null, null, 1]),
          ties: false,
          by: 'position' as const,
        }
      : maybeOrdering(maker, items.length);
  const distinct = random.weighted<Select['distinct']>([
    [17, null],
    [2, 'all'],
    [1, Math.min(items.length, random.between(1, 2))],
  ]);
  // Everything of a FROM that has one item.
  const star =
    wish.want === undefined &&
    from.node !== 'join' &&
    ordering === null &&
    distinct === null &&
    random.chance(0.08)
      ? '*'
      : null;
  const starred = star === null ? [] : visible.flatMap(({ columns }) => columns);
  const own = star === null ? items : items.map(({ expr }, at) => ({ expr, name: `s${at + 1}` }));
  const select: Select = { ...base, items: own, ordering, distinct, star };
  const limited = ordering?.limit ?? Number.POSITIVE_INFINITY;
  return {
    query: select,
    columns: [...starred, ...named(own)],
    rows: Math.min(seen, ordering?.ties === true ? seen : limited),
    joins,
  };
}

/** One value out of all rows. */
function overEverything(maker: Maker, scope: Scope, type: Type): Expr {
  const made = aggregate(maker, scope, type);
  if (made !== undefined) return made;
  const value = expression(maker, scope, type, 0);
  return maker.form(type, 'array_agg', '(array_agg(', value, ' order by ', value, '))[1]');
}

function condition(maker: Maker, scope: Scope, depth: number): Expr {
  const { random } = maker;
  const all = expression(maker, scope, TYPE.bool, Math.max(1, depth));
  // What ties a query to the one around it.
  if (scope.outer.length === 0 || random.chance(0.4)) return all;
  const mine = columnsOf(scope.sources);
  const theirs = columnsOf(scope.outer);
  const pairs = mine.flatMap((one) =>
    theirs
      .filter(
        ({ type, name }) =>
          type.kind === one.type.kind &&
          type.sql === one.type.sql &&
          type.kind !== 'json' &&
          (name === one.name || type.kind !== 'bool'),
      )
      .map((other) => [one, other] as const),
  );
  if (pairs.length === 0) return all;
  const alike = pairs.filter(([one, other]) => one.name === other.name);
  const [one, other] = random.pick(alike.length > 0 && random.chance(0.6) ? alike : pairs);
  const tie = maker.form(
    TYPE.bool,
    'correlation',
    '(',
    one,
    random.pick([' = ', ' = ', ' <> ', ' < ']),
    other,
    ')',
  );
  return random.chance(0.5) ? tie : maker.form(TYPE.bool, 'and', '(', tie, ' and ', all, ')');
}

function makeCombined(maker: Maker, wish: QueryWish): MadeQuery<Combined> {
  const { random } = maker;
  const want =
    wish.want ??
    Array.from({ length: random.between(1, 3) }, () =>
      random.pick<Type>([TYPE.int, TYPE.text, TYPE.text, TYPE.date, TYPE.numeric, TYPE.bool, TYPE.jsonb]),
    );
  const part = { ...wish, want, depth: wish.depth - 1, work: wish.work / 2, joins: Math.min(1, wish.joins) };
  const left = makeSelect(maker, part);
  const right = random.chance(0.15) ? makeQuery(maker, part) : makeSelect(maker, part);
  const query: Combined = {
    node: 'combined',
    ...NOTHING,
    how: random.weighted([
      [5, 'union'],
      [3, 'intersect'],
      [3, 'except'],
    ]),
    all: random.chance(0.4),
    left: left.query,
    right: right.query,
    ordering: maybeOrdering(maker, want.length),
  };
  return { query, columns: left.columns, rows: left.rows + right.rows, joins: left.joins + right.joins };
}

function makeValues(maker: Maker, wish: QueryWish): MadeQuery<Values> {
  const want = wish.want ?? [TYPE.int, TYPE.text];
  const scope: Scope = { sources: [], outer: wish.outer, rows: 3 };
  const rows = Array.from({ length: maker.random.between(1, 3) }, () =>
    want.map((type) => expression(maker, scope, type, 1)),
  );
  return {
    query: { node: 'values', ...NOTHING, rows },
    columns: want.map((type, at) => ({ name: `column${at + 1}`, type })),
    rows: rows.length,
    joins: 0,
  };
}
