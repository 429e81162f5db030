/**
 * A role's row rule as an SQL condition: the filter language, with literals of the column's type and the boundary's own values.
 *
 * As in SQL, a comparison with a NULL is not true: `{ status: { ne: 'closed' } }` does not show a row without a status. The tools'
 * conditions treat null as a value; a rule that guards rows must not open when a column, or the boundary's workspace, is empty.
 */
import { RingfenceError } from '../errors.js';
import type { CatalogColumn, CatalogTable } from '../policy/catalog.js';
import type { SliceTable } from '../policy/compiled.js';
import type { Filter } from '../policy/filter.js';
import { comparison, containing, hasCoreOperators } from './operator.js';
import { quoteIdent, quoteLiteral } from './quote.js';
import { ancestors, boundaryValue, keyInside, type RoleScope } from './scope.js';

const COMPARISONS = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * The condition that a row rule sets on a row.
 *
 * @param prefix what the row is called in the statement, as SQL
 * @throws RingfenceError `policy_invalid` for a rule over related rows that would have to ask the table's own rule again
 */
export function rowRule(of: RoleScope, slice: SliceTable, filter: Filter, prefix: string): string {
  return new RowRule(of, [slice], prefix).filter(filter);
}

class RowRule {
  readonly #of: RoleScope;
  /** The tables that the rule is inside of, the one it is for first. */
  readonly #enclosing: readonly [SliceTable, ...SliceTable[]];
  readonly #slice: SliceTable;
  readonly #table: CatalogTable;
  readonly #prefix: string;

  constructor(of: RoleScope, enclosing: readonly [SliceTable, ...SliceTable[]], prefix: string) {
    this.#of = of;
    this.#enclosing = enclosing;
    this.#slice = enclosing.at(-1) ?? enclosing[0];
    this.#table = of.index.table(this.#slice.schema, this.#slice.table);
    this.#prefix = prefix;
  }

  filter(filter: Filter): string {
    const parts = Object.entries(filter).map(([key, value]) => {
      switch (key) {
        case 'and':
          return this.#joined(value as readonly Filter[], ' and ');
        case 'or':
          return this.#joined(value as readonly Filter[], ' or ');
        case 'not':
          return `not ${this.filter(value as Filter)}`;
        case 'has':
          return this.#all(
            Object.entries(value as Record<string, Filter>).map(([name, inner]) =>
              this.#related(name, inner),
            ),
          );
        default:
          return this.#column(key, value);
      }
    });
    return this.#all(parts);
  }

  #joined(filters: readonly Filter[], word: string): string {
    return filters.length === 0
      ? word === ' or '
        ? 'false'
        : 'true'
      : `(${filters.map((one) => this.filter(one)).join(word)})`;
  }

  #all(parts: readonly string[]): string {
    return parts.length === 0 ? 'true' : `(${parts.join(' and ')})`;
  }

  #column(name: string, value: unknown): string {
    const column = this.#of.index.column(this.#table, name);
    if (value === null || typeof value !== 'object') return this.#operator(column, 'eq', value);
    if (Array.isArray(value)) return this.#operator(column, 'in', value);
    return this.#all(
      Object.entries(value).map(([operator, operand]) => this.#operator(column, operator, operand)),
    );
  }

  #operator(column: CatalogColumn, operator: string, operand: unknown): string {
    const left = `${this.#prefix}.${quoteIdent(column.name)}`;
    switch (operator) {
      case 'eq':
      case 'ne':
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        if (operand === null) return `${left} is ${operator === 'eq' ? '' : 'not '}null`;
        return `${left} ${comparison(COMPARISONS[operator], column)} ${this.#value(column, operand)}`;
      case 'in':
        return this.#oneOf(column, left, operand as readonly unknown[]);
      case 'not_in':
        return `not (${this.#oneOf(column, left, operand as readonly unknown[])})`;
      case 'prefix':
        return `pg_catalog.starts_with(${left}::pg_catalog.text, ${quoteLiteral(String(operand))})`;
      case 'contains':
        return containing(left, `${quoteLiteral(String(operand))}::pg_catalog.text`);
      case 'is_null':
        return `${left} is ${operand === true ? '' : 'not '}null`;
      default:
        throw new RingfenceError(
          'policy_invalid',
          `The row rule of ${this.#slice.name} uses an operator ${JSON.stringify(operator)}, which there is not.`,
        );
    }
  }

  #oneOf(column: CatalogColumn, left: string, values: readonly unknown[]): string {
    if (values.length === 0) return 'false';
    if (hasCoreOperators(column) && !values.includes(null)) {
      return `${left} in (${values.map((value) => this.#value(column, value)).join(', ')})`;
    }
    const parts = values.map((value) =>
      value === null ? `${left} is null` : `${left} ${comparison('=', column)} ${this.#value(column, value)}`,
    );
    return `(${parts.join(' or ')})`;
  }

  #value(column: CatalogColumn, value: unknown): string {
    switch (value) {
      case '$tenant':
        return boundaryValue(this.#of.role, 'tenant', column.castType);
      case '$workspace':
        return boundaryValue(this.#of.role, 'workspace', column.castType);
      case '$user':
        return boundaryValue(this.#of.role, 'user', column.castType);
      case '$role':
        return `${quoteLiteral(this.#of.role.name)}::${column.castType}`;
      default:
        return `${quoteLiteral(String(value))}::${column.castType}`;
    }
  }

  #related(name: string, filter: Filter): string {
    const relation = this.#slice.relations.find((one) => one.name === name);
    const other = relation && this.#of.role.tables.get(relation.table);
    if (relation === undefined || other === undefined) {
      throw new RingfenceError(
        'policy_invalid',
        `The row rule of ${this.#slice.name} names a relation ${name}, which there is not.`,
      );
    }
    const asked = policiesAsked(this.#of, relation.table);
    if (this.#enclosing.some((table) => asked.has(table.name))) {
      throw new RingfenceError(
        'policy_invalid',
        `The row rule of ${this.#slice.name} asks for related rows of ${relation.table}, whose own rows are judged by ${this.#slice.name}: ` +
          'PostgreSQL refuses such a circle. Put the rule on a column of the table itself.',
      );
    }
    const keys = relation.columns.map((column) => `${this.#prefix}.${quoteIdent(column)}`);
    const there = this.#of.index.table(other.schema, other.table);
    this.#of.reads(there, columnsOf(filter));
    // Far from the aliases that a chain of parents counts up.
    const depth = this.#enclosing.length * 100;
    return keyInside(this.#of, keys, relation.table, relation.otherColumns, depth, (alias) =>
      new RowRule(this.#of, [...this.#enclosing, other], alias).filter(filter),
    );
  }
}

/** The columns that a filter looks at, related tables' left out. */
export function columnsOf(filter: Filter): readonly string[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === 'and' || key === 'or') return (value as readonly Filter[]).flatMap(columnsOf);
    if (key === 'not') return columnsOf(value as Filter);
    return key === 'has' ? [] : [key];
  });
}

/**
 * The tables whose row security PostgreSQL consults to read a table: itself, its parents, and what its and their row rules ask.
 * A policy that consults its own table is refused by PostgreSQL as infinite recursion.
 */
export function policiesAsked(of: RoleScope, name: string): ReadonlySet<string> {
  const asked = new Set<string>();
  const visit = (table: string): void => {
    if (asked.has(table)) return;
    asked.add(table);
    for (const parent of ancestors(of.policy, table)) visit(parent);
    const slice = of.role.tables.get(table);
    if (slice?.rows) follow(slice, slice.rows);
  };
  const follow = (slice: SliceTable, filter: Filter): void => {
    for (const [key, value] of Object.entries(filter)) {
      if (key === 'and' || key === 'or') for (const one of value as readonly Filter[]) follow(slice, one);
      else if (key === 'not') follow(slice, value as Filter);
      else if (key === 'has') {
        for (const [relation, inner] of Object.entries(value as Record<string, Filter>)) {
          const other = slice.relations.find((one) => one.name === relation)?.table;
          if (other === undefined) continue;
          visit(other);
          const there = of.role.tables.get(other);
          if (there !== undefined) follow(there, inner);
        }
      }
    }
  };
  visit(name);
  return asked;
}
