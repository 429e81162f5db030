/** What EXPLAIN said, as a number of rows visited: with the sizes of the tables that would be read from end to end. */
import { type PlanNode, scannedRows } from './estimate.js';
import { queryOwn } from './own-query.js';
import type { TenantPool } from './pool.js';

/** @param explained what `EXPLAIN (FORMAT JSON, VERBOSE)` gave */
export async function visitedRows(pool: TenantPool, explained: string): Promise<number> {
  const [{ Plan: plan }] = JSON.parse(explained) as [{ readonly Plan: PlanNode }];
  const names = sequentiallyScanned(plan);
  const sizes = names.length === 0 ? new Map<string, number>() : await tableRows(pool, names);
  return scannedRows(plan, (schema, table) => sizes.get(`${schema}\u0000${table}`) ?? 0);
}

function sequentiallyScanned(plan: PlanNode): [string, string][] {
  const own: [string, string][] =
    plan['Node Type'] === 'Seq Scan' && plan.Schema !== undefined && plan['Relation Name'] !== undefined
      ? [[plan.Schema, plan['Relation Name']]]
      : [];
  return [...own, ...(plan.Plans ?? []).flatMap(sequentiallyScanned)];
}

async function tableRows(
  pool: TenantPool,
  names: readonly (readonly [string, string])[],
): Promise<Map<string, number>> {
  const rows = await queryOwn<{ schema: string; name: string; rows: number }>(
    pool,
    `select n.nspname as schema, c.relname as name, c.reltuples::float8 as rows
     from unnest($1::text[], $2::text[]) as wanted (schema, name)
     join pg_catalog.pg_namespace n on n.nspname = wanted.schema
     join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name`,
    [names.map(([schema]) => schema), names.map(([, name]) => name)],
  );
  return new Map(rows.map((row) => [`${row.schema}\u0000${row.name}`, row.rows]));
}
