/** Aggregates and window functions, those that have one answer: orders inside them are complete, floats are not added up. */
import { type Expr, type Part, TYPE, type Type } from '../statement/ast.js';
import { expression } from './expression.js';
import type { Maker, Scope } from './maker.js';

type Makers = readonly (readonly [number, () => Expr])[];

/** An aggregate that gives the type, or undefined where there is none. One over columns of the query around would be that query's. */
export function aggregate(maker: Maker, { sources, rows }: Scope, type: Type): Expr | undefined {
  const scope: Scope = { sources, rows, outer: [] };
  const { random } = maker;
  const arg = (of: Type): Expr => expression(maker, scope, of, random.pick([0, 0, 1, 2]));
  const filter = (): readonly Part[] =>
    random.chance(0.2) ? [' filter (where ', expression(maker, scope, TYPE.bool, 1), ')'] : [];
  const form = (feature: string, ...parts: readonly Part[]): Expr =>
    maker.form(type, feature, ...parts, ...filter());
  const distinct = (): string => random.pick(['', '', 'distinct ']);
  const extreme = (): Expr => form('min and max', `${random.pick(['min', 'max'])}(`, arg(type), ')');
  /** `x order by x`: what ties is the same. */
  const sorted = (of: Type): readonly Part[] => {
    const value = arg(of);
    const direction = random.pick(['', ' desc', ' nulls first', ' desc nulls last']);
    return random.chance(0.3)
      ? [value, ' order by ', arg(TYPE.int), ', ', value, direction]
      : [value, ' order by ', value, direction];
  };
  const unique = (of: Type): readonly Part[] => {
    const value = arg(of);
    return random.chance(0.3) ? ['distinct ', value, ' order by ', value] : sorted(of);
  };
  const makers: Partial<Record<Type['kind'], Makers>> = {
    int: [
      [5, () => form('count', 'count(*)')],
      [3, () => form('count', `count(${distinct()}`, arg(maker.type(scope)), ')')],
      [2, extreme],
      [
        1,
        () => form('bit aggregate', `${random.pick(['bit_and', 'bit_or', 'bit_xor'])}(`, arg(TYPE.int), ')'),
      ],
      [1, () => form('ordered set', 'percentile_disc(0.5) within group (order by ', arg(TYPE.int), ')')],
      [1, () => form('mode', 'mode() within group (order by ', arg(TYPE.int), ')')],
      [1, () => form('sum', `sum(${distinct()}(`, arg(TYPE.int), ' % 1000)::int4)')],
    ],
    numeric: [
      [4, () => form('sum', `sum(${distinct()}`, arg(TYPE.numeric), ')')],
      [3, () => form('sum', `sum(${distinct()}`, arg(TYPE.int), '::numeric)')],
      [2, () => form('avg', `avg(${distinct()}round(`, arg(TYPE.numeric), ', 4))')],
      [2, () => form('avg', `avg(${distinct()}`, arg(TYPE.int), '::numeric)')],
      [2, extreme],
      [
        1,
        () =>
          form(
            'variance',
            `${random.pick(['variance', 'stddev_pop', 'var_pop'])}(round(`,
            arg(TYPE.numeric),
            ', 4))',
          ),
      ],
      [
        1,
        () =>
          form('ordered set', 'percentile_disc(0.25) within group (order by ', arg(TYPE.numeric), ' desc)'),
      ],
    ],
    float: [[1, extreme]],
    text: [
      [4, extreme],
      [3, () => form('string_agg', 'string_agg(', ...stringSorted(unique(TYPE.text)), ')')],
      [1, () => form('mode', 'mode() within group (order by ', arg(TYPE.text), ')')],
    ],
    bool: [
      [
        1,
        () =>
          form('bool aggregate', `${random.pick(['bool_and', 'bool_or', 'every'])}(`, arg(TYPE.bool), ')'),
      ],
    ],
    date: [[1, extreme]],
    timestamp: [[1, extreme]],
    timestamptz: [[1, extreme]],
    enum: [[1, extreme]],
    texts: [
      [
        3,
        () =>
          maker.form(
            type,
            'array_agg',
            form('array_agg', 'array_agg(', ...unique(TYPE.text), ')'),
            '::text[]',
          ),
      ],
      [1, extreme],
    ],
    ints: [[1, extreme]],
    jsonb: [
      [
        2,
        () => form('jsonb_agg', 'jsonb_agg(', ...unique(random.pick([TYPE.text, TYPE.int, TYPE.date])), ')'),
      ],
      [1, () => objectOf()],
    ],
  };
  const objectOf = (): Expr => {
    const [key, value] = [arg(TYPE.text), arg(TYPE.int)];
    return form(
      'jsonb_object_agg',
      'jsonb_object_agg(coalesce(',
      key,
      ", '∅'), ",
      value,
      ' order by ',
      key,
      ', ',
      value,
      ')',
    );
  };
  const own = makers[type.kind];
  return own === undefined ? undefined : random.weighted(own)();
}

/** The separator comes after the value. */
function stringSorted(parts: readonly Part[]): readonly Part[] {
  const at = parts.findIndex((part) => typeof part === 'string' && part.includes(' order by '));
  return [...parts.slice(0, at), ", ', '", ...parts.slice(at)];
}

/** A window function that gives the type. What depends on the place of a row among others is ordered by every column. */
export function windowed(maker: Maker, scope: Scope, type: Type): Expr | undefined {
  const { random } = maker;
  const arg = (of: Type): Expr => expression(maker, scope, of, random.pick([0, 0, 1]));
  const partition = (): readonly Part[] =>
    random.chance(0.6) ? ['partition by ', arg(maker.type(scope))] : [];
  const order = (): readonly Part[] => [
    ' order by ',
    arg(maker.type(scope)),
    random.pick(['', ' desc', ' nulls first']),
  ];
  const total = (): readonly Part[] => [...order(), ', ', { node: 'every' }];
  const over = (call: readonly Part[], feature: string, inside: readonly Part[], frame = ''): Expr =>
    maker.form(type, feature, ...call, ' over (', ...partition(), ...inside, frame, ')');
  const place = (name: string, ...args: readonly Part[]): Expr =>
    over([`${name}(`, ...args, ')'], `window ${name}`, total());
  const frame = (): string =>
    random.pick([
      '',
      ' rows 2 preceding',
      ' rows between 1 preceding and 1 following',
      ' rows between current row and unbounded following exclude current row',
    ]);
  const peers = (): string =>
    random.pick([
      '',
      ' range between unbounded preceding and current row',
      ' groups between 1 preceding and current row',
      ' groups between current row and 1 following exclude ties',
    ]);
  const shift = (): Expr => place(random.pick(['lag', 'lead', 'first_value', 'last_value']), arg(type));
  const folded = (): Expr | undefined => {
    const made = aggregateOver(maker, scope, type);
    if (made === undefined) return undefined;
    const [inside, how] = random.pick<readonly [readonly Part[], string]>([
      [[], ''],
      [order(), peers()],
      [total(), frame()],
    ]);
    return over([made], 'window aggregate', inside, how);
  };
  const makers: Makers = [
    ...(type.kind === 'int'
      ? ([
          [2, () => place('row_number')],
          [2, () => over([`${random.pick(['rank', 'dense_rank'])}()`], 'window rank', order())],
          [1, () => place('ntile', '3')],
          [1, () => over(['count(*)'], 'window count', random.pick([[], order()]))],
        ] as const)
      : []),
    [2, shift],
  ];
  return random.chance(0.4) ? folded() : random.weighted(makers)();
}

/** Aggregates that windows take: without an order of their own, without DISTINCT. */
function aggregateOver(maker: Maker, scope: Scope, type: Type): Expr | undefined {
  const arg = expression(maker, scope, type, 1);
  switch (type.kind) {
    case 'numeric':
      return maker.form(type, 'sum', 'sum(', arg, ')');
    case 'int':
      return maker.form(type, 'count', 'count(', arg, ')');
    case 'bool':
      return maker.form(type, 'bool aggregate', 'bool_and(', arg, ')');
    case 'text':
    case 'date':
    case 'timestamp':
    case 'timestamptz':
    case 'enum':
      return maker.form(type, 'min and max', `${maker.random.pick(['min', 'max'])}(`, arg, ')');
    default:
      return undefined;
  }
}
