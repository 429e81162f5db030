/**
 * The table whose rows are the tenants.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { wholeWord } from './concepts.js';
import { columnOf, holdSameKeys, idOf, type TenantRoot } from './guess.js';
import { headOf, keyStem, rowWords, squash } from './words.js';

/** Finds what columns point at, by their keys and by their names. */
export class Roots {
  readonly tables: readonly CatalogTable[];
  readonly #byId = new Map<string, CatalogTable>();
  /** By what one row is: whole names before last words, so that `account_id` means `accounts` and not `bank_accounts`. */
  readonly #byRow = new Map<string, CatalogTable[]>();

  constructor(tables: readonly CatalogTable[]) {
    this.tables = tables;
    for (const table of tables) {
      this.#byId.set(idOf(table), table);
      this.#called(rowWords(table.name).join('')).push(table);
    }
    for (const table of tables) this.#called(headOf(table.name)).push(table);
  }

  /** The table that a key of this column alone leads to. */
  declared(table: CatalogTable, column: string): TenantRoot | null {
    for (const key of table.foreignKeys) {
      if (key.columns.length !== 1 || key.columns[0] !== column) continue;
      const target = this.#byId.get(idOf({ schema: key.refSchema, name: key.refTable }));
      const refColumn = key.refColumns[0];
      if (target !== undefined && refColumn !== undefined) return { table: target, column: refColumn };
    }
    return null;
  }

  /**
   * Where no key is declared: the table that is called what the column is called, if one of its keys is a single column of the
   * same kind that is the primary key or is called alike.
   */
  named(column: CatalogColumn): TenantRoot | null {
    for (const table of this.#byRow.get(wholeWord(keyStem(column.name))) ?? []) {
      for (const { columns, isPrimary } of table.uniqueKeys) {
        const key = columns.length === 1 ? columnOf(table, columns[0] ?? '') : undefined;
        if (key === undefined || !holdSameKeys(key, column)) continue;
        if (isPrimary || squash(column.name).endsWith(squash(key.name))) return { table, column: key.name };
      }
    }
    return null;
  }

  #called(row: string): CatalogTable[] {
    const name = wholeWord(row);
    const tables = this.#byRow.get(name) ?? [];
    this.#byRow.set(name, tables);
    return tables;
  }
}
