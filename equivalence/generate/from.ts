/** What a query reads: tables, common table expressions, queries and functions, joined in every way. */
import { type From, type Join, TYPE } from '../statement/ast.js';
import { expression } from './expression.js';
import { series, unfolded } from './functions-in-from.js';
import { equality, relation, sharedNames } from './join-conditions.js';
import { JOINS, type Maker, type Scope, type Visible } from './maker.js';
import { makeQuery, makeSelect } from './query.js';

export interface Made {
  readonly from: From;
  readonly visible: readonly Visible[];
  readonly rows: number;
  /** Joins in it, those of its subqueries included. */
  readonly joins: number;
}

export interface FromWish {
  readonly outer: readonly Visible[];
  readonly depth: number;
  /** Rows to look at, at most, about. */
  readonly work: number;
  readonly joins: number;
}

/** Rows that a join may give, about: more than an answer holds would be cut. */
const MOST_ROWS = 2_500;

export function makeFrom(maker: Maker, wish: FromWish): Made {
  const { random } = maker;
  let made = source(maker, wish);
  const joins = Math.min(
    wish.joins,
    random.weighted([
      [9, 0],
      [7, 1],
      [4, 2],
      [2, 3],
      [0.5, 5],
    ]),
  );
  for (let count = 0; count < joins && maker.mayReferToMore; count += 1) {
    made = join(maker, wish, made) ?? made;
  }
  return made;
}

function source(maker: Maker, wish: FromWish): Made {
  const { random } = maker;
  const makers: (readonly [number, () => Made])[] = [
    [12, () => table(maker)],
    [maker.commons.length > 0 ? 8 : 0, () => common(maker)],
    [wish.depth > 0 && wish.work > 100 ? 3 : 0, () => derived(maker, wish)],
    [1, () => series(maker)],
  ];
  return random.weighted(makers)();
}

function table(maker: Maker): Made {
  const { random, material } = maker;
  const { name, product, columns, rows } = random.pick(material.tables);
  const alias = maker.name('t');
  maker.references += 1;
  return {
    from: { node: 'table', alias, table: name, product: random.chance(0.15) ? product : null, columns },
    visible: [{ alias, columns, table: name }],
    rows,
    joins: 0,
  };
}

function common(maker: Maker): Made {
  const { name, columns, rows } = maker.random.pick(maker.commons);
  const alias = maker.name('w');
  maker.references += 1;
  return { from: { node: 'common', alias, name }, visible: [{ alias, columns }], rows, joins: 0 };
}

function derived(maker: Maker, { depth, work }: FromWish, lateral?: readonly Visible[]): Made {
  const alias = maker.name(lateral === undefined ? 'd' : 'l');
  const make = lateral === undefined ? makeQuery : makeSelect;
  const { query, columns, rows, joins } = make(maker, {
    outer: lateral ?? [],
    depth: depth - 1,
    work,
    joins: 1,
  });
  return {
    from: { node: 'derived', alias, query, lateral: lateral !== undefined },
    visible: [{ alias, columns }],
    rows,
    joins: joins,
  };
}

/** `left` with something joined to it, or undefined where that would be too much. */
function join(maker: Maker, wish: FromWish, left: Made): Made | undefined {
  const { random } = maker;
  const inside: readonly Visible[] = [...left.visible, ...wish.outer];
  if (random.chance(0.1)) {
    const right = unfolded(maker, left);
    if (right !== undefined)
      return together(left, right, random.pick(['cross', 'comma']), null, left.rows * 3);
  }
  if (random.chance(0.1) && wish.depth > 0 && left.rows <= 200) {
    const right = derived(maker, { ...wish, work: wish.work / Math.max(1, left.rows) }, inside);
    const how = random.pick(['cross', 'left'] as const);
    return together(
      left,
      right,
      how,
      how === 'left' ? maker.constant(TYPE.bool, 't') : null,
      left.rows * Math.min(right.rows, 10),
    );
  }
  const right = source(maker, { ...wish, joins: 0 });
  const product = left.rows * right.rows;
  const scope: Scope = {
    sources: [...left.visible, ...right.visible],
    outer: wish.outer,
    rows: Math.min(product, wish.work),
  };
  const how = random.weighted<Join['how']>([
    [8, 'inner'],
    [5, 'left'],
    [2, 'right'],
    [1.5, 'full'],
    [1, 'cross'],
    [1, 'comma'],
  ]);
  if (how === 'cross' || how === 'comma') return together(left, right, how, null, product);
  const common = sharedNames(left, right);
  if (common.length > 0 && random.chance(0.12)) return together(left, right, how, 'natural', product / 4);
  if (common.length > 0 && random.chance(0.12))
    return together(left, right, how, [random.pick(common)], product / 3);
  const related = random.chance(0.85) ? relation(maker, left, right) : undefined;
  if (related !== undefined)
    return together(left, right, how, related, Math.max(left.rows, right.rows) * 1.2);
  const equal = equality(maker, left, right);
  if (how === 'full') return equal && together(left, right, how, equal, product / 3);
  if (equal !== undefined && random.chance(0.7)) {
    const on = random.chance(0.7)
      ? equal
      : maker.form(TYPE.bool, 'and', equal, ' and ', expression(maker, scope, TYPE.bool, 2));
    return together(left, right, how, on, product / 3);
  }
  return together(left, right, how, expression(maker, scope, TYPE.bool, 2), product);
}

function together(left: Made, right: Made, how: Join['how'], on: Join['on'], rows: number): Made | undefined {
  const joins = left.joins + right.joins + 1;
  if (rows > MOST_ROWS || joins > JOINS) return undefined;
  return {
    from: { node: 'join', how, left: left.from, right: right.from, on },
    visible: [...left.visible, ...right.visible],
    rows: Math.max(1, rows),
    joins,
  };
}
