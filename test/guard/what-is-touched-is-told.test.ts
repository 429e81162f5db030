import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../src/guard/parse.js';
import { passed, sliceOf } from './support/verdict.js';

beforeAll(loadParser);

describe('a statement tells the ledger', () => {
  it.each<[text: string, tables: string, columns: string]>([
    ['select 1', '', ''],
    ['select count(*) from customer', 'customer', ''],
    ['select name from customer', 'customer', 'customer.name'],
    ['select c.name from customer c where c.country = 1', 'customer', 'customer.country customer.name'],
    ['select * from customer', 'customer', 'customer.country customer.email customer.id customer.name'],
    [
      'select c.* from customer c, invoice',
      'customer invoice',
      'customer.country customer.email customer.id customer.name',
    ],
    ['select c from customer c', 'customer', 'customer.country customer.email customer.id customer.name'],
    [
      'select to_jsonb(customer) from customer',
      'customer',
      'customer.country customer.email customer.id customer.name',
    ],
    ['select id from customer order by email', 'customer', 'customer.email customer.id'],
    ['select id from customer, invoice', 'customer invoice', 'customer.id invoice.id'],
    ['select 1 from customer join invoice using (id)', 'customer invoice', 'customer.id invoice.id'],
    [
      'select 1 from customer natural join invoice_line',
      'customer invoice_line',
      'customer.id invoice_line.id',
    ],
    [
      'select 1 from customer c join invoice i on i.customer_id = c.id',
      'customer invoice',
      'customer.id invoice.customer_id',
    ],
    ['select n from customer as c (i, n)', 'customer', 'customer.name'],
    [
      'select 1 from customer where exists (select from invoice where customer_id = name)',
      'customer invoice',
      'customer.name invoice.customer_id',
    ],
    [
      'select (select max(total) from invoice i where i.customer_id = c.id) from customer c',
      'customer invoice',
      'customer.id invoice.customer_id invoice.total',
    ],
    ['with x as (select email from customer) select count(*) from x', 'customer', 'customer.email'],
    ['with customer as (select 1 as name) select name from customer', '', ''],
    [
      'with customer as (select id from customer) select customer.id from customer',
      'customer',
      'customer.id',
    ],
    ['select y.e from (select email as e from customer) y', 'customer', 'customer.email'],
    [
      'select name from customer union select status from invoice',
      'customer invoice',
      'customer.name invoice.status',
    ],
    ['select l.x from invoice i, lateral (select i.total as x) l', 'invoice', 'invoice.total'],
    ['select t from invoice, unnest(tags) t', 'invoice', 'invoice.tags'],
    ['select sum(total) as total from invoice order by total', 'invoice', 'invoice.total'],
    [
      'select rank() over (partition by status order by created_at) from invoice',
      'invoice',
      'invoice.created_at invoice.status',
    ],
    [
      'select count(*) filter (where total > 1) from invoice group by status having max(id) > 1',
      'invoice',
      'invoice.id invoice.status invoice.total',
    ],
    ['select name from shop.customer', 'customer', 'customer.name'],
    ['select c.name, d.email from customer c, customer d', 'customer', 'customer.email customer.name'],
    [
      'table invoice_line',
      'invoice_line',
      'invoice_line.id invoice_line.invoice_id invoice_line.price invoice_line.quantity',
    ],
  ])('%s', (text, tables, columns) => {
    const { touched } = passed(text);
    expect([touched.tables.join(' '), touched.columns.join(' ')]).toEqual([tables, columns]);
  });

  it('the agents’ names of tables, whatever name was written', () => {
    const slice = sliceOf({ client: ['id'] });
    const renamed = {
      ...slice,
      tables: new Map([...slice.tables].map(([name, table]) => [name, { ...table, table: 'customer' }])),
    };
    expect(passed('select customer.id from shop.customer', renamed).touched).toEqual({
      tables: ['client'],
      columns: ['client.id'],
    });
    expect(passed('select client.id from client', renamed).touched).toEqual({
      tables: ['client'],
      columns: ['client.id'],
    });
  });
});

describe('a statement tells its writer', () => {
  it('which names are tables, functions and types, and what they stand for', () => {
    const { tables, functions, types } = passed(
      `with x as (select 1) select lower(name), pg_catalog.upper(name), fiscal_year(now()), 'sad'::mood, cast('1' as int[])
         from customer c, shop.invoice, x where c.country = 'x'::text`,
    );
    expect([...tables].map(([range, { name }]) => [range.relname, range.alias?.aliasname, name])).toEqual([
      ['customer', 'c', 'customer'],
      ['invoice', undefined, 'invoice'],
    ]);
    expect([...functions.values()].map(({ schema, name }) => `${schema}.${name}`)).toEqual([
      'pg_catalog.lower',
      'pg_catalog.upper',
      'shop.fiscal_year',
      'pg_catalog.now',
    ]);
    expect([...types.values()].map(({ schema, name }) => `${schema}.${name}`)).toEqual([
      'shop.mood',
      'pg_catalog.int4',
      'pg_catalog.text',
    ]);
  });

  it.each([
    ["select id from customer where name = 'Ada' limit 5", true],
    ["select 'x'::varchar(10), 1::numeric(10, 2) from generate_series(now(), now(), '1 day')", true],
    ["select repeat('x', 5)", false],
    ["select lpad(name, 10, ' ') from customer", false],
    ["select format('%5s', name) from customer", false],
    ['select * from generate_series(1, 10)', false],
    ["select * from generate_series('2024-01-01', '2024-02-01', interval '1 day')", false],
    ['select * from generate_series(1, (select max(id) from customer))', true],
    ["select 'x'::char(10)", false],
  ])('whether another with other literals may have the same verdict: %s', (text, cacheable) => {
    expect(passed(text).cacheable).toBe(cacheable);
  });
});
