/**
 * Statements that must fail, or fail for certain rows: what comes of them has to be the same for a tenant among others and alone. What
 * fails in a value stands where SQL says when it is computed: in the list of the outermost SELECT, once for each row of the answer,
 * with no LIMIT to spare it. One mistake to a statement, so that it is clear which error comes.
 */
import { type Expr, type Query, type Select, TYPE } from '../statement/ast.js';
import { expression } from './expression.js';
import { makeFrom } from './from.js';
import { columnsOf, type Maker, type Visible } from './maker.js';

export function mistaken(maker: Maker): Query {
  const { random } = maker;
  return random.weighted<() => Query>([
    [6, () => valueMistake(maker)],
    [3, () => nameMistake(maker)],
    [2, () => typeMistake(maker)],
    [2, () => formMistake(maker)],
    [1, () => over(maker, () => maker.form(TYPE.int, 'mistake: unknown alias', 'nobody.id'))],
  ])();
}

/** A query over some rows, whose list has one thing more. */
function over(maker: Maker, fault: (sources: readonly Visible[]) => Expr): Select {
  const { from, visible, rows } = makeFrom(maker, { outer: [], depth: 1, work: 4_000, joins: 1 });
  const scope = { sources: visible, outer: [], rows };
  return {
    node: 'select',
    commons: [],
    recursive: false,
    ordering: null,
    star: null,
    distinct: null,
    items: [{ name: 'c1', expr: fault(visible) }],
    from,
    where: maker.random.chance(0.8) ? expression(maker, scope, TYPE.bool, 2) : null,
    group: null,
    having: null,
  };
}

function valueMistake(maker: Maker): Query {
  const { random } = maker;
  return over(maker, (sources) => {
    const scope = { sources, outer: [], rows: 10 };
    const asked = expression(maker, scope, TYPE.bool, 1);
    const text = maker.column(scope, TYPE.text) ?? maker.literal(TYPE.text);
    const whole = maker.column(scope, TYPE.int) ?? maker.literal(TYPE.int);
    const fault = (...parts: Parameters<Maker['form']>[2][]): Expr =>
      maker.form(TYPE.int, 'mistake: value', ...parts);
    return random.pick<() => Expr>([
      () => fault('(1 / (case when ', asked, ' then 0 else 1 end))'),
      () => fault('sum(1 / (case when ', asked, ' then 0 else 1 end))'),
      () => fault('(', text, ')::int4'),
      () => fault('(', text, ')::date'),
      () => fault('((', whole, ')::int8 * 9223372036854775807)'),
      () => fault('(', whole, ')::int2'),
      () => fault('(select ', text, ' from generate_series(1, case when ', asked, ' then 2 else 1 end))'),
    ])();
  });
}

/** Names that are not there, that the slice hides, or that tell whose rows they are: for an agent all the same. */
function nameMistake(maker: Maker): Query {
  const { random, material } = maker;
  if (random.chance(0.3)) {
    return over(maker, () =>
      maker.form(
        TYPE.int,
        'mistake: hidden table',
        `(select count(*) from ${random.pick(material.hidden.tables)})`,
      ),
    );
  }
  const [table = '', column = ''] = random.pick(material.hidden.columns).split('.');
  const found = material.tables.find(({ name }) => name === table);
  const query = over(maker, (sources) => {
    const [source] = sources;
    return maker.form(TYPE.int, 'mistake: hidden column', `${source?.alias ?? 'x'}.${column}`);
  });
  if (found === undefined) return query;
  const alias = maker.name('t');
  return {
    ...query,
    from: { node: 'table', alias, table: found.name, product: null, columns: found.columns },
    items: [
      {
        name: 'c1',
        expr: maker.form(TYPE.int, 'mistake: hidden column', random.pick([`${alias}.${column}`, column])),
      },
    ],
    where: null,
  };
}

function typeMistake(maker: Maker): Query {
  return over(maker, (sources) => {
    const columns = columnsOf(sources);
    const texts = columns.filter(({ type }) => type.kind === 'text' || type.kind === 'bool');
    const one = texts.length > 0 ? maker.random.pick(texts) : maker.literal(TYPE.text);
    const fault = maker.random.pick([
      [' + 1::int4', 0],
      [' - now()', 0],
      ['::int4[]', 1],
      [' and true and 1 = 1', 2],
    ] as const);
    return maker.form(TYPE.int, 'mistake: type', '((', one, `)::text${fault[0]})`);
  });
}

function formMistake(maker: Maker): Query {
  const { random } = maker;
  return over(maker, (sources) => {
    const [one, other] = columnsOf(sources);
    return random.pick<() => Expr>([
      () =>
        maker.form(
          TYPE.int,
          'mistake: form',
          'count(*) + length(',
          one ?? maker.literal(TYPE.text),
          '::text)',
        ),
      () => maker.form(TYPE.int, 'mistake: form', 'sum(count(*))'),
      () => maker.form(TYPE.int, 'mistake: form', '1 +'),
      () =>
        maker.form(
          TYPE.int,
          'mistake: form',
          'coalesce(',
          one ?? maker.literal(TYPE.text),
          ', ',
          other ?? maker.literal(TYPE.int),
          ', array[1])',
        ),
    ])();
  });
}
