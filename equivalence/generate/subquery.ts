/** Queries inside expressions: one value, one row, a set to be in, an array. */
import { type Expr, type Query, TYPE, type Type } from '../statement/ast.js';
import { expression } from './expression.js';
import { type Maker, type Scope, type Visible, WORK } from './maker.js';
import { makeQuery, makeSelect } from './query.js';

/** What a query inside an expression can refer to. */
function around(scope: Scope): readonly Visible[] {
  if (scope.only === undefined) return [...scope.sources, ...scope.outer];
  // Where rows are grouped, the keys that are columns.
  const keys = scope.only.flatMap((expr) => (expr.node === 'column' ? [expr] : []));
  const grouped = scope.sources.map((source) => ({
    ...source,
    columns: source.columns.filter(({ name }) =>
      keys.some((key) => key.alias === source.alias && key.name === name),
    ),
  }));
  return [...grouped, ...scope.outer];
}

/** Whether another query may be asked for each row of the scope; then with how many rows to look at. */
function allowance(maker: Maker, scope: Scope): number | null {
  const rows = Math.floor(WORK / Math.max(1, scope.rows));
  return maker.mayReferToMore && rows >= 40 ? rows : null;
}

export function scalarQuery(maker: Maker, scope: Scope, type: Type, depth: number): Expr {
  const work = allowance(maker, scope);
  if (work === null || type.kind === 'json') return maker.column(scope, type) ?? maker.literal(type);
  const one = maker.random.chance(0.5) ? ('aggregate' as const) : ('first' as const);
  const { query } = makeSelect(maker, { outer: around(scope), want: [type], depth, work, joins: 1, one });
  return maker.form(type, 'scalar subquery', '(', query, ')');
}

export function existsQuery(maker: Maker, scope: Scope, depth: number): Expr {
  const work = allowance(maker, scope);
  if (work === null) return maker.constant(TYPE.bool, 't');
  const { query } = makeSelect(maker, { outer: around(scope), want: [TYPE.int], depth, work, joins: 1 });
  return maker.form(TYPE.bool, 'exists', `(${maker.random.pick(['', 'not '])}exists (`, query, '))');
}

export function inQuery(maker: Maker, scope: Scope, type: Type, depth: number): Expr {
  const work = allowance(maker, scope);
  if (work === null) return maker.constant(TYPE.bool, 'f');
  const types = maker.random.chance(0.2) ? [type, TYPE.int] : [type];
  const { query } = makeQuery(maker, { outer: around(scope), want: types, depth, work, joins: 1 });
  const left = types.map((one) => expression(maker, scope, one, 1));
  const [first, second] = left;
  const operator = maker.random.pick([') in (', ') not in (']);
  if (first === undefined) return maker.constant(TYPE.bool, 'f');
  return second === undefined
    ? maker.form(TYPE.bool, 'in subquery', '((', first, operator, query, '))')
    : maker.form(TYPE.bool, 'row in subquery', '((', first, ', ', second, operator, query, '))');
}

export function quantifiedQuery(
  maker: Maker,
  scope: Scope,
  type: Type,
  operator: string,
  depth: number,
): Expr {
  const work = allowance(maker, scope);
  if (work === null) return maker.constant(TYPE.bool, 't');
  const { query } = makeQuery(maker, { outer: around(scope), want: [type], depth, work, joins: 1 });
  const left = expression(maker, scope, type, 1);
  return maker.form(
    TYPE.bool,
    'any of subquery',
    '(',
    left,
    ` ${operator} ${maker.random.pick(['any', 'all'])} (`,
    query,
    '))',
  );
}

export function arrayQuery(maker: Maker, scope: Scope, element: Type, type: Type, depth: number): Expr {
  const work = allowance(maker, scope);
  if (work === null) return maker.literal(type);
  const { query } = makeSelect(maker, { outer: around(scope), want: [element], depth, work, joins: 0 });
  return maker.form(type, 'array of subquery', 'array(', ordered(query), `)::${type.sql}`);
}

/** Elements have an order, and so must what they come from. */
function ordered<Q extends Query>(query: Q): Q {
  return query.ordering !== null
    ? query
    : { ...query, ordering: { keys: [], limit: 5, offset: null, ties: false, by: 'position' } };
}
