import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATORS } from '../../src/policy/filter.js';
import { checkFilter, type FilterScope } from '../../src/policy/filter-check.js';
import { column, enumColumn } from './support/catalog.js';

const columns = [
  column('id', 'int'),
  column('big', 'bigint'),
  column('total', 'numeric'),
  column('city', 'text'),
  column('paid', 'boolean'),
  column('day', 'date'),
  column('made_at', 'timestamptz'),
  column('opens', 'time'),
  column('ref', 'uuid'),
  column('data', 'jsonb'),
  column('tags', 'textArray'),
  column('address', 'inet'),
  enumColumn('status', ['open', 'closed']),
];
const customer: FilterScope = {
  columns: new Map([['country', column('country', 'text')]]),
  relations: new Map([['invoice', () => invoice]]),
};
const invoice: FilterScope = {
  columns: new Map(columns.map((one) => [one.name, one])),
  relations: new Map([['customer', () => customer]]),
};

function said(filter: unknown, options?: { readonly boundaryValues: boolean }): readonly string[] {
  return checkFilter(filter, invoice, options).map(
    ({ code, path, message, suggestion }) =>
      `${code} ${path.join('.')}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`,
  );
}

describe('a filter', () => {
  test.each<unknown>([
    {},
    { city: 'Berlin' },
    { city: null },
    { city: ['Berlin', 'Bonn'] },
    { city: [] },
    {
      status: 'open',
      total: { gte: 10, lt: '99.95' },
      or: [{ city: { prefix: 'Ber' } }, { city: null }],
      has: { customer: { country: 'DE' } },
    },
    { not: { and: [{ paid: true }, { day: { gt: '2026-01-31' } }] } },
    { has: { customer: {} } },
    { has: { customer: { has: { invoice: { id: 3 } } } } },
    { big: '9223372036854775807', id: -2147483648 },
    { made_at: { lt: '2026-01-31T18:00:00Z' }, opens: { gte: '09:30' }, day: { lte: '2024-02-29' } },
    { made_at: ['2026-01-31 18:00:00.123+02', 'infinity'] },
    { ref: '7d444840-9dc0-11d1-b245-5ffdce74fad2' },
    { data: { is_null: false }, tags: null },
    { address: '10.0.0.1' },
    { city: '$user' },
    { city: { contains: 'a%b_c\\' } },
  ])('%j is accepted', (filter) => {
    expect(said(filter)).toEqual([]);
  });

  test.each<readonly [unknown, string]>([
    [null, 'input_invalid : expected an object of conditions'],
    [[], 'input_invalid : expected an object of conditions'],
    ['id = 1', 'input_invalid : expected an object of conditions'],
    [{ ctiy: 'x' }, 'unknown_column ctiy: there is no column ctiy (did you mean city?)'],
    [{ AND: [] }, 'unknown_column AND: there is no column AND (did you mean and?)'],
    [
      { customer: { country: 'DE' } },
      'unknown_column customer: there is no column customer (conditions on related rows go under has: { "has": { "customer": { … } } })',
    ],
    [JSON.parse('{"__proto__": 1}'), 'unknown_column __proto__: there is no column __proto__'],
    [{ constructor: 1 }, 'unknown_column constructor: there is no column constructor'],
    [{ total: { '>=': 1 } }, 'unknown_operator total.>=: there is no operator >= (use gte)'],
    [{ total: { $gt: 1 } }, 'unknown_operator total.$gt: there is no operator $gt (use gt)'],
    [{ city: { ilike: 'x' } }, 'unknown_operator city.ilike: there is no operator ilike (use contains)'],
    [
      { city: { toString: 'x' } },
      'unknown_operator city.toString: there is no operator toString (there are eq, ne, gt, gte, lt, lte, in, not_in, prefix, contains, is_null)',
    ],
    [
      { has: { custmer: {} } },
      'unknown_relation has.custmer: there is no relation custmer (did you mean customer?)',
    ],
    [{ has: { customer: { city: 'x' } } }, 'unknown_column has.customer.city: there is no column city'],
    [{ has: {} }, 'input_invalid has: expected { relation: filter }'],
    [{ city: {} }, 'input_invalid city: expected a value or an operator (for example { "eq": … })'],
    [{ or: [] }, 'input_invalid or: expected a list of at least one filter'],
    [{ or: [{}] }, 'input_invalid or.0: is a filter without conditions'],
    [{ not: {} }, 'input_invalid not: is a filter without conditions'],
    [{ and: { id: 1 } }, 'input_invalid and: expected a list of at least one filter'],
    [{ id: 'one' }, 'type_mismatch id: expected a whole number'],
    [{ id: 1.5 }, 'type_mismatch id: expected a whole number'],
    [{ id: 2147483648 }, 'type_mismatch id: expected a whole number from -2147483648 to 2147483647'],
    [{ big: 2 ** 60 }, 'type_mismatch big: a whole number beyond 2^53 is written as text'],
    [{ total: 'ten' }, 'type_mismatch total: expected a number'],
    [{ total: Number.NaN }, 'type_mismatch total: expected a finite number'],
    [{ city: 3 }, 'type_mismatch city: expected text'],
    [{ city: 'a\0b' }, 'type_mismatch city: text with a NUL cannot be in the database'],
    [{ city: 'x'.repeat(10_001) }, 'type_mismatch city: text longer than 10000 characters'],
    [{ city: { prefix: '' } }, 'type_mismatch city.prefix: expected text that is not empty'],
    [{ city: { prefix: ['a'] } }, 'type_mismatch city.prefix: expected text'],
    [
      { id: { prefix: '1' } },
      'type_mismatch id.prefix: prefix does not apply to integer (for this column: eq, ne, gt, gte, lt, lte, in, not_in, is_null)',
    ],
    [{ paid: 'true' }, 'type_mismatch paid: expected true or false'],
    [
      { paid: { gt: false } },
      'type_mismatch paid.gt: gt does not apply to boolean (for this column: eq, ne, in, not_in, is_null)',
    ],
    [
      { day: '2026-02-30' },
      'type_mismatch day: expected a date or time as text: "2026-01-31" or "2026-01-31T18:00:00Z"',
    ],
    [
      { day: 20260131 },
      'type_mismatch day: expected a date or time as text: "2026-01-31" or "2026-01-31T18:00:00Z"',
    ],
    [
      { made_at: '2026-01-31T25:00:00Z' },
      'type_mismatch made_at: expected a date or time as text: "2026-01-31" or "2026-01-31T18:00:00Z"',
    ],
    [{ opens: '9:30' }, 'type_mismatch opens: expected a time of day as text: "18:00:00"'],
    [{ ref: 'me' }, 'type_mismatch ref: expected a uuid'],
    [{ status: 'Open' }, 'type_mismatch status: expected one of open, closed'],
    [{ address: 10 }, 'type_mismatch address: expected inet as text'],
    [{ data: 'x' }, 'type_mismatch data: eq does not apply to jsonb (for this column: is_null)'],
    [{ tags: ['x'] }, 'type_mismatch tags: in does not apply to text[] (for this column: is_null)'],
    [
      { city: ['a', null] },
      'type_mismatch city.1: nothing equals null or is ordered by it (use { "is_null": true } or { "is_null": false })',
    ],
    [
      { city: { eq: null } },
      'type_mismatch city.eq: nothing equals null or is ordered by it (use { "is_null": true } or { "is_null": false })',
    ],
    [{ city: { in: 'a' } }, 'type_mismatch city.in: expected a list of values'],
    [{ city: { is_null: 'yes' } }, 'type_mismatch city.is_null: expected true or false'],
    [{ city: undefined }, 'type_mismatch city: expected text'],
    [
      { city: Array.from({ length: 501 }, () => 'a') },
      'limit_exceeded city: a list holds more than 500 values (ask in parts)',
    ],
  ])('%j is refused', (filter, complaint) => {
    expect(said(filter)).toEqual([complaint]);
  });

  test('has all that is wrong with it named', () => {
    expect(said({ ctiy: 1, or: [{ id: 'x' }, { has: { customer: { country: 4 } } }] })).toEqual([
      'unknown_column ctiy: there is no column ctiy (did you mean city?)',
      'type_mismatch or.0.id: expected a whole number',
      'type_mismatch or.1.has.customer.country: expected text',
    ]);
  });

  test('takes the values of the boundary where it may, and nothing like them', () => {
    const rule = { boundaryValues: true };
    expect(
      said({ id: '$user', ref: { ne: '$tenant' }, city: ['$role', 'x'], big: '$workspace' }, rule),
    ).toEqual([]);
    expect(said({ id: '$usr' }, rule)).toEqual([
      'input_invalid id: $usr is no value of the boundary (there are $tenant, $workspace, $user, $role)',
    ]);
    expect(said({ city: '$5 off' }, rule)).toEqual([]);
    expect(said({ id: '$user' })).toEqual(['type_mismatch id: expected a whole number']);
  });

  test('may be nested eight deep and no deeper', () => {
    const nested = (depth: number): unknown => (depth === 1 ? { id: 1 } : { not: nested(depth - 1) });
    expect(said(nested(8))).toEqual([]);
    expect(said(nested(9))).toEqual([
      expect.stringMatching(/^limit_exceeded (not\.?){8}: conditions are nested deeper than 8/),
    ]);
    expect(said(nested(5_000))).toHaveLength(1);
  });

  test('may hold two hundred conditions and no more, however they are spread', () => {
    const conditions = (count: number): unknown[] => Array.from({ length: count }, (_, id) => ({ id }));
    expect(said({ and: conditions(200) })).toEqual([]);
    expect(said({ and: conditions(201) })).toEqual([
      expect.stringMatching(/^limit_exceeded and: more than 200 conditions/),
    ]);
    expect(said({ and: conditions(150), or: conditions(150) })).toEqual([
      expect.stringMatching(/^limit_exceeded or\.50\.id: more than 200 conditions/),
    ]);
  });

  test('of any shape gets an answer, and no key of an object’s prototype is taken for a word', () => {
    const key = fc.oneof(
      fc.constantFrom(
        ...columns.map(({ name }) => name),
        ...Object.keys(OPERATORS),
        'and',
        'or',
        'not',
        'has',
        'customer',
      ),
      fc.constantFrom('constructor', 'hasOwnProperty', 'valueOf'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('any')),
        fc.dictionary(key, tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(value, (filter) => {
        for (const { message, path } of checkFilter(filter, invoice)) {
          expect(message).not.toBe('');
          expect(Array.isArray(path)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
