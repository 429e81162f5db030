/** Indexes by which row security finds a tenant's rows. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeTable, TableName } from '../../../../database/inspect/shape.js';
import type { Rule } from '../../rule.js';
import { tenancyOf } from '../../tenancy.js';
import { column, label, serves, sqlName, tablesOf } from './tables.js';

const unindexed: Rule = {
  id: 'tenant_column.unindexed',
  title: 'tenant columns that no index begins with',
  why: 'Row security adds the tenant to every query. Without an index that begins with it, each one reads the rows of all tenants: slow, and slower with every tenant, which is also how tenants come to feel each other.',
  severities: ['low'],
  *find(world) {
    const parts = partsOf(world.shape.tables);
    for (const { table, tenancy } of tablesOf(world, 'column')) {
      const { column: tenant } = tenancy;
      if (begins(table, tenant)) continue;
      const above = table.isPartition && table.parent !== null ? keyOf(table.parent) : null;
      // A part is told of where the whole or another part has what it has not. Where none has, the whole is, once.
      if (above !== null && !anyBegins(parts, above, tenant)) continue;
      // Where a part has an index of its own, it is the parts that are told of.
      if (table.kind === 'partitioned' && (above !== null || anyBegins(parts, keyOf(table), tenant)))
        continue;
      yield finding(table, tenant);
    }
  },
};

type Parts = ReadonlyMap<string, readonly ShapeTable[]>;

const keyOf = ({ schema, name }: TableName): string => JSON.stringify([schema, name]);

/** The partitions of each partitioned table, the table itself at their head. */
function partsOf(tables: readonly ShapeTable[]): Parts {
  const parts = new Map<string, ShapeTable[]>();
  for (const table of tables) if (table.kind === 'partitioned') parts.set(keyOf(table), [table]);
  for (const table of tables)
    if (table.isPartition && table.parent !== null) parts.get(keyOf(table.parent))?.push(table);
  return parts;
}

function anyBegins(parts: Parts, whole: string, tenant: string): boolean {
  return (parts.get(whole) ?? []).some(
    (part, at) =>
      begins(part, tenant) ||
      (at > 0 && part.kind === 'partitioned' && anyBegins(parts, keyOf(part), tenant)),
  );
}

/** An index that could not be built is told of by a rule of its own. */
function begins(table: ShapeTable, tenant: string): boolean {
  return table.indexes.some((index) => serves(index, [tenant]));
}

function finding(table: ShapeTable, tenant: string) {
  const elsewhere = table.indexes.find(({ columns }) => columns.includes(tenant));
  return {
    severity: 'low' as const,
    object: `column ${label(table, tenant)}`,
    what:
      elsewhere === undefined
        ? `No index of ${label(table)} has ${tenant} in it.`
        : `No index of ${label(table)} begins with ${tenant}; in ${elsewhere.name} it comes later, or the index covers only some rows.`,
    mend: [`create index on ${sqlName(table)} (${quoteIdent(tenant)})`],
  };
}

const materialized: Rule = {
  id: 'materialized_view.unindexed',
  title: 'materialised views that are not indexed by tenant',
  why: 'Nothing but the query’s own condition keeps the tenants of a materialised view apart, and without an index each such query reads the rows of all of them.',
  severities: ['low'],
  *find(world) {
    for (const table of world.shape.tables) {
      if (table.kind !== 'materialized_view') continue;
      const tenancy = tenancyOf(world.tenancy, table);
      if (tenancy.kind !== 'column' || column(table, tenancy.column) === undefined) continue;
      if (begins(table, tenancy.column)) continue;
      yield {
        severity: 'low',
        object: `materialized view ${label(table)}`,
        what: `No index of the materialised view ${label(table)} begins with ${tenancy.column}.`,
        mend: [`create index on ${sqlName(table)} (${quoteIdent(tenancy.column)})`],
      };
    }
  },
};

export const TENANT_INDEX_RULES: readonly Rule[] = [unindexed, materialized];
