/** Statements cut smaller. */
import {
  type Expr,
  type From,
  type Grouping,
  type Item,
  isExpr,
  isOrdered,
  type Part,
  type Query,
  type Select,
  sameType,
  type Type,
} from './ast.js';

/**
 * The statement with one thing less, the largest first. Some are no statements any more: names that nothing has, columns that are not
 * grouped. Both sides refuse those alike, so that they differ in nothing.
 */
export function* smaller(query: Query): Generator<Query> {
  for (const inner of inside(query))
    yield inner.commons.length === 0
      ? { ...inner, commons: query.commons, recursive: query.recursive }
      : inner;
  yield* without(query.commons, (commons) => ({
    ...query,
    commons,
    recursive: query.recursive && commons.length > 0,
  }));
  if (query.ordering !== null) {
    yield { ...query, ordering: null };
    if (query.ordering.offset !== null) yield { ...query, ordering: { ...query.ordering, offset: null } };
    if (query.ordering.keys.length > 0 && !query.ordering.ties)
      yield { ...query, ordering: { ...query.ordering, keys: [] } };
  }
  if (query.node === 'select') yield* smallerSelect(query);
  if (query.node === 'combined') {
    for (const left of smaller(query.left)) yield { ...query, left };
    for (const right of smaller(query.right)) yield { ...query, right };
  }
  if (query.node === 'values') yield* without(query.rows, (rows) => ({ ...query, rows }), 1);
  for (const [at, common] of query.commons.entries()) {
    for (const inner of smaller(common.query))
      yield { ...query, commons: query.commons.with(at, { ...common, query: inner }) };
  }
}

/** Queries inside, which may be the whole thing. */
function* inside(query: Query): Generator<Query> {
  if (query.node === 'combined') {
    yield query.left;
    yield query.right;
  }
  if (query.node === 'select' && query.from !== null) yield* derivedIn(query.from);
  for (const { query: common } of query.commons) yield common;
}

function* derivedIn(from: From): Generator<Query> {
  if (from.node === 'derived') yield from.query;
  if (from.node !== 'join') return;
  yield* derivedIn(from.left);
  yield* derivedIn(from.right);
}

function* without<T>(list: readonly T[], remake: (list: readonly T[]) => Query, least = 0): Generator<Query> {
  if (list.length <= least) return;
  for (const at of list.keys()) yield remake(list.toSpliced(at, 1));
}

function* smallerSelect(select: Select): Generator<Query> {
  const { where, having, group, distinct, star, items, from } = select;
  if (where !== null) yield { ...select, where: null };
  if (having !== null) yield { ...select, having: null };
  if (distinct !== null) yield { ...select, distinct: null };
  if (star !== null && items.length > 0) yield { ...select, star: null };
  if (from !== null) {
    yield { ...select, from: null };
    for (const less of smallerFrom(from)) yield { ...select, from: less };
  }
  if (group !== null) yield* smallerGroup(select, group);
  if (typeof distinct !== 'number')
    yield* without(items, (less) => ({ ...select, items: less }), star === null ? 1 : 0);
  if (where !== null) for (const less of smallerExpr(where)) yield { ...select, where: less };
  if (having !== null) for (const less of smallerExpr(having)) yield { ...select, having: less };
  for (const [at, item] of items.entries()) {
    for (const expr of smallerItem(item)) yield { ...select, items: items.with(at, { ...item, expr }) };
  }
}

/** A result may become any part of it, as long as nothing asks for its type. */
function* smallerItem({ expr }: Item): Generator<Expr> {
  yield* smallerExpr(expr);
  if (expr.node === 'form')
    for (const part of expr.parts)
      if (isExpr(part) && !sameType(part.type, expr.type) && isOrdered(part.type)) yield part;
}

function* smallerGroup(select: Select, group: Grouping): Generator<Query> {
  yield { ...select, group: null, having: null };
  if (group.sets !== null) yield { ...select, group: { ...group, sets: null } };
  else yield* without(group.keys, (keys) => ({ ...select, group: { ...group, keys } }));
}

function* smallerFrom(from: From): Generator<From> {
  switch (from.node) {
    case 'join': {
      yield from.left;
      yield from.right;
      const { on } = from;
      if (on !== null && on !== 'natural' && 'node' in on)
        for (const less of smallerExpr(on)) yield { ...from, on: less };
      for (const left of smallerFrom(from.left)) yield { ...from, left };
      for (const right of smallerFrom(from.right)) yield { ...from, right };
      return;
    }
    case 'derived':
      if (from.query.node === 'select' && from.query.from?.node === 'table')
        yield { ...from.query.from, alias: from.alias };
      for (const query of smaller(from.query)) yield { ...from, query };
      return;
    case 'table':
      if (from.product !== null) yield { ...from, product: null };
      return;
    default:
      return;
  }
}

/** A part of the same type in its place, or nothing but a value. */
function* smallerExpr(expr: Expr): Generator<Expr> {
  if (expr.node !== 'form') return;
  for (const value of simplest(expr.type)) yield value;
  for (const part of expr.parts) if (isExpr(part) && sameType(part.type, expr.type)) yield part;
  for (const [at, part] of expr.parts.entries()) {
    if (typeof part === 'string' || part.node === 'every') continue;
    // The same part may stand in a form twice, and must stay the same.
    const inPlace = (less: Part): Expr => ({
      ...expr,
      parts: expr.parts.map((other, index) => (index === at || other === part ? less : other)),
    });
    if (isExpr(part)) for (const less of smallerExpr(part)) yield inPlace(less);
    else for (const less of smaller(part)) yield inPlace(less);
  }
}

function simplest(type: Type): readonly Expr[] {
  const text: Partial<Record<Type['kind'], string>> = { bool: 't', int: '1', text: 'a' };
  const simple = text[type.kind];
  return simple === undefined ? [] : [{ node: 'literal', type, text: simple, bare: false, kept: true }];
}
