/** Conditions. */
import { type Expr, type Part, TYPE } from '../../statement/ast.js';
import type { At, Makers } from '../expression.js';
import { existsQuery, inQuery, quantifiedQuery } from '../subquery.js';
import {
  anyOf,
  betweenTwo,
  comparable,
  comparison,
  distinctFrom,
  inList,
  ORDERS,
  rowComparison,
} from './comparisons.js';

const PATTERNS = ['%a%', 'A%', '%e', '_n%', '%', '', '%Ann%', '%1%', "%'%", '100 \\% %'];
const REGULAR = ['^A', 'a.*e', '[0-9]+', 'x|y', '^$', '(?i)ann', '\\d{3}'];

const form = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.bool, feature, ...parts);

export const bools: { readonly bool: Makers } = {
  bool: [
    [14, comparison],
    [4, distinctFrom],
    [
      4,
      (at) =>
        form(
          at,
          'null test',
          '(',
          at.part(at.maker.type(at.scope)),
          ` is ${at.maker.random.pick(['', 'not '])}null)`,
        ),
    ],
    [
      2,
      (at) =>
        form(
          at,
          'truth test',
          '(',
          at.part(TYPE.bool),
          ` is ${at.maker.random.pick(['', 'not '])}${at.maker.random.pick(['true', 'false', 'unknown'])})`,
        ),
    ],
    [
      7,
      (at) =>
        form(
          at,
          'and',
          '(',
          at.part(TYPE.bool),
          at.maker.random.pick([' and ', ' or ', ' or ', ' or ']),
          at.part(TYPE.bool),
          ')',
        ),
    ],
    [3, (at) => form(at, 'not', '(not ', at.part(TYPE.bool), ')')],
    [3, betweenTwo],
    [4, inList],
    [3, anyOf],
    [
      3,
      (at) =>
        form(
          at,
          'like',
          '(',
          at.part(TYPE.text),
          ` ${at.maker.random.pick(['like', 'not like', 'ilike', 'not ilike'])} `,
          at.maker.constant(TYPE.text, at.maker.random.pick(PATTERNS)),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        form(
          at,
          'regular expression',
          '(',
          at.part(TYPE.text),
          ` ${at.maker.random.pick(['~', '!~', '~*'])} `,
          at.maker.constant(TYPE.text, at.maker.random.pick(REGULAR)),
          ')',
        ),
    ],
    [1, (at) => form(at, 'starts with', '(', at.part(TYPE.text), ' ^@ ', at.maker.literal(TYPE.text), ')')],
    [0.5, (at) => form(at, 'similar to', '(', at.part(TYPE.text), " similar to '(A|a|p)%')")],
    [2, rowComparison],
    [4, (at) => existsQuery(at.maker, at.scope, at.depth - 1)],
    [4, (at) => inQuery(at.maker, at.scope, comparable(at), at.depth - 1)],
    [
      2,
      (at) => quantifiedQuery(at.maker, at.scope, comparable(at), at.maker.random.pick(ORDERS), at.depth - 1),
    ],
    [
      2,
      (at) =>
        form(
          at,
          'array containment',
          '(',
          at.part(TYPE.texts),
          ` ${at.maker.random.pick(['@>', '<@', '&&'])} `,
          at.maker.literal(TYPE.texts),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        form(
          at,
          'array containment',
          '(',
          at.part(TYPE.ints),
          ` ${at.maker.random.pick(['@>', '<@', '&&'])} `,
          at.maker.literal(TYPE.ints),
          ')',
        ),
    ],
    [
      2,
      (at) =>
        form(
          at,
          'jsonb containment',
          '(',
          at.part(TYPE.jsonb),
          ` ${at.maker.random.pick(['@>', '<@'])} `,
          at.maker.literal(TYPE.jsonb),
          ')',
        ),
    ],
    [
      2,
      (at) =>
        form(
          at,
          'jsonb key',
          '(',
          at.part(TYPE.jsonb),
          ` ${at.maker.random.pick(["? 'a'", "?| array['a', 'x']", "?& array['a', 'b']"])})`,
        ),
    ],
    [
      1,
      (at) =>
        form(
          at,
          'jsonpath',
          '(',
          at.part(TYPE.jsonb),
          ` ${at.maker.random.pick(["@? '$.a'", "@? '$.* ? (@ == 1)'", "@@ '$.a == 2'"])})`,
        ),
    ],
    [
      1,
      (at) =>
        form(
          at,
          'overlaps',
          '((',
          at.part(TYPE.date),
          ', ',
          at.part(TYPE.date),
          ') overlaps (',
          at.part(TYPE.date),
          ', ',
          at.part(TYPE.date),
          '))',
        ),
    ],
  ],
};
