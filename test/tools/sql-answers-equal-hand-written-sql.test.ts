/** Statements as analysts and models write them: each answers what it would over the tenant's own rows alone, masks applied. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadChinook } from '../support/chinook.js';
import type { TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { byHand, CHINOOK_SQL, valuesOf } from './support/chinook.js';

/** In an order that leaves nothing open, so that two answers can be compared row by row. */
const STATEMENTS: Readonly<Record<string, string>> = {
  'all rows of a table': 'select * from customer order by customer_id',
  'a count of everything': 'SELECT COUNT(*) FROM invoice_line;',
  'a filter and a calculation':
    "select invoice_id, total * 1.19 as gross, invoice_date from invoice where billing_country in ('USA', 'Canada') and total > 5 order by 1",
  'joins over four tables':
    'select c.customer_id, c.last_name, ar.name as artist, sum(l.quantity * l.unit_price) as spent from customer c join invoice i on i.customer_id = c.customer_id join invoice_line l on l.invoice_id = i.invoice_id join track t on t.track_id = l.track_id join album al on al.album_id = t.album_id join artist ar on ar.artist_id = al.artist_id group by c.customer_id, c.last_name, ar.name having sum(l.quantity * l.unit_price) > 5 order by spent desc, c.customer_id, artist',
  'joins by USING and NATURAL':
    'select country, count(distinct invoice_id) as invoices from customer join invoice using (customer_id) natural join (select invoice_id, track_id from invoice_line) x group by country order by 2 desc, 1',
  'an outer join':
    'select g.name, count(l.invoice_line_id) as sold from genre g left join track t on t.genre_id = g.genre_id left join invoice_line l on l.track_id = t.track_id group by g.genre_id, g.name order by sold desc, g.name',
  'a full join':
    'select coalesce(a.country, b.country) as country, a.n, b.n as m from (select country, count(*) n from customer group by 1) a full join (select billing_country as country, count(*) n from invoice where total > 10 group by 1) b on a.country = b.country order by 1',
  'CTEs, one on another':
    'with spent as (select customer_id, sum(total) as total from invoice group by customer_id), ranked as (select *, rank() over (order by total desc) as place from spent) select c.first_name, r.total, r.place from ranked r join customer c using (customer_id) where r.place <= 5 order by r.place, c.customer_id',
  'a CTE that has the name of a table':
    'with invoice as (select * from invoice where total > 10) select count(*), min(total) from invoice',
  'a recursive CTE':
    "with recursive months (m) as (select date '2021-01-01' union all select (m + interval '1 month')::date from months where m < date '2021-12-01') select months.m, coalesce(sum(i.total), 0) as total from months left join invoice i on date_trunc('month', i.invoice_date) = months.m group by months.m order by months.m",
  'window functions':
    'select invoice_id, customer_id, total, row_number() over w as nth, sum(total) over w as running, lag(total) over w as before, round(avg(total) over (order by invoice_date, invoice_id rows between 2 preceding and current row), 2) as smooth, ntile(4) over (order by total, invoice_id) as quarter, first_value(total) over w as first from invoice window w as (partition by customer_id order by invoice_date, invoice_id) order by invoice_id',
  'the best of each group':
    'select * from (select customer_id, invoice_id, total, row_number() over (partition by customer_id order by total desc, invoice_id) as n from invoice) ranked where n <= 2 order by customer_id, n',
  'DISTINCT ON':
    'select distinct on (customer_id) customer_id, invoice_date, total from invoice order by customer_id, invoice_date desc, invoice_id',
  'a set operation':
    "select country as place, 'customer' as of from customer union select billing_country, 'invoice' from invoice order by 1, 2",
  'EXCEPT and INTERSECT':
    '(select track_id from invoice_line where quantity > 0 intersect select track_id from track where milliseconds > 300000) except select track_id from track where composer is null order by 1',
  'correlated subqueries':
    'select c.customer_id, (select max(i.total) from invoice i where i.customer_id = c.customer_id) as most, (select count(*) from invoice i where i.customer_id = c.customer_id and i.total > (select avg(total) from invoice)) as above from customer c order by c.customer_id',
  'EXISTS, IN, ANY and ALL':
    "select customer_id from customer c where exists (select 1 from invoice i where i.customer_id = c.customer_id and i.total >= all (select total from invoice where customer_id = c.customer_id) and i.total > 10) and country = any (array['USA', 'Canada', 'Brazil', 'France']) and customer_id not in (select customer_id from invoice where total < 0.5) order by 1",
  LATERAL:
    'select c.customer_id, last.invoice_id, last.total from customer c cross join lateral (select invoice_id, total from invoice i where i.customer_id = c.customer_id order by invoice_date desc, invoice_id desc limit 2) last order by 1, 2',
  'GROUPING SETS':
    'select country, city, count(*), grouping(country, city) as level from customer group by grouping sets ((country, city), (country), ()) order by level, country, city',
  'ROLLUP and CUBE':
    'select extract(year from invoice_date) as year, billing_country, sum(total) from invoice group by rollup (1, billing_country) order by 1 nulls last, 2 nulls last',
  'FILTER, CASE and COALESCE':
    "select country, count(*) filter (where company is not null) as firms, sum(case when company is null then 1 else 0 end) as people, coalesce(max(company), 'none') as firm from customer group by country order by country",
  'dates and periods':
    "select to_char(date_trunc('quarter', invoice_date), 'YYYY-\"Q\"Q') as quarter, count(*), sum(total), max(invoice_date) - min(invoice_date) as span from invoice where invoice_date >= timestamp '2021-01-01' and invoice_date < timestamp '2021-01-01' + interval '2 years' group by date_trunc('quarter', invoice_date) order by 1",
  'grouping by an expression with values in it':
    "select date_trunc('month', invoice_date) as month, count(*) from invoice group by date_trunc('month', invoice_date) having count(*) > 1 order by date_trunc('month', invoice_date)",
  'text functions':
    "select upper(left(last_name, 1)) || lower(substring(last_name from 2)) as name, length(first_name), position('a' in first_name) as at, last_name ~* '^[a-m]', last_name like 'S%' or last_name ilike '%son' as s, regexp_replace(city, '[aeiou]', '*', 'g') as c from customer order by customer_id",
  numbers:
    'select round(avg(total), 3), stddev(total)::numeric(12,6), percentile_cont(0.5) within group (order by total), mode() within group (order by billing_country), corr(total, invoice_id)::numeric(12,8), width_bucket(5, 0, 30, 3) from invoice',
  'lists and documents':
    "select country, array_agg(last_name order by last_name) as names, string_agg(first_name, ', ' order by first_name) as first, jsonb_agg(jsonb_build_object('id', customer_id, 'city', city) order by customer_id) as people from customer group by country order by country",
  'a series': 'select n, n * n as square from generate_series(1, 20) as s (n) where n % 3 = 0 order by n',
  VALUES:
    "select v.name, g.genre_id from (values ('Rock', 1), ('Jazz', 2)) as v (name, n) left join genre g on g.name = v.name order by v.n",
  'a pivot':
    'select billing_country, sum(total) filter (where extract(year from invoice_date) = 2021) as y2021, sum(total) filter (where extract(year from invoice_date) = 2022) as y2022 from invoice group by 1 order by 1',
  'shares of a whole':
    'select billing_country, round(100 * sum(total) / sum(sum(total)) over (), 2) as share from invoice group by billing_country order by share desc, 1',
  'LIMIT and OFFSET': 'select track_id, name from track order by track_id limit 7 offset 100',
  'FETCH FIRST': 'select total from invoice order by total desc, invoice_id fetch first 3 rows only',
  'masked columns in every place':
    "select email, phone, count(*) over (partition by split_part(email, '@', 2)) as together from customer where email like '%@%' order by email, phone",
  'grouping by what a mask shows': 'select phone, count(*) from customer group by phone order by phone',
  'a self join':
    'select a.customer_id, b.customer_id as other from customer a join customer b on a.country = b.country and a.customer_id < b.customer_id order by 1, 2',
  'columns of one name, and of none':
    'select c.customer_id, i.customer_id, i.total + 1, i.total * 2 from customer c join invoice i on i.customer_id = c.customer_id order by i.invoice_id',
  'nothing from nowhere':
    "select 1, 'a', null, true, 1.5, current_date - current_date as zero, array[1, 2], 'x'::text || 'y'",
  'the product’s own names': 'select count(*) from public.customer join public.invoice using (customer_id)',
  'a nullable comparison':
    "select company is not distinct from null as private, nullif(country, 'USA') is null as us, count(*) from customer group by 1, 2 order by 1, 2",
};

describeOnServers('SQL of an agent’s over Chinook', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await loadChinook(server);
    governed = await govern(database, CHINOOK_SQL);
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });

  for (const [what, statement] of Object.entries(STATEMENTS)) {
    it(`answers ${what} as the tenant’s own SQL would`, async () => {
      const foreign: string[] = [];
      for (const tenant of ['3', '4', '5']) {
        const given = valuesOf(await governed.call(tenant, 'sql', { statement }));
        expect(given, `${tenant}: ${statement}`).toEqual(
          await byHand(database, tenant, statement.replace(/;$/, '')),
        );
        foreign.push(JSON.stringify(given));
      }
      if (/\b(customer|invoice|invoice_line)\b/.test(statement))
        expect(new Set(foreign).size).toBeGreaterThan(1);
    });
  }

  it('knows of no row for a tenant that has none', async () => {
    const statement = 'select count(*) as n from customer join invoice using (customer_id)';
    expect(valuesOf(await governed.call('999', 'sql', { statement }))).toEqual([[0]]);
  });
});
