/**
 * A catalog, found by name.
 */
import { RingfenceError } from '../errors.js';
import type { Catalog, CatalogColumn, CatalogTable } from '../policy/catalog.js';

/** Looks tables and columns up; what a policy names and the database does not have is an error that says so. */
export class CatalogIndex {
  readonly #tables = new Map<string, CatalogTable>();
  readonly #columns = new Map<CatalogTable, ReadonlyMap<string, CatalogColumn>>();

  constructor(catalog: Catalog) {
    for (const table of catalog.tables) this.#tables.set(tableKey(table.schema, table.name), table);
  }

  /** @throws RingfenceError `policy_invalid` where the database has no such table. */
  table(schema: string, name: string): CatalogTable {
    const table = this.#tables.get(tableKey(schema, name));
    if (table === undefined) {
      throw new RingfenceError(
        'policy_invalid',
        `The policy names table ${schema}.${name}, which the database does not have.`,
      );
    }
    return table;
  }

  /** @throws RingfenceError `policy_invalid` where the table has no such column. */
  column(table: CatalogTable, name: string): CatalogColumn {
    let columns = this.#columns.get(table);
    if (columns === undefined) {
      columns = new Map(table.columns.map((column) => [column.name, column]));
      this.#columns.set(table, columns);
    }
    const column = columns.get(name);
    if (column === undefined) {
      throw new RingfenceError(
        'policy_invalid',
        `The policy names column ${name} of ${table.schema}.${table.name}, which the table does not have.`,
      );
    }
    return column;
  }
}

/** One string per table, for maps. */
export function tableKey(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}
