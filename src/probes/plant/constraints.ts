/** What tables ask of their rows: which columns a constraint looks at, and the literals in it. A hint at values, no more. */
import type { Administrator } from '../../database/administrator.js';
import { type Constraint, PARTITIONS } from './seedling.js';

/** Literals of one constraint that are tried. */
const LITERALS = 24;

const STATEMENT = `
select n.nspname::text as schema, r.relname::text as table, c.conname::text as name, pg_catalog.pg_get_constraintdef(c.oid) as definition,
  array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.conkey)) as columns
from pg_catalog.pg_constraint c join pg_catalog.pg_class r on r.oid = c.conrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where c.contype in ('c', 'u', 'p', 'x', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'ringfence')
union all
select n.nspname, r.relname, $1, pg_catalog.string_agg(pg_catalog.pg_get_expr(child.relpartbound, child.oid), ' '),
  array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = r.oid and a.attnum = any (p.partattrs))
from pg_catalog.pg_partitioned_table p join pg_catalog.pg_class r on r.oid = p.partrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
join pg_catalog.pg_inherits i on i.inhparent = r.oid join pg_catalog.pg_class child on child.oid = i.inhrelid
group by n.nspname, r.relname, r.oid, p.partattrs
union all
select n.nspname, r.relname, c.conname, pg_catalog.pg_get_constraintdef(c.oid), array[a.attname::text]
from pg_catalog.pg_attribute a join pg_catalog.pg_constraint c on c.contypid = a.atttypid
join pg_catalog.pg_class r on r.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where a.attnum > 0 and r.relkind in ('r', 'p')`;

/** By `schema.name`, with a NUL between. Of a domain's checks, each for the columns of that domain. */
export async function readConstraints(
  administrator: Pick<Administrator, 'query'>,
): Promise<Map<string, Constraint[]>> {
  const { rows } = await administrator.query(STATEMENT, [PARTITIONS]);
  const found = new Map<string, Constraint[]>();
  for (const row of rows) {
    const id = `${String(row.schema)}\u0000${String(row.table)}`;
    const definition = String(row.definition);
    const texts = [...definition.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) =>
      text.replaceAll("''", "'"),
    );
    const numbers = [...definition.matchAll(/(?<![\w'.])-?\d+(?:\.\d+)?(?![\w'])/g)].map(([text]) => text);
    const list = found.get(id) ?? [];
    list.push({
      name: String(row.name),
      columns: row.columns as string[],
      literals: [...texts, ...numbers].slice(0, LITERALS),
    });
    found.set(id, list);
  }
  return found;
}
