/** Comparisons: of two, of rows, with lists and arrays, mostly with a value that somebody's rows have. */
import { type Expr, type Part, TYPE, type Type } from '../../statement/ast.js';
import type { At } from '../expression.js';

/** Equality seldom holds: it is one of many. */
export const ORDERS = ['=', '=', '<>', '<>', '<', '<=', '>', '>='];
const form = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.bool, feature, ...parts);

/** A type that has an order, which columns in reach have if possible. */
export function comparable({ maker, scope }: At): Type {
  for (;;) {
    const type = maker.type(scope);
    if (type.kind !== 'json') return type;
  }
}

/** An expression, and one to compare it with: often a value that somebody's rows have in that column. */
function pair(at: At, type: Type): readonly [Expr, Expr] {
  const { maker, scope, part } = at;
  const left = maker.random.chance(0.6) ? (maker.column(scope, type) ?? part(type)) : part(type);
  if (maker.random.chance(0.5)) return [left, part(type)];
  return [
    left,
    maker.literal(type, maker.origin(scope, left), left.node === 'column' && maker.random.chance(0.5)),
  ];
}

function list(at: At, type: Type, like: Expr): Part[] {
  const count = at.maker.random.between(1, 4);
  return Array.from({ length: count }, (_, index): Part[] => [
    ...(index === 0 ? [] : [', ']),
    at.maker.literal(type, at.maker.origin(at.scope, like)),
  ]).flat();
}

export function comparison(at: At): Expr {
  const [left, right] = pair(at, comparable(at));
  return form(at, 'comparison', '(', left, ` ${at.maker.random.pick(ORDERS)} `, right, ')');
}

function rowPair(at: At): readonly Part[][] {
  const types = [comparable(at), comparable(at)];
  const pairs = types.map((type) => pair(at, type));
  return [0, 1].map((side) =>
    pairs.flatMap((both, index): Part[] => [...(index === 0 ? [] : [', ']), both[side] ?? '']),
  );
}

export function rowComparison(at: At): Expr {
  const [left = [], right = []] = rowPair(at);
  const operator = at.maker.random.pick([...ORDERS, 'is distinct from', 'is not distinct from']);
  return form(at, 'row comparison', '((', ...left, `) ${operator} (`, ...right, '))');
}

export function distinctFrom(at: At): Expr {
  const [left, right] = pair(at, comparable(at));
  return form(
    at,
    'distinct from',
    '(',
    left,
    ` is ${at.maker.random.pick(['', 'not '])}distinct from `,
    right,
    ')',
  );
}

export function betweenTwo(at: At): Expr {
  const type = comparable(at);
  const [left, right] = pair(at, type);
  const how = at.maker.random.pick(['between', 'not between', 'between symmetric']);
  return form(
    at,
    'between',
    '(',
    left,
    ` ${how} `,
    right,
    ' and ',
    at.maker.literal(type, at.maker.origin(at.scope, left)),
    ')',
  );
}

export function inList(at: At): Expr {
  const type = comparable(at);
  const [left] = pair(at, type);
  return form(
    at,
    'in list',
    '(',
    left,
    ` ${at.maker.random.pick(['in', 'not in'])} (`,
    ...list(at, type, left),
    '))',
  );
}

export function anyOf(at: At): Expr {
  const type = comparable(at);
  // An array of arrays is one array of more dimensions.
  if (type.kind === 'ints' || type.kind === 'texts') {
    const element = type.kind === 'ints' ? TYPE.int : TYPE.text;
    return form(
      at,
      'element of',
      '(',
      at.part(element),
      at.maker.random.pick([' = any (', ' <> all (']),
      at.part(type),
      '))',
    );
  }
  const [left] = pair(at, type);
  return form(
    at,
    'any of array',
    '(',
    left,
    at.maker.random.pick([' = any (', ' <> all (', ' > any (']),
    'array[',
    ...list(at, type, left),
    ']))',
  );
}
