/** What names mean at one place of a statement: the FROM items and common table expressions of a SELECT and of those around it. */
import type { GuardTable } from '../slice.js';

/** One column that a FROM item has. */
export interface Column {
  readonly name: string;
  /** `table.column` of the slice, where it is one of a table's. */
  readonly origin?: string;
}

/** The columns of something that has rows, in the order of `*`. */
export interface Columns {
  readonly list: readonly Column[];
  /** Whether there may be others: the columns of a function of the product's are not known. */
  readonly open: boolean;
}

/** What a FROM clause has under one name. */
export interface Source extends Columns {
  /** Undefined for a subquery without an alias. */
  readonly alias: string | undefined;
  readonly table?: GuardTable;
  /**
   * A function's rows may be plain values. For such, `alias.name` is a column or, where there is none of that name, PostgreSQL's other
   * way to write `name(alias)`: a call of any function at all. For every other source it has rows to look into, and no value to pass.
   */
  readonly function: boolean;
}

/** A common table expression, in the place where its name means it. */
export interface CommonTable {
  readonly name: string;
  /** Its columns; judges it first, where that was not done yet. */
  columns(): Columns;
  /** Table references that a second plan of it costs, where it is planned anew for each reference. */
  replanned(): number;
}

export class Scope {
  readonly sources: Source[] = [];
  readonly commonTables = new Map<string, CommonTable>();
  /** Names that the SELECT gives its own results, which ORDER BY and GROUP BY may use. */
  outputs: ReadonlySet<string> = new Set();

  readonly #outwards: readonly Scope[];

  constructor(around?: Scope) {
    this.#outwards = [this, ...(around?.outwards() ?? [])];
  }

  /** This scope and those around it, from the inside out. */
  outwards(): readonly Scope[] {
    return this.#outwards;
  }

  /** What a name without a schema means in FROM, unless a table. */
  commonTable(name: string): CommonTable | undefined {
    for (const { commonTables } of this.outwards()) {
      const found = commonTables.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

export const NO_COLUMNS: Columns = { list: [], open: false };

/** Columns under the names that an alias gives the first of them. */
export function renamed(columns: Columns, names: readonly string[]): Columns {
  if (names.length === 0) return columns;
  const list = columns.list.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  // Of columns that are not known, the names tell of as many as there are names.
  const further = columns.open ? names.slice(list.length).map((name) => ({ name })) : [];
  return { list: [...list, ...further], open: columns.open };
}

/** Several columns side by side. */
export function beside(all: readonly Columns[]): Columns {
  return { list: all.flatMap(({ list }) => list), open: all.some(({ open }) => open) };
}

/** The columns of a table of the slice. */
export function tableColumns(table: GuardTable): Columns {
  const list = table.columns.map((name) => ({ name, origin: `${table.name}.${name}` }));
  return { list, open: false };
}
