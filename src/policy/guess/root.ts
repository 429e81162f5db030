/**
 * The table whose rows are the tenants.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { sameConcept } from './concepts.js';
import { columnOf, type TenantRoot } from './guess.js';
import { headOf, keyStem, rowWords, squash } from './words.js';

/** The table that a single-column key leads to. */
export function rootOf(
  tables: readonly CatalogTable[],
  table: CatalogTable,
  column: string,
): TenantRoot | null {
  for (const key of table.foreignKeys) {
    if (key.columns.length !== 1 || key.columns[0] !== column) continue;
    const target = tables.find((other) => other.schema === key.refSchema && other.name === key.refTable);
    const refColumn = key.refColumns[0];
    if (target !== undefined && refColumn !== undefined) return { table: target, column: refColumn };
  }
  return null;
}

/**
 * Where no key is declared: the table that is called what the column is called, if one of its keys is a single column of the same
 * type that is the primary key or is called alike.
 */
export function conceptTable(tables: readonly CatalogTable[], column: CatalogColumn): TenantRoot | null {
  const stem = keyStem(column.name);
  for (const table of tables) {
    const names = [rowWords(table.name).join(''), headOf(table.name)];
    if (!names.some((name) => sameConcept(name, stem))) continue;
    for (const { columns, isPrimary } of table.uniqueKeys) {
      const key = columns.length === 1 ? columnOf(table, columns[0] ?? '') : undefined;
      if (key === undefined || key.castType !== column.castType) continue;
      const alike = squash(column.name).endsWith(squash(key.name));
      if (isPrimary || alike) return { table, column: key.name };
    }
  }
  return null;
}
