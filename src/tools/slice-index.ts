/**
 * A slice made ready for building statements: names resolved and quoted once, not on every call.
 * Kept as long as the slice itself; a slice narrowed by a boundary's data sources has an index of its own.
 */
import { viewName } from '../compile/names.js';
import { quoteIdent, quoteName } from '../compile/quote.js';
import type { Relation, ScopeAxis, SliceColumn, SliceTable } from '../policy/compiled.js';
import type { FilterScope } from '../policy/filter-check.js';
import { type ScopePlan, scopePlan } from './scope-plan.js';
import type { ToolContext } from './tool.js';

export interface IndexedColumn {
  readonly column: SliceColumn;
  readonly name: string;
  readonly ident: string;
  /** `table.column`, for the ledger; null where it is no column of a table, but counted. */
  readonly path: string | null;
  readonly nullable: boolean;
}

export interface IndexedTable {
  readonly slice: SliceTable;
  /** What messages call it. */
  readonly label: string;
  /** The view, schema-qualified and quoted. */
  readonly view: string;
  readonly columns: ReadonlyMap<string, IndexedColumn>;
  readonly scopeColumns: ReadonlyMap<string, ScopeAxis>;
  /** Those that lead to tables the call may reach. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** What tells one row from every other inside the boundary; empty where the agent sees nothing that does. */
  readonly key: readonly IndexedColumn[];
  readonly scope: ScopePlan;
  readonly filterScope: FilterScope;
}

const indexes = new WeakMap<ToolContext['tables'], SliceIndex>();

/** The index of the tables a call may reach. */
export function sliceIndex(context: ToolContext): SliceIndex {
  let index = indexes.get(context.tables);
  if (index === undefined) {
    index = new SliceIndex(context);
    indexes.set(context.tables, index);
  }
  return index;
}

export class SliceIndex {
  readonly #context: Pick<ToolContext, 'tables' | 'role' | 'policy'>;
  readonly #tables = new Map<string, IndexedTable>();

  constructor({ tables, role, policy }: ToolContext) {
    this.#context = { tables, role, policy };
  }

  get names(): readonly string[] {
    return [...this.#context.tables.keys()];
  }

  table(name: string): IndexedTable | undefined {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const slice = this.#context.tables.get(name);
    if (slice === undefined) return undefined;
    const made = this.#index(slice);
    this.#tables.set(name, made);
    return made;
  }

  #index(slice: SliceTable): IndexedTable {
    const { tables, role, policy } = this.#context;
    const columns = new Map(slice.columns.map((column) => [column.name, indexColumn(slice, column)]));
    const scopeColumns = new Map(
      slice.scope.kind === 'scoped' ? slice.scope.columns.map(({ column, axis }) => [column, axis]) : [],
    );
    const relations = new Map(
      slice.relations.filter(({ table }) => tables.has(table)).map((relation) => [relation.name, relation]),
    );
    return {
      slice,
      label: `Table ${slice.name}`,
      view: quoteName(role.sliceSchema, viewName(slice.name)),
      columns,
      scopeColumns,
      relations,
      key: keyOf(slice, columns, scopeColumns),
      scope: scopePlan(slice, role, policy),
      filterScope: {
        columns: new Map([...columns].map(([name, { column }]) => [name, column])),
        relations: new Map([...relations].map(([name, { table }]) => [name, () => this.#scopeOf(table)])),
      },
    };
  }

  #scopeOf(name: string): FilterScope {
    return this.table(name)?.filterScope ?? { columns: new Map(), relations: new Map() };
  }
}

function indexColumn(slice: SliceTable, column: SliceColumn): IndexedColumn {
  return {
    column: { ...column, type: shownType(column) },
    name: column.name,
    ident: quoteIdent(column.name),
    path: `${slice.name}.${column.name}`,
    nullable: !column.notNull || column.mask === 'null',
  };
}

/** A type as agents are told of it: without the schema that it lives in. */
export function shownType({ type, enumLabels }: SliceColumn): string {
  return enumLabels === null ? type.replace(/^("(?:[^"]|"")+"|[^".(]+)\./, '') : 'enum';
}

/** The primary key without what the boundary already fixes. A masked or hidden part of it tells nothing apart: then there is none. */
function keyOf(
  slice: SliceTable,
  columns: ReadonlyMap<string, IndexedColumn>,
  scopeColumns: ReadonlyMap<string, ScopeAxis>,
): readonly IndexedColumn[] {
  const key: IndexedColumn[] = [];
  for (const name of slice.primaryKey) {
    const column = columns.get(name);
    if (column !== undefined && column.column.mask === null) key.push(column);
    else if (column !== undefined || !scopeColumns.has(name)) return [];
  }
  return key;
}
