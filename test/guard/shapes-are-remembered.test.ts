/** A statement that differs from an earlier one in its literals alone is answered from memory, and must be answered as if it were not. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createGuard, type Guard } from '../../src/guard/guard.js';
import { shapeOf } from '../../src/guard/shape.js';
import type { GuardedStatement } from '../../src/guard/statement.js';
import { pickBySeed, randomSelect, type Vocabulary } from './support/random-sql.js';
import { shopSlice } from './support/shop.js';
import { SHOP_STATEMENTS } from './support/shop-statements.js';

let guard: Guard;
beforeAll(async () => {
  guard = await createGuard();
});

function allowed(text: string, slice = shopSlice()): GuardedStatement {
  const verdict = guard.judge(text, slice);
  if ('rule' in verdict) throw new Error(`${text}: ${verdict.reason}`);
  return verdict;
}

/** Whether the second is answered from what the first left behind. */
function isRemembered(first: string, second: string): boolean {
  const slice = shopSlice();
  return allowed(first, slice).opaque === allowed(second, slice).opaque;
}

/** Asks for both with one slice, and for the second with another one that has nothing to remember. */
function expectTheSame(first: string, second: string): void {
  const slice = shopSlice();
  guard.judge(first, slice);
  expect(guard.judge(second, slice), `${first} ⇒ ${second}`).toEqual(guard.judge(second, shopSlice()));
}

describe('a shape', () => {
  it.each([
    ["select 'a', 1, 2.5", "select 'b', 17, 0.25"],
    ["select * from customer where name = 'Ada'", "select * from customer where name = 'O''Hara'"],
    ["select * from customer where name = 'Ada'", "select * from customer where name = '--'"],
    ['select * from customer where id = -5', 'select * from customer where id = -0'],
    ['select id - 5 from customer', 'select id - 6 from customer'],
    ['select - 5, id - -6 from customer', 'select - 7, id - -8 from customer'],
    ['select -5::int, 2 ^ - 1.5', 'select -7::int, 2 ^ - 2.5'],
    ["select interval '1 day', date '2024-01-01'", "select interval '2 days', date '2024-02-02'"],
    ['select id from invoice where total > 10 limit 5', 'select id from invoice where total > 20 limit 5'],
    [
      'select id % 2, count(*) from invoice where id > 3 group by id % 2',
      'select id % 2, count(*) from invoice where id > 4 group by id % 2',
    ],
    [
      'select "name", E as e from (select \'x\' as E, name from customer) q',
      'select "name", E as e from (select \'y\' as E, name from customer) q',
    ],
    [
      "select name from customer where name in ('a', 'b')",
      "select name from customer where name in ('c', '')",
    ],
  ])('%s is remembered for %s', (first, second) => {
    expect(isRemembered(first, second)).toBe(true);
    expectTheSame(first, second);
  });

  it.each([
    // The value decides what is written.
    ['select id from invoice limit 5', 'select id from invoice limit 5000'],
    ['select id, total from invoice order by 1', 'select id, total from invoice order by 2'],
    [
      'select id % 2, count(*) from invoice group by id % 2',
      'select id % 3, count(*) from invoice group by id % 3',
    ],
    [
      'select id % 2, count(*) from invoice group by id % 2',
      'select id % 2, count(*) from invoice group by id % 3',
    ],
    [
      "select array_agg(distinct name || 'a' order by name || 'a') from customer",
      "select array_agg(distinct name || 'b' order by name || 'b') from customer",
    ],
    ['select 1::numeric(5, 2)', 'select 1::numeric(6, 2)'],
    ["select interval '1' second(2)", "select interval '1' second(3)"],
    ['select 1 from customer fetch first 2 rows only', 'select 1 from customer fetch first 3 rows only'],
    // The literal is of another kind, or more than a literal.
    ['select 1', 'select 1.0'],
    ['select 1', "select '1'"],
    ['select 1', 'select 1234567890'],
    ['select 1', 'select 1e3'],
    ["select 'a'", "select E'a'"],
    ["select 'a'", "select 'a\\'"],
    ["select 'a'", "select 'ä'"],
    ["select 'a'\n'b'", "select 'a'\n'c'"],
    ['select - 1', 'select + 1'],
    // The longer one is looked at more closely.
    [`select '${'x'.repeat(2_000)}'`, `select '${'x'.repeat(2_100)}'`],
    ['select - -1', 'select - -2'],
  ])('%.50s is not taken for %.50s', (first, second) => {
    expect(isRemembered(first, second)).toBe(false);
    expectTheSame(first, second);
  });

  it.each([
    'select $$a$$',
    "select 'a' -- 'b'",
    "select /* 'x' */ 'a'",
    "select U&'a'",
    'select U&"a"',
    "select N'a'",
    "select x'1f'",
    "select 'a",
    'select "a',
    'select 1a',
    'select 1.',
    'select .5',
    'select 1..2',
    'select 1_000',
    "select '\n'",
    "select 'a\\'",
    'select ä',
    'select \0',
    'select 1.5.6',
    "select e'a'",
    "select date'2024-01-01'",
    'select $1',
    `select '${'x'.repeat(5_000)}'`,
  ])('is not read from %j', (text) => {
    expect(shapeOf(text)).toBeUndefined();
  });

  it('keeps literals that look like SQL in their quotes', () => {
    const slice = shopSlice();
    allowed("select name from customer where name = 'x'", slice);
    const { text } = allowed("select name from customer where name = ''' or true --'", slice);
    expect(text).toContain(`("name" = ''' or true --')`);
  });

  it('is forgotten when many others were asked for', () => {
    const slice = shopSlice();
    const first = allowed('select 1 as a', slice);
    for (let at = 0; at < 1_000; at++) allowed(`select 1 as c${at}`, slice);
    expect(allowed('select 2 as a', slice).opaque).not.toBe(first.opaque);
  });

  it('belongs to a slice: what one may read is not remembered for another', () => {
    const slice = shopSlice();
    allowed('select name from customer where id = 1', slice);
    const narrower = { ...shopSlice(), tables: new Map() };
    expect(guard.judge('select name from customer where id = 2', narrower)).toMatchObject({
      code: 'unknown_table',
    });
  });
});

const PLACE = '§';

/** Names and types of the shop, so that many of the statements are allowed, and a place for each literal. */
const SHOP_WORDS: Vocabulary = {
  names: ['id', 'name', 'rating', 'total', 'status', 'customer', 'invoice', 'c', '"id"'],
  tables: ['customer', 'invoice', 'base.customer', 'customer as c', 'c'],
  literals: [PLACE, PLACE, `- ${PLACE}`, `-${PLACE}`, 'null', `${PLACE}\n${PLACE}`],
  types: ['int', 'text', 'numeric(10, 2)', 'mood', `numeric(${PLACE})`, `varchar(${PLACE})`],
};

const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      "''",
      '"',
      '--',
      '/*',
      '*/',
      '\\\\',
      "\\''",
      '$$',
      ';',
      '$1',
      '\n',
      ' ',
      'é',
      '\u{1F600}',
      'select',
      '%',
      '(',
      ')',
    ),
    fc
      .string({ unit: 'grapheme', maxLength: 3 })
      .map((text) => text.replaceAll("'", "''").replaceAll('\0', '')),
  ),
  { maxLength: 5 },
);

/** A literal, often of the same kind as the one it stands for. */
const literal = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 40 }).map(String) },
  {
    weight: 4,
    arbitrary: fc
      .string({ unit: fc.constantFrom('a', 'b', ' ', '-', "''"), maxLength: 4 })
      .map((text) => `'${text}'`),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(), fc.nat()).map(([whole, rest]) => `${whole}.${rest}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0',
      '00',
      '007',
      '0.0',
      "''",
      '2147483648',
      '1.',
      '.5',
      '1e3',
      '0x1f',
      "E'\\n'",
      'null',
      "''''",
    ),
  },
  { weight: 2, arbitrary: hostile.map((parts) => `'${parts.join('')}'`) },
);

/** The statement with literals in its places; where there are more places than literals, they come again. */
function filled(statement: string, literals: readonly string[]): string {
  let at = 0;
  return statement.replaceAll(PLACE, () => literals[at++ % literals.length] ?? '1');
}

describe('whatever the literals', () => {
  const literals = fc.array(literal, { minLength: 1, maxLength: 8 });

  it('a statement is answered as if nothing were remembered', () => {
    let remembered = 0;
    const statement = fc.oneof(
      fc
        .tuple(fc.integer(), fc.integer({ min: 1, max: 2 }))
        .map(([seed, depth]) => randomSelect(pickBySeed(seed), SHOP_WORDS, depth)),
      // The statements that are allowed by design, each literal of theirs a place.
      fc
        .constantFrom(...SHOP_STATEMENTS)
        .map((text) => text.replaceAll(/(?<![\w.&$'\\])('[\w% ]*'|\d+(\.\d+)?)(?![\w.'])/g, PLACE)),
    );
    fc.assert(
      fc.property(statement, literals, literals, (shape, some, others) => {
        const [first, second] = [filled(shape, some), filled(shape, others)];
        const slice = shopSlice();
        const one = guard.judge(first, slice);
        const other = guard.judge(second, slice);
        expect(other).toEqual(guard.judge(second, shopSlice()));
        if (!('rule' in one) && !('rule' in other) && one.opaque === other.opaque) remembered += 1;
      }),
      { numRuns: 4_000 },
    );
    expect(remembered).toBeGreaterThan(200);
  });

  it('a text that is made to be misread is not', () => {
    const pieces = fc.constantFrom(
      "'",
      "''",
      "'a'",
      '"',
      '""',
      '"a"',
      'e',
      'E',
      'u&',
      '&',
      '$',
      '$$',
      '$a$',
      '--',
      '-',
      '/',
      '*',
      '/*',
      '*/',
      '\\',
      '\n',
      ' ',
      ' ',
      '1',
      '1.5',
      '.',
      '0',
      'x',
      'n',
      'b',
      ',',
      '(',
      ')',
      '::',
      'text',
      'as',
      '+',
      '||',
      ';',
      'interval ',
      'date ',
      '[',
      ']',
      ' uescape ',
    );
    const text = fc.array(pieces, { minLength: 1, maxLength: 9 }).map((parts) => `select ${parts.join('')}`);
    fc.assert(
      fc.property(text, literals, (first, values) => {
        const shape = shapeOf(first);
        if (shape === undefined || shape.literals.length === 0) return;
        // Another text of the same shape, by the scanner's own account.
        let second = '';
        let done = 0;
        for (const [index, { at, raw }] of shape.literals.entries()) {
          second += first.slice(done, at) + (values[index % values.length] ?? raw);
          done = at + raw.length;
        }
        expectTheSame(first, second + first.slice(done));
      }),
      { numRuns: 30_000 },
    );
  });
});
