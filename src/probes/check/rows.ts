/** Which looks at rows are worth taking, given whose rows are whose. */

import { comparison } from '../../compile/operator.js';
import { quoteIdent } from '../../compile/quote.js';
import { type Look, lookAtRows, type RowFacts } from '../../database/inspect/rows.js';
import type { ShapeFacts, ShapeTable } from '../../database/inspect/shape.js';
import { holdSameKeys } from '../../policy/guess/guess.js';
import { crossings } from './rules/shape/crossing.js';
import { column, nullable, sqlName, tableNamed } from './rules/shape/tables.js';
import { type Tenancy, tenancyOf } from './tenancy.js';

/** The name of a look, for the rule that asks. */
export function lookId(
  what: 'null' | 'empty' | 'orphan' | 'crossing',
  table: ShapeTable,
  name: string,
): string {
  return JSON.stringify([what, table.schema, table.name, name]);
}

/** Looks at rows as far as time and rights allow. Call it inside the transaction that the shape was read in. */
export async function readRows(
  client: Parameters<typeof lookAtRows>[0],
  shape: ShapeFacts,
  tenancy: Tenancy,
  limits: Parameters<typeof lookAtRows>[2] = {},
): Promise<RowFacts> {
  return await lookAtRows(client, looksFor(shape, tenancy), limits);
}

function looksFor(shape: ShapeFacts, tenancy: Tenancy): readonly Look[] {
  const sizes = sizesWithParts(shape);
  const size = (...tables: readonly ShapeTable[]): number =>
    tables.reduce((sum, table) => sum + (sizes.get(table) ?? 0), 0);
  const looks: Look[] = [];
  for (const table of shape.tables) {
    // The rows of a part are looked at through the whole.
    if ((table.kind !== 'table' && table.kind !== 'partitioned') || table.parent !== null) continue;
    const placed = tenancyOf(tenancy, table);
    const own = placed.kind === 'column' ? [placed.column] : placed.kind === 'via' ? placed.columns : [];
    for (const name of own) {
      const here = column(table, name);
      if (here === undefined) continue;
      const from = `exists (select from ${sqlName(table)} t where`;
      if (nullable(table, here))
        looks.push({
          id: lookId('null', table, name),
          sql: `${from} t.${quoteIdent(name)} is null)`,
          bytes: size(table),
        });
      if (placed.kind === 'column' && here.category === 'S' && here.enumLabels === null)
        looks.push({
          id: lookId('empty', table, name),
          sql: `${from} t.${quoteIdent(name)} ${comparison('=', here)} '')`,
          bytes: size(table),
        });
    }
    if (placed.kind === 'column') looks.push(...orphanLook(shape, tenancy, table, placed.column, size));
  }
  for (const { child, parent, key, childTenant, parentTenant } of crossings(shape, tenancy)) {
    const [own, other] = [childTenant, parentTenant].map((name, at) =>
      column(at === 0 ? child : parent, name ?? ''),
    );
    if (
      own === undefined ||
      other === undefined ||
      !holdSameKeys(own, other) ||
      own.castType !== other.castType
    )
      continue;
    const on = key.columns.map((name, at) => {
      const there = column(parent, key.refColumns[at] ?? '');
      return `c.${quoteIdent(name)} ${there === undefined ? '=' : comparison('=', there)} p.${quoteIdent(key.refColumns[at] ?? '')}`;
    });
    looks.push({
      id: lookId('crossing', child, key.name),
      sql: `exists (select from ${sqlName(child)} c join ${sqlName(parent)} p on ${on.join(' and ')} where c.${quoteIdent(own.name)} ${comparison('<>', own)} p.${quoteIdent(other.name)})`,
      bytes: size(child, parent),
    });
  }
  return looks;
}

/** Rows of a tenant that there is not, where no foreign key forbids them. */
function orphanLook(
  shape: ShapeFacts,
  tenancy: Tenancy,
  table: ShapeTable,
  name: string,
  size: (...tables: readonly ShapeTable[]) => number,
): readonly Look[] {
  const root = tenancy.root === null ? undefined : tableNamed(shape, tenancy.root);
  const placed = root === undefined ? undefined : tenancyOf(tenancy, root);
  if (root === undefined || placed?.kind !== 'root') return [];
  const [own, key] = [column(table, name), column(root, placed.key)];
  if (own === undefined || key === undefined || own.castType !== key.castType) return [];
  if (table.foreignKeys.some((one) => one.columns.includes(name) && one.validated)) return [];
  return [
    {
      id: lookId('orphan', table, name),
      sql: `exists (select from ${sqlName(table)} t where t.${quoteIdent(name)} is not null and not exists (select from ${sqlName(root)} r where r.${quoteIdent(key.name)} ${comparison('=', key)} t.${quoteIdent(name)}))`,
      bytes: size(table, root),
    },
  ];
}

/** A partitioned table has no bytes of its own. */
function sizesWithParts(shape: ShapeFacts): ReadonlyMap<ShapeTable, number> {
  const { tables } = shape;
  const sizes = new Map<ShapeTable, number>(tables.map((table) => [table, table.bytes]));
  for (const table of tables) {
    const seen = new Set<ShapeTable>([table]);
    for (let up = table.parent; up !== null; ) {
      const above: ShapeTable | undefined = tableNamed(shape, up);
      if (above === undefined || seen.has(above)) break;
      seen.add(above);
      sizes.set(above, (sizes.get(above) ?? 0) + table.bytes);
      up = above.parent;
    }
  }
  return sizes;
}
