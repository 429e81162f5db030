/**
 * An expression of a type. Every one is total: it gives a value, or null, for whatever the rows hold. An expression that can fail would
 * fail on one side and not on the other by the order in which conditions are asked, which SQL leaves open. What must fail is in
 * `mistakes.ts`, where it cannot depend on that order.
 */
import { type Expr, type Kind, TYPE, type Type } from '../statement/ast.js';
import { bools } from './expressions/bools.js';
import { documents } from './expressions/documents.js';
import { numbers } from './expressions/numbers.js';
import { texts } from './expressions/texts.js';
import { times } from './expressions/times.js';
import type { Maker, Scope } from './maker.js';
import { scalarQuery } from './subquery.js';

/** What makes expressions of one kind: called with the type that is wanted. */
export type Makers = readonly (readonly [weight: number, make: (at: At, type: Type) => Expr])[];

/** A place that an expression is made for. */
export interface At {
  readonly maker: Maker;
  readonly scope: Scope;
  readonly depth: number;
  /** A part of the expression, one level down. */
  part(type: Type): Expr;
}

/** Asked for late: a condition holds queries, which hold conditions. */
function makersOf(kind: Kind): Makers {
  const all: Partial<Record<Kind, Makers>> = { ...bools, ...numbers, ...texts, ...times, ...documents };
  return all[kind] ?? [];
}

/** What every type has. */
const ANY: Makers = [
  [
    3,
    ({ maker, part }, type) =>
      maker.form(
        type,
        'case',
        'case when ',
        part(TYPE.bool),
        ' then ',
        part(type),
        ' else ',
        part(type),
        ' end',
      ),
  ],
  [
    1,
    ({ maker, part }, type) =>
      maker.form(type, 'case', 'case when ', part(TYPE.bool), ' then ', part(type), ' end'),
  ],
  [
    3,
    ({ maker, part }, type) => maker.form(type, 'coalesce', 'coalesce(', part(type), ', ', part(type), ')'),
  ],
  [2, ({ maker, part }, type) => maker.form(type, 'nullif', 'nullif(', part(type), ', ', part(type), ')')],
  [
    2,
    ({ maker, part }, type) =>
      maker.form(
        type,
        'greatest',
        `${maker.random.pick(['greatest', 'least'])}(`,
        part(type),
        ', ',
        part(type),
        ')',
      ),
  ],
  [3, ({ maker, scope, depth }, type) => scalarQuery(maker, scope, type, depth - 1)],
  [2, (at, type) => simpleCase(at, type)],
];

export function expression(maker: Maker, scope: Scope, type: Type, depth: number): Expr {
  const { random } = maker;
  if (depth <= 0 || random.chance(0.35)) return leaf(maker, scope, type);
  const at: At = { maker, scope, depth, part: (wanted) => expression(maker, scope, wanted, depth - 1) };
  const own = makersOf(type.kind);
  // json has no equality, which some of these want.
  const any = type.kind === 'json' ? [] : ANY;
  const makers = own.length === 0 || (random.chance(0.25) && any.length > 0) ? any : own;
  return makers.length === 0 ? leaf(maker, scope, type) : random.weighted(makers)(at, type);
}

function leaf(maker: Maker, scope: Scope, type: Type): Expr {
  const column = maker.random.chance(0.8) ? maker.column(scope, type) : undefined;
  return column ?? maker.literal(type);
}

function simpleCase({ maker, part }: At, type: Type): Expr {
  const asked = maker.random.pick<Type>([TYPE.text, TYPE.int, TYPE.date]);
  return maker.form(
    type,
    'case',
    'case ',
    part(asked),
    ' when ',
    part(asked),
    ' then ',
    part(type),
    ' else ',
    part(type),
    ' end',
  );
}
