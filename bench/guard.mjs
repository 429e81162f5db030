/** The guard, in process: a statement that it has not seen, and one whose shape it has. The floor is PostgreSQL's parser alone. */
import parser from 'libpg-query';
import { createGuard } from '../dist/guard/guard.js';
import { p50 } from './measure.mjs';

const table = (name, columns) => ({
  name,
  schema: 'public',
  table: name,
  columns,
  scopeColumns: ['organization_id'],
  scoped: `select ${columns.map((column) => `t."${column}"`).join(', ')} from "slice_support"."${name}" t where t."organization_id" = $1::pg_catalog.text::pg_catalog.uuid`,
});

const slice = () => ({
  tables: new Map(
    [
      table('customer', ['id', 'name', 'country', 'segment', 'created_at']),
      table('orders', ['id', 'customer_id', 'status', 'total', 'created_at']),
    ].map((one) => [one.name, one]),
  ),
  types: [],
  functions: [],
  limits: { rows: 100, joinDepth: 8 },
  serverMajor: 18,
  rule: 'roles.agent',
});

/** `$` stands for something that is another each time. */
const CASES = [
  {
    what: 'guard: an aggregate over two tables',
    text: "select c.country, count(*) as $, sum(o.total) as revenue from orders o join customer c on c.id = o.customer_id where o.created_at >= '2024-01-01' and o.status = 'paid' group by c.country order by revenue desc limit 10",
    target: 100,
  },
  {
    what: 'guard: with common tables, windows and subqueries',
    text: "with monthly as (select date_trunc('month', o.created_at) as month, c.segment, sum(o.total) as revenue, count(distinct o.customer_id) as buyers from orders o join customer c on c.id = o.customer_id where o.status in ('paid', 'shipped') and o.created_at >= '2023-01-01' group by 1, 2), ranked as (select month, segment, revenue, buyers, rank() over (partition by month order by revenue desc) as place, lag(revenue) over (partition by segment order by month) as before from monthly) select month, segment as $, round(revenue, 2) as revenue, buyers, case when before is null or before = 0 then null else round(100.0 * (revenue - before) / before, 1) end as growth from ranked where place <= 3 and exists (select 1 from customer k where k.segment = ranked.segment and k.country <> 'xx') order by month desc, place limit 50",
  },
];

export async function guardRows() {
  await parser.loadModule();
  const guard = await createGuard();
  const rows = [];
  for (const { what, text, target } of CASES) {
    const [before = '', after = ''] = text.split('$');
    const [own, other] = [slice(), slice()];
    check(guard.judge(text.replace('$', 'x'), other));
    const unseen = (n) => guard.judge(`${before}x${n}${after}`, own);
    const seen = (n) =>
      guard.judge(text.replace('$', 'x').replace("'xx'", `'x${n}'`).replace("'paid'", `'p${n}'`), other);
    const parse = (n) => parser.parseSync(`${before}x${n}${after}`);
    const [floor, full, shape] = await p50([parse, unseen, seen], { rounds: 8, calls: 1_500 });
    const row = (name, value, limit) => ({
      what: name,
      floor: 'PostgreSQL parses it',
      unit: 'µs',
      floorValue: floor,
      value,
      ratio: value / floor,
      target: limit === undefined ? 'printed' : `≤ ${limit} µs`,
      ok: limit === undefined || value <= limit,
    });
    rows.push(row(`${what}, unseen`, full, target), row(`${what}, of a known shape`, shape, 5));
  }
  return rows;
}

function check(verdict) {
  if ('rule' in verdict) throw new Error(verdict.reason);
}
