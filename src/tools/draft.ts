/** One statement in the making: its parameters, what it touches, and how names of the slice are found or refused. */
import { comparison } from '../compile/operator.js';
import { quoteIdent } from '../compile/quote.js';
import { RingfenceError } from '../errors.js';
import type { Relation } from '../policy/compiled.js';
import { pointer, quoted, refuse, refuseWith } from '../refusal.js';
import { Parameters } from './parameters.js';
import { type AxisValue, boundValues, scopeConditions } from './scope.js';
import { type IndexedColumn, type IndexedTable, type SliceIndex, sliceIndex } from './slice-index.js';
import type { PreparedCall, ToolContext } from './tool.js';

/** Characters of a row's name that an event keeps. */
const REFERENCE_LENGTH = 100;

export class Draft {
  readonly context: ToolContext;
  readonly parameters: Parameters;
  readonly #index: SliceIndex;
  readonly #tables = new Set<string>();
  readonly #columns = new Set<string>();
  readonly #references = new Set<string>();
  #aliases = 0;

  constructor(context: ToolContext) {
    this.context = context;
    this.parameters = new Parameters(context.opaque);
    this.#index = sliceIndex(context);
  }

  /** Names of the tables touched, `table.column` of the columns, and `table#id` of the rows named, for the ledger. */
  get touched(): Pick<PreparedCall, 'tables' | 'columns' | 'references'> {
    return { tables: [...this.#tables], columns: [...this.#columns], references: [...this.#references] };
  }

  /** A fresh name for a table in the statement. */
  alias(): string {
    const alias = `t${this.#aliases}`;
    this.#aliases += 1;
    return alias;
  }

  /** The table an agent named. A table outside the slice and one that is not there are refused alike. */
  table(name: string): IndexedTable {
    const table = this.#index.table(name);
    if (table === undefined) {
      return refuse(
        'unknown_table',
        `roles.${this.context.role.name}.tables`,
        `There is no table ${quoted(name)}.`,
        pointer(name, this.#index.names, 'tables'),
      );
    }
    this.#tables.add(table.slice.name);
    return table;
  }

  /** A table by its name, where the call may reach it. */
  reachable(name: string): IndexedTable | undefined {
    return this.#index.table(name);
  }

  /** The column an agent named. */
  column(table: IndexedTable, name: string): IndexedColumn {
    const column = table.columns.get(name);
    if (column === undefined) {
      this.refuseScopeColumn(table, name);
      return refuse(
        'unknown_column',
        this.rule(table, 'columns'),
        `${table.label} has no column ${quoted(name)}.`,
        pointer(name, [...table.columns.keys()], 'columns'),
      );
    }
    this.reads(column);
    return column;
  }

  /** Notes a row that the call names by its key, for the ledger. */
  refersTo(table: string, key: readonly string[]): void {
    this.#references.add(`${table}#${key.join(',')}`.slice(0, REFERENCE_LENGTH));
  }

  /** Notes a column for the ledger. */
  reads(column: IndexedColumn): void {
    if (column.path !== null) this.#columns.add(column.path);
  }

  /** The relation an agent named, with the table it leads to. */
  relation(table: IndexedTable, name: string): readonly [Relation, IndexedTable] {
    const relation = table.relations.get(name);
    if (relation === undefined) {
      this.refuseScopeColumn(table, name);
      return refuse(
        'unknown_relation',
        this.rule(table, 'relations'),
        `${table.label} has no relation ${quoted(name)}.`,
        pointer(name, [...table.relations.keys()], 'relations'),
      );
    }
    return [relation, this.table(relation.table)];
  }

  /** Refuses a level of relations below the first table that the limits do not allow. */
  descend(level: number): void {
    const { joinDepth } = this.context.limits;
    if (level <= joinDepth) return;
    refuse(
      'join_too_deep',
      `roles.${this.context.role.name}.limits.join_depth`,
      `Relations may be followed ${joinDepth} levels deep, and this goes to level ${level}.`,
      'Ask for the deeper rows in a call of their own, by the ids found here.',
    );
  }

  /** A column that ties rows to a boundary is not the agent's to name. */
  refuseScopeColumn(table: IndexedTable, name: string): void {
    const axis = table.scopeColumns.get(name);
    if (axis === undefined) return;
    refuseWith({
      code: 'tenant_named',
      rule: `boundary.${axis}`,
      reason: `${quoted(name)} is set by the session, and a call cannot name it.`,
      suggestion: `Leave ${quoted(name)} out: every call sees and writes this session's own rows.`,
      blocked: [`${table.slice.name}.${name}`],
    });
  }

  /** The boundary's values, as parameters of this statement. */
  get boundaryValues(): AxisValue {
    return boundValues(this.context.boundary, this.parameters);
  }

  /** What rows of a table must meet to be inside the boundary. */
  scope(table: IndexedTable, alias: string): string[] {
    return scopeConditions(table.scope, this.boundaryValues, alias);
  }

  /** Where in the policy something about a table is said. */
  rule(table: IndexedTable, what: string): string {
    return `roles.${this.context.role.name}.tables.${table.slice.name}.${what}`;
  }

  /** How two tables of a relation are joined. */
  join(relation: Relation, other: IndexedTable, near: string, far: string): string[] {
    return relation.columns.map((name, index) => {
      const farName = relation.otherColumns[index];
      if (farName === undefined) {
        throw new RingfenceError(
          'policy_invalid',
          `Relation ${relation.name} pairs unequal numbers of columns.`,
        );
      }
      const column = other.columns.get(farName)?.column;
      const equals = column === undefined ? '=' : comparison('=', column);
      return `${far}.${quoteIdent(farName)} ${equals} ${near}.${quoteIdent(name)}`;
    });
  }
}
