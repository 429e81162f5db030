/**
 * Numbers. Whole ones are widened before they are added, and multiplied as numeric, so that nothing overflows; a numeric that is divided
 * is rounded before and after, since 1.5 and 1.50 are equal and their quotients have different digits; floats are never added up.
 */
import { type Expr, type Part, TYPE, type Type } from '../../statement/ast.js';
import type { At, Makers } from '../expression.js';

const int = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.int, feature, ...parts);
const numeric = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.numeric, feature, ...parts);
const float = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.float, feature, ...parts);
const anyTime = (at: At): Type => at.maker.random.pick([TYPE.date, TYPE.timestamp]);

/** A whole number that arithmetic can be done with: as far from the ends of its type as any sum here can reach. */
const small = (at: At): readonly Part[] => ['(', at.part(TYPE.int), ' % 1000003)::int8'];

export const numbers: { readonly int: Makers; readonly numeric: Makers; readonly float: Makers } = {
  int: [
    [
      5,
      (at) =>
        int(
          at,
          'integer arithmetic',
          '(',
          ...small(at),
          at.maker.random.pick([' + ', ' - ', ' * ']),
          ...small(at),
          ')',
        ),
    ],
    [2, (at) => int(at, 'modulo', '(', at.part(TYPE.int), ` % ${at.maker.random.pick(['7', '2', '10'])})`)],
    [1, (at) => int(at, 'integer division', '(', at.part(TYPE.int), ' / nullif(', ...small(at), ', 0))')],
    [1, (at) => int(at, 'abs', 'abs(', ...small(at), ')')],
    [
      1,
      (at) =>
        int(at, 'bits', '(', ...small(at), at.maker.random.pick([' & ', ' | ', ' # ']), ...small(at), ')'),
    ],
    [
      3,
      (at) =>
        int(
          at,
          'length',
          `${at.maker.random.pick(['length', 'char_length', 'octet_length', 'ascii'])}(`,
          at.part(TYPE.text),
          ')',
        ),
    ],
    [1, (at) => int(at, 'position', 'strpos(', at.part(TYPE.text), ', ', at.maker.literal(TYPE.text), ')')],
    [
      1,
      (at) => int(at, 'position', 'position(', at.maker.literal(TYPE.text), ' in ', at.part(TYPE.text), ')'),
    ],
    [
      1,
      (at) =>
        int(at, 'cardinality', 'cardinality(', at.part(at.maker.random.pick([TYPE.ints, TYPE.texts])), ')'),
    ],
    [
      1,
      (at) =>
        int(
          at,
          'array length',
          'array_length(',
          at.part(at.maker.random.pick([TYPE.ints, TYPE.texts])),
          ', 1)',
        ),
    ],
    [
      1,
      (at) =>
        int(
          at,
          'array position',
          'array_position(',
          at.part(TYPE.texts),
          ', ',
          at.maker.literal(TYPE.text),
          ')',
        ),
    ],
    [1, (at) => int(at, 'element', '(', at.part(TYPE.ints), ')[1]')],
    [1, (at) => int(at, 'date difference', '(', at.part(TYPE.date), ' - ', at.part(TYPE.date), ')')],
    [1, (at) => int(at, 'bytes', 'length(', at.part(TYPE.bytea), ')')],
    [1, (at) => int(at, 'integer cast', at.part(TYPE.bool), '::int4')],
    [
      1,
      (at) =>
        int(
          at,
          'nulls counted',
          `num_${at.maker.random.pick(['', 'non'])}nulls(`,
          at.part(at.maker.type(at.scope)),
          ', ',
          at.part(TYPE.text),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        int(
          at,
          'jsonb length',
          'case when jsonb_typeof(',
          ...twice(at.part(TYPE.jsonb), ") = 'array' then jsonb_array_length("),
          ') end',
        ),
    ],
  ],
  numeric: [
    [
      5,
      (at) =>
        numeric(
          at,
          'numeric arithmetic',
          '(',
          at.part(TYPE.numeric),
          at.maker.random.pick([' + ', ' - ', ' * ']),
          at.part(TYPE.numeric),
          ')',
        ),
    ],
    [
      3,
      (at) =>
        numeric(
          at,
          'division',
          'round(round(',
          at.part(TYPE.numeric),
          ', 4) / nullif(round(',
          at.part(TYPE.numeric),
          ', 4), 0), 6)',
        ),
    ],
    [
      2,
      (at) =>
        numeric(
          at,
          'round',
          `${at.maker.random.pick(['round', 'trunc'])}(`,
          at.part(TYPE.numeric),
          `, ${at.maker.random.pick(['0', '1', '2', '-1'])})`,
        ),
    ],
    [
      2,
      (at) =>
        numeric(
          at,
          'ceil',
          `${at.maker.random.pick(['ceil', 'floor', 'abs', 'sign', '-', '+'])}(`,
          at.part(TYPE.numeric),
          ')',
        ),
    ],
    [2, (at) => numeric(at, 'numeric cast', at.part(TYPE.int), '::numeric')],
    [
      1,
      (at) => numeric(at, 'mod', 'mod(', at.part(TYPE.numeric), ', nullif(', at.part(TYPE.numeric), ', 0))'),
    ],
    [
      2,
      (at) =>
        numeric(
          at,
          'extract',
          `extract(${at.maker.random.pick(['year', 'month', 'day', 'dow', 'quarter', 'week'])} from `,
          at.part(anyTime(at)),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        numeric(
          at,
          'extract',
          'extract(epoch from ',
          at.part(TYPE.timestamptz),
          ' - ',
          at.part(TYPE.timestamptz),
          ')',
        ),
    ],
  ],
  float: [
    [
      3,
      (at) =>
        float(
          at,
          'float arithmetic',
          '(',
          at.part(TYPE.float),
          at.maker.random.pick([' * 2', ' + 1', ' - 0.5']),
          ')',
        ),
    ],
    [2, (at) => float(at, 'float cast', '(', at.part(TYPE.int), ' % 1000)::float8')],
    [1, (at) => float(at, 'abs', 'abs(', at.part(TYPE.float), ')')],
  ],
};

/** The same expression in two places. */
export function twice(expr: Expr, between: string): readonly Part[] {
  return [expr, between, expr];
}
