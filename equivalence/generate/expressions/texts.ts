/** Texts. A number becomes text only when its digits are fixed; what grows is cut. */
import { type Expr, type Part, TYPE } from '../../statement/ast.js';
import type { At, Makers } from '../expression.js';

const text = (at: At, feature: string, ...parts: readonly Part[]): Expr =>
  at.maker.form(TYPE.text, feature, ...parts);

export const texts: { readonly text: Makers } = {
  text: [
    [
      4,
      (at) =>
        text(
          at,
          'case of text',
          `${at.maker.random.pick(['lower', 'upper', 'initcap', 'reverse'])}(`,
          at.part(TYPE.text),
          ')',
        ),
    ],
    [4, (at) => text(at, 'concatenation', '(', at.part(TYPE.text), ' || ', at.part(TYPE.text), ')')],
    [
      2,
      (at) =>
        text(
          at,
          'concat',
          'concat(',
          at.part(TYPE.text),
          ', ',
          at.part(TYPE.int),
          ', ',
          at.part(TYPE.text),
          ')',
        ),
    ],
    [1, (at) => text(at, 'concat', "concat_ws('-', ", at.part(TYPE.text), ', ', at.part(TYPE.text), ')')],
    [
      2,
      (at) =>
        text(
          at,
          'part of text',
          `${at.maker.random.pick(['left', 'right', 'substr'])}(`,
          at.part(TYPE.text),
          `, ${at.maker.random.between(1, 6)})`,
        ),
    ],
    [1, (at) => text(at, 'part of text', 'substring(', at.part(TYPE.text), ' from 2 for 3)')],
    [
      1,
      (at) =>
        text(
          at,
          'part of text',
          'split_part(',
          at.part(TYPE.text),
          `, ${at.maker.random.pick(["' '", "'@'", "'a'"])}, ${at.maker.random.pick(['1', '2', '-1'])})`,
        ),
    ],
    [
      1,
      (at) =>
        text(
          at,
          'trim',
          `${at.maker.random.pick(['trim', 'ltrim', 'rtrim', 'btrim'])}(`,
          at.part(TYPE.text),
          ')',
        ),
    ],
    [
      1,
      (at) =>
        text(
          at,
          'replace',
          'replace(',
          at.part(TYPE.text),
          ', ',
          at.maker.literal(TYPE.text),
          ', ',
          at.maker.literal(TYPE.text),
          ')',
        ),
    ],
    [
      1,
      (at) => text(at, 'regular expression', 'regexp_replace(', at.part(TYPE.text), ", '[aeiou]', '#', 'g')"),
    ],
    [1, (at) => text(at, 'translate', 'translate(', at.part(TYPE.text), ", 'abc', 'xyz')")],
    [
      1,
      (at) =>
        text(
          at,
          'pad',
          `${at.maker.random.pick(['lpad', 'rpad'])}(`,
          at.part(TYPE.text),
          `, ${at.maker.random.between(1, 12)}, '*')`,
        ),
    ],
    [1, (at) => text(at, 'repeat', 'repeat(left(', at.part(TYPE.text), ', 5), 2)')],
    [1, (at) => text(at, 'digest', 'md5(', at.part(TYPE.text), ')')],
    [1, (at) => text(at, 'format', "format('%s-%s', ", at.part(TYPE.text), ', ', at.part(TYPE.int), ')')],
    [
      1,
      (at) =>
        text(
          at,
          'quote',
          `${at.maker.random.pick(['quote_literal', 'quote_nullable'])}(`,
          at.part(TYPE.text),
          ')',
        ),
    ],
    [
      3,
      (at) =>
        text(
          at,
          'text cast',
          at.part(
            at.maker.random.pick([
              TYPE.int,
              TYPE.bool,
              TYPE.date,
              TYPE.uuid,
              TYPE.timestamptz,
              TYPE.timestamp,
              TYPE.texts,
              TYPE.ints,
            ]),
          ),
          '::text',
        ),
    ],
    [1, (at) => text(at, 'text cast', 'cast(round(', at.part(TYPE.numeric), ', 4) as text)')],
    [1, (at) => text(at, 'varchar cast', at.part(TYPE.text), '::varchar(4)')],
    [
      1,
      (at) =>
        text(
          at,
          'date as text',
          'to_char(',
          at.part(at.maker.random.pick([TYPE.date, TYPE.timestamp])),
          `, '${at.maker.random.pick(['YYYY-MM', 'Day', 'DD.MM.YY', 'IW'])}')`,
        ),
    ],
    [1, (at) => text(at, 'number as text', 'to_char(', at.part(TYPE.int), ", '999990')")],
    [
      1,
      (at) =>
        text(
          at,
          'jsonb field',
          '(',
          at.part(TYPE.jsonb),
          ` ->> ${at.maker.random.pick(["'a'", "'b'", '0'])})`,
        ),
    ],
    [1, (at) => text(at, 'jsonb path', '(', at.part(TYPE.jsonb), " #>> '{b,a}')")],
    [1, (at) => text(at, 'jsonb type', 'jsonb_typeof(', at.part(TYPE.jsonb), ')')],
    [1, (at) => text(at, 'joined array', 'array_to_string(', at.part(TYPE.texts), ", ',', '∅')")],
    [1, (at) => text(at, 'element', '(', at.part(TYPE.texts), ')[1]')],
    [1, (at) => text(at, 'hex', 'encode(', at.part(TYPE.bytea), ", 'hex')")],
    [1, (at) => text(at, 'collation', '(', at.part(TYPE.text), ' collate "C")')],
    [1, (at) => text(at, 'overlay', 'overlay(', at.part(TYPE.text), " placing '##' from 2)")],
  ],
};
