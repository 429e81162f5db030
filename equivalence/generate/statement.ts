/** One statement, from a seed. */
import type { Random } from '../random.js';
import {
  type Combined,
  type Common,
  type Expr,
  type Item,
  type Query,
  type Select,
  TYPE,
  type Type,
} from '../statement/ast.js';
import { expression } from './expression.js';
import { columnsOf, Maker, type Visible, WORK } from './maker.js';
import type { Material } from './material.js';
import { mistaken } from './mistakes.js';
import { makeQuery, makeSelect } from './query.js';

/** How many of a hundred are wrong on purpose. */
const MISTAKES = 0.06;

export function makeStatement(random: Random, material: Material): Query {
  const maker = new Maker(random, material);
  if (random.chance(MISTAKES)) return mistaken(maker);
  const commons = commonTables(maker);
  const top = {
    outer: [],
    depth: random.weighted([
      [3, 1],
      [5, 2],
      [2, 3],
    ]),
    work: WORK,
    joins: 5,
  };
  const { query } = random.chance(0.15) ? makeQuery(maker, top) : makeSelect(maker, top);
  return { ...query, commons: commons.tables, recursive: commons.recursive };
}

function commonTables(maker: Maker): { readonly tables: readonly Common[]; readonly recursive: boolean } {
  const { random } = maker;
  const tables: Common[] = [];
  if (random.chance(0.04)) {
    const recursion = recursive(maker);
    if (recursion !== undefined) return { tables: [recursion], recursive: true };
  }
  const count = random.weighted([
    [15, 0],
    [4, 1],
    [2, 2],
    [1, 3],
  ]);
  for (let at = 0; at < count; at += 1) {
    const { query, columns, rows } = makeQuery(maker, { outer: [], depth: 1, work: WORK / 4, joins: 1 });
    const name = maker.name('q');
    const names = columns.map((_, index) => `c${index + 1}`);
    tables.push({ name, query, columns: names, materialized: random.pick([null, null, true, false]) });
    const visible = columns.map(({ type }, index) => ({ name: names[index] ?? '', type }));
    maker.commons = [...maker.commons, { name, columns: visible, rows }];
  }
  return { tables, recursive: false };
}

/** From some rows along a key, three steps at most. */
function recursive(maker: Maker): Common | undefined {
  const { random, material } = maker;
  const steps = material.tables.flatMap((table) =>
    table.slice.relations
      .filter((relation) => relation.table === table.name && relation.kind === 'one')
      .map((relation) => ({ table, relation })),
  );
  if (steps.length === 0) return counting(maker);
  const { table, relation } = random.pick(steps);
  const name = maker.name('r');
  const [base, next, from] = [maker.name('t'), maker.name('t'), maker.name('w')];
  const of = (alias: string): Visible => ({ alias, columns: table.columns, table: table.name });
  const column = (alias: string, wanted: string) => columnsOf([of(alias)]).find((one) => one.name === wanted);
  const shared = relation.columns
    .map((mine, at) => [mine, relation.otherColumns[at] ?? ''] as const)
    .find(([mine, theirs]) => column(next, mine) && column(next, theirs));
  const start = shared && column(base, shared[1]);
  const step = shared && column(next, shared[1]);
  const up = shared && column(next, shared[0]);
  if (start === undefined || step === undefined || up === undefined) return counting(maker);
  maker.references += 3;
  const cast = (expr: Expr, type: Type): Expr => maker.form(type, 'cast', '(', expr, `)::${type.sql}`);
  const tableFrom = (alias: string) =>
    ({ node: 'table', alias, table: table.name, product: null, columns: table.columns }) as const;
  const nothing = { commons: [], recursive: false, ordering: null } as const;
  const plain = {
    node: 'select',
    ...nothing,
    star: null,
    distinct: null,
    group: null,
    having: null,
  } as const;
  const items = (level: Expr, key: Expr): Item[] => [
    { name: 'c1', expr: cast(level, TYPE.int) },
    { name: 'c2', expr: cast(key, start.type) },
  ];
  const scope = { sources: [of(base)], outer: [], rows: table.rows };
  const left: Select = {
    ...plain,
    items: items(maker.constant(TYPE.int, '1'), start),
    from: tableFrom(base),
    where: expression(maker, scope, TYPE.bool, 1),
  };
  const counted: Expr = { node: 'column', type: TYPE.int, alias: from, name: 'c1' };
  const reached: Expr = { node: 'column', type: start.type, alias: from, name: 'c2' };
  const right: Select = {
    ...plain,
    items: items(maker.form(TYPE.int, 'integer arithmetic', counted, ' + 1'), step),
    from: {
      node: 'join',
      how: 'inner',
      left: { node: 'common', alias: from, name },
      right: tableFrom(next),
      on: maker.form(TYPE.bool, 'comparison', up, ' = ', reached),
    },
    where: maker.form(TYPE.bool, 'comparison', '(', counted, ' < 4)'),
  };
  return known(maker, { node: 'combined', ...nothing, how: 'union', all: false, left, right }, name, [
    TYPE.int,
    start.type,
  ]);
}

function counting(maker: Maker): Common {
  const nothing = {
    commons: [],
    recursive: false,
    ordering: null,
    star: null,
    distinct: null,
    group: null,
    having: null,
  } as const;
  const [name, from] = [maker.name('r'), maker.name('w')];
  const counted: Expr = { node: 'column', type: TYPE.int, alias: from, name: 'c1' };
  const left: Select = {
    node: 'select',
    ...nothing,
    items: [{ name: 'c1', expr: maker.form(TYPE.int, 'cast', '1::int8') }],
    from: null,
    where: null,
  };
  const right: Select = {
    node: 'select',
    ...nothing,
    items: [{ name: 'c1', expr: maker.form(TYPE.int, 'integer arithmetic', counted, ' + 1') }],
    from: { node: 'common', alias: from, name },
    where: maker.form(TYPE.bool, 'comparison', '(', counted, ' < 6)'),
  };
  return known(
    maker,
    { node: 'combined', commons: [], recursive: false, ordering: null, how: 'union', all: true, left, right },
    name,
    [TYPE.int],
  );
}

function known(maker: Maker, query: Combined, name: string, types: readonly Type[]): Common {
  const columns = types.map((type, at) => ({ name: `c${at + 1}`, type }));
  maker.commons = [{ name, columns, rows: 40 }];
  return { name, query, columns: columns.map((column) => column.name), materialized: null };
}
