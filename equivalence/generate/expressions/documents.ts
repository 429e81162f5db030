/** Documents, arrays, bytes and the like. */
import { type Expr, type Part, TYPE, type Type } from '../../statement/ast.js';
import type { At, Makers } from '../expression.js';
import { arrayQuery } from '../subquery.js';
import { twice } from './numbers.js';

const of =
  (type: Type) =>
  (at: At, feature: string, ...parts: readonly Part[]): Expr =>
    at.maker.form(type, feature, ...parts);
const jsonb = of(TYPE.jsonb);
const texts = of(TYPE.texts);
const ints = of(TYPE.ints);
const bytes = of(TYPE.bytea);

/** Values whose JSON is the same for values that are equal. */
const plain = (at: At): Type =>
  at.maker.random.pick([TYPE.text, TYPE.int, TYPE.bool, TYPE.date, TYPE.texts, TYPE.ints]);

export const documents: {
  readonly jsonb: Makers;
  readonly texts: Makers;
  readonly ints: Makers;
  readonly bytea: Makers;
} = {
  jsonb: [
    [
      2,
      (at) =>
        jsonb(
          at,
          'jsonb field',
          '(',
          at.part(TYPE.jsonb),
          ` -> ${at.maker.random.pick(["'a'", "'b'", '0', '-1'])})`,
        ),
    ],
    [3, (at) => jsonb(at, 'to jsonb', 'to_jsonb(', at.part(plain(at)), ')')],
    [
      2,
      (at) =>
        jsonb(
          at,
          'jsonb built',
          "jsonb_build_object('a', ",
          at.part(plain(at)),
          ", 'z', ",
          at.part(plain(at)),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        jsonb(at, 'jsonb built', 'jsonb_build_array(', at.part(plain(at)), ', ', at.part(TYPE.jsonb), ')'),
    ],
    [1, (at) => jsonb(at, 'jsonb path', '(', at.part(TYPE.jsonb), " #> '{b,a}')")],
    [1, (at) => jsonb(at, 'jsonb stripped', 'jsonb_strip_nulls(', at.part(TYPE.jsonb), ')')],
    [1, (at) => jsonb(at, 'jsonpath', 'jsonb_path_query_first(', at.part(TYPE.jsonb), ", '$.*')")],
    [
      1,
      (at) =>
        jsonb(
          at,
          'jsonb without a key',
          'case when jsonb_typeof(',
          ...twice(at.part(TYPE.jsonb), ") = 'object' then "),
          " - 'a' end",
        ),
    ],
    [2, wholeRow],
  ],
  texts: [
    [
      2,
      (at) => texts(at, 'array built', 'array[', at.part(TYPE.text), ', ', at.part(TYPE.text), ']::text[]'),
    ],
    [2, (at) => texts(at, 'array appended', '(', at.part(TYPE.texts), ' || ', at.part(TYPE.text), '::text)')],
    [1, (at) => texts(at, 'array appended', '(', at.part(TYPE.texts), ' || ', at.part(TYPE.texts), ')')],
    [
      1,
      (at) =>
        texts(
          at,
          'array without',
          'array_remove(',
          at.part(TYPE.texts),
          ', ',
          at.maker.literal(TYPE.text),
          ')',
        ),
    ],
    [1, (at) => texts(at, 'slice of an array', '(', at.part(TYPE.texts), ')[1:2]')],
    [1, (at) => texts(at, 'text split', 'string_to_array(', at.part(TYPE.text), ", ' ')")],
    [1, (at) => texts(at, 'text split', 'regexp_split_to_array(', at.part(TYPE.text), ", '[ ,]+')")],
    [2, (at) => arrayQuery(at.maker, at.scope, TYPE.text, TYPE.texts, at.depth - 1)],
  ],
  ints: [
    [
      2,
      (at) =>
        ints(
          at,
          'array built',
          'array[(',
          at.part(TYPE.int),
          ' % 1000)::int4, (',
          at.part(TYPE.int),
          ' % 1000)::int4]',
        ),
    ],
    [
      1,
      (at) =>
        ints(at, 'array appended', '(', at.part(TYPE.ints), ' || (', at.part(TYPE.int), ' % 1000)::int4)'),
    ],
    [1, (at) => ints(at, 'slice of an array', '(', at.part(TYPE.ints), ')[2:]')],
    [1, (at) => ints(at, 'array without', 'array_remove(', at.part(TYPE.ints), ', 1)')],
  ],
  bytea: [
    [1, (at) => bytes(at, 'bytes', 'substring(', at.part(TYPE.bytea), ' from 1 for 2)')],
    [1, (at) => bytes(at, 'bytes', 'convert_to(', at.part(TYPE.text), ", 'UTF8')")],
    [1, (at) => bytes(at, 'bytes', '(', at.part(TYPE.bytea), ' || ', at.part(TYPE.bytea), ')')],
    [1, (at) => bytes(at, 'digest', 'sha256(', at.part(TYPE.bytea), ')')],
  ],
};

/** A row of a table as a document: what a mask or a hidden column would show in, if anywhere. */
function wholeRow(at: At): Expr {
  const { maker, scope } = at;
  // Grouped rows are not whole; a float's or a numeric's digits may differ where rows are equal.
  const sources = scope.only === undefined ? scope.sources.filter(({ table }) => table !== undefined) : [];
  if (sources.length === 0) return jsonb(at, 'to jsonb', 'to_jsonb(', at.part(plain(at)), ')');
  const { alias } = maker.random.pick(sources);
  return jsonb(at, 'whole row', `${maker.random.pick(['to_jsonb', 'row_to_json'])}(${alias})::jsonb`);
}
