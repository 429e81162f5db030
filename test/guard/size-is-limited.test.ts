import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/guard/parse.js';
import { denial, shop, sliceOf } from './support/verdict.js';

beforeAll(loadParser);

const many = (n: number, one: (index: number) => string, between = ', '): string =>
  Array.from({ length: n }, (_, index) => one(index)).join(between);

describe('joins', () => {
  const slice = { ...shop, limits: { rows: 100, joinDepth: 2 } };

  it.each([
    ['select from customer, invoice, invoice_line'],
    ['select from customer a join invoice b on true join invoice c on true'],
    ['select from customer a, (select from invoice, invoice_line) b'],
    ['select from (select from customer, invoice union select from invoice, invoice_line) x'],
    [
      'select from customer where exists (select from invoice, invoice_line, customer) and id in (select 1 from customer, invoice)',
    ],
    ['with a as (select from customer, invoice, invoice_line) select from a, customer, invoice'],
    ['select from customer union all select from customer, invoice union all select from customer, invoice'],
  ])('as many as the role has: %s', (text) => {
    expect(denial(text, slice)).toBeUndefined();
  });

  it.each([
    ['select from customer, invoice, invoice_line, customer c'],
    ['select from customer a join invoice b on true join invoice c on true cross join invoice d'],
    ['select from customer a, (select from invoice, invoice_line) b, customer c'],
    ['select from customer, lateral (select from (select from invoice, invoice_line) x, customer) y'],
    ['select from (select from customer, invoice union select from invoice, invoice_line) x, customer'],
    ['select from customer, generate_series(1, 2), unnest(array[1]), customer b'],
    ['select 1 where exists (select from customer, invoice, invoice_line, customer c)'],
    ['with a as (select from customer, invoice, invoice_line, customer c) select 1'],
  ])('one too many: %s', (text) => {
    expect(denial(text, slice)).toMatchObject({
      code: 'join_too_deep',
      rule: 'roles.support.limits.join_depth',
    });
  });
});

describe('lists', () => {
  it('may be of a thousand', () => {
    for (const text of [
      `select id from customer where id in (${many(1_000, String)})`,
      `select array[${many(1_000, String)}]`,
      `values ${many(1_000, (n) => `(${n})`)}`,
      `select ${many(1_000, String)}`,
    ]) {
      expect(denial(text)).toBeUndefined();
      expect(denial(text.replace('0', '0, 0').replace('(0, 0)', '(0), (0)'))).toMatchObject({
        code: 'limit_exceeded',
        rule: 'sql.list',
      });
    }
  });
});

describe('tables', () => {
  const slice = sliceOf({ a: ['v'] }, { joinDepth: 1_000 });

  it('may be named 64 times', () => {
    expect(denial(`select from ${many(64, (n) => `a t${n}`)}`, slice)).toBeUndefined();
    expect(denial(`select from ${many(65, (n) => `a t${n}`)}`, slice)).toMatchObject({
      code: 'limit_exceeded',
      rule: 'sql.tables',
    });
    expect(
      denial(
        many(65, () => 'select from a', ' union all '),
        slice,
      ),
    ).toMatchObject({ rule: 'sql.tables' });
  });

  it('count as often as the planner has to plan them', () => {
    const doubling = (how: string, n: number): string =>
      `with t0 as (table a)${many(n, (index) => `, t${index + 1} as ${how} (select 1 as v from t${index} x, t${index} y)`, '')} table t${n}`;
    expect(denial(doubling('materialized', 12), slice)).toBeUndefined();
    expect(denial(doubling('', 12), slice)).toBeUndefined();
    expect(denial(doubling('not materialized', 12), slice)).toMatchObject({
      code: 'limit_exceeded',
      rule: 'sql.tables',
    });
  });
});

describe('subqueries', () => {
  const nested = (n: number): string => `${'select (values (('.repeat(n)}select 1${')))'.repeat(n)}`;
  it('may be nested in one another', () => {
    expect(denial(nested(10))).toBeUndefined();
    expect(denial(nested(40))).toMatchObject({ code: 'limit_exceeded', rule: 'sql.subqueries' });
  });

  it('are no deeper for standing side by side', () => {
    expect(denial(many(60, (n) => `select ${n}`, ' union all '))).toBeUndefined();
    expect(denial(`select ${many(60, () => '(select 1)')}`)).toBeUndefined();
  });
});

describe('a call that makes much out of little', () => {
  it.each([
    ["select repeat('ab', 10000)"],
    ["select repeat('ab', '20')"],
    ["select repeat('ab', -1)"],
    ['select repeat(name, least(id, 100)) from customer'],
    ["select rpad(name, least(100, length(name) + 3), '.') from customer"],
    ['select array_fill(0, array[10, 10]), array_fill(0, array[least(id, 5)]) from customer'],
    ["select format('%s and %-20s and %2$5I', 'a', 'b')"],
    ['select * from generate_series(1, 1000000)'],
    ['select * from generate_series(0, 100000000, 1000)'],
    ['select * from generate_series(10, 1, -1)'],
    ['select * from generate_series(1, 5, 0)'],
    ['select generate_series(1, id) from customer'],
    ["select 'x'::char(10), b'1'::bit(8), 'x'::varchar(100000)"],
  ])('may make some: %s', (text) => {
    expect(denial(text)).toBeUndefined();
  });
});
