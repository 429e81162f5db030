/** What goes wrong with SQL of an agent's is told for a model: a code, what it means, what to do, and never PostgreSQL's own words or a value. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperatorEntry } from '../../src/operator-log.js';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { CHINOOK_SQL } from './support/chinook.js';
import { eventsOf } from './support/events.js';

type Case = readonly [
  statement: string,
  decision: 'denied' | 'failed',
  code: string,
  /** In the reason or the suggestion. */
  told: RegExp,
  sqlstate: string,
];

const CASES: readonly Case[] = [
  ['select frst_name from customer', 'denied', 'unknown_column', /customer\.first_name/, '42703'],
  ['select c.frst_name from customer c', 'denied', 'unknown_column', /customer\.first_name/, '42703'],
  ['select total from customer', 'denied', 'unknown_column', /table invoice has it/, '42703'],
  ['select fax from customer', 'denied', 'unknown_column', /There are customer \(customer_id/, '42703'],
  [
    'select customer_id from customer join invoice on true',
    'denied',
    'sql_invalid',
    /customer and invoice have it/,
    '42702',
  ],
  ['select c.total from customer', 'denied', 'unknown_table', /"c" is neither/, '42P01'],
  ['select customer.city from customer c', 'denied', 'unknown_table', /goes by that alone/, '42P01'],
  ['select upper(total) from invoice', 'denied', 'type_mismatch', /Cast/, '42883'],
  ['select last_name + 1 from customer', 'denied', 'type_mismatch', /Cast/, '42883'],
  ['select * from customer where customer_id = last_name', 'denied', 'type_mismatch', /Cast/, '42883'],
  [
    'select case when true then total else last_name end from invoice join customer using (customer_id)',
    'denied',
    'type_mismatch',
    /one type/,
    '42804',
  ],
  ['select * from invoice where total', 'denied', 'type_mismatch', /one type/, '42804'],
  ['select invoice_date::boolean from invoice', 'denied', 'type_mismatch', /cast/, '42846'],
  [
    'select country, city, count(*) from customer group by country',
    'denied',
    'sql_invalid',
    /GROUP BY/,
    '42803',
  ],
  [
    'select customer_id from invoice where sum(total) > 5 group by 1',
    'denied',
    'sql_invalid',
    /HAVING/,
    '42803',
  ],
  [
    'select * from invoice where row_number() over () = 1',
    'denied',
    'sql_invalid',
    /subquery or a CTE/,
    '42P20',
  ],
  ['select 1 from customer, customer', 'denied', 'sql_invalid', /alias/, '42712'],
  [
    'with recursive a as (select 1 as n union all select count(*) from a) select * from a',
    'denied',
    'sql_invalid',
    /WITH RECURSIVE/,
    '42P19',
  ],
  ['select distinct country from customer order by city', 'denied', 'sql_invalid', /DISTINCT/, '42P10'],
  ['select 1 union select 1, 2', 'denied', 'sql_invalid', /as many columns/, '42601'],
  [
    'select (select customer_id, city from customer limit 1)',
    'denied',
    'sql_invalid',
    /as many columns|has one/,
    '42601',
  ],
  ['select upper(city) over () from customer', 'denied', 'sql_invalid', /OVER/, '42809'],
  [
    'select count(distinct city) over () from customer',
    'denied',
    'sql_invalid',
    /DISTINCT out of window/,
    '0A000',
  ],
  ['select total / (total - total) from invoice', 'failed', 'value_error', /nullif/, '22012'],
  ['select last_name::integer from customer', 'failed', 'value_error', /of the type/, '22P02'],
  [
    "select * from invoice where invoice_date > 'the day before'",
    'failed',
    'value_error',
    /2026-01-31/,
    '22007',
  ],
  ["select date '2026-02-30'", 'failed', 'value_error', /months/, '22008'],
  ['select 2147483647 + customer_id from customer', 'failed', 'value_error', /numeric/, '22003'],
  [
    "select date_trunc('fortnight', invoice_date) from invoice",
    'failed',
    'value_error',
    /'quarter'/,
    '22023',
  ],
  ["select last_name ~ '(' from customer", 'failed', 'value_error', /regular expression/, '2201B'],
  ['select ln(0 * total) from invoice', 'failed', 'value_error', /logarithm/, '2201E'],
  [
    'select customer_id, (select total from invoice) from customer',
    'failed',
    'value_error',
    /LIMIT 1/,
    '21000',
  ],
  ['select customer_id from customer limit (select -1)', 'failed', 'value_error', /LIMIT/, '2201W'],
  ["select jsonb_path_query('{}'::jsonb, 'strict $.a')", 'failed', 'value_error', /compute/, '2203A'],
];

describeOnServers('an error in SQL of an agent’s', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  const operator: OperatorEntry[] = [];
  beforeAll(async () => {
    database = await loadChinook(server);
    governed = await govern(database, CHINOOK_SQL, { onOperatorEvent: (entry) => operator.push(entry) });
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  it.each(CASES)('is told for a model: %s', async (statement, decision, code, told, sqlstate) => {
    const before = operator.length;
    const answer = await governed.call('3', 'sql', { statement });
    const shown = JSON.stringify(answer);
    expect(answer, shown).toMatchObject({ decision, code, suggestion: expect.any(String) });
    expect(shown).toMatch(told);
    expect(shown).not.toMatch(/pg_catalog|slice_support|scope_support|\$\d|syntax error|does not exist/);
    const [event, ...more] = await eventsOf(database, answer.event);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ decision: { effect: decision, rule: answer.rule, sqlstate } });
    expect(operator.length).toBe(before);
  });

  it('leaves the next statement untouched', async () => {
    const answer = await governed.call('3', 'sql', { statement: 'select count(*) as n from customer' });
    expect(answer).toMatchObject({ decision: 'allowed', rows: [{ n: 21 }] });
  });
});
