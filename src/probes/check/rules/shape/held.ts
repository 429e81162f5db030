/** The tenant columns that rules look at, each once. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeColumn, ShapeTable } from '../../../../database/inspect/shape.js';
import type { World } from '../../rule.js';
import { column, label, sqlName, tablesOf } from './tables.js';

export interface Held {
  readonly table: ShapeTable;
  readonly column: ShapeColumn;
}

/** Each tenant column once: a partition has its parent's, a child its parent's type and constraint. */
export function* held(world: World): Generator<Held> {
  for (const { table, tenancy } of tablesOf(world, 'column')) {
    const own = column(table, tenancy.column);
    if (own !== undefined && !(table.isPartition || (table.parent !== null && own.inherited)))
      yield { table, column: own };
  }
}

export function object({ table, column: own }: Held): string {
  return `column ${label(table, own.name)}`;
}

export const alter = (table: ShapeTable, own: string): string =>
  `alter table ${sqlName(table)} alter column ${quoteIdent(own)}`;
