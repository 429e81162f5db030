import type { CatalogColumn } from './catalog.js';
import type { Policy } from './defaults.js';
import type { Findings } from './findings.js';
import { printName } from './name.js';
import type { ListedTable, References } from './references.js';
import { matchesWildcard, splitPattern } from './wildcard.js';

/** What no role may see: the `deny` of the policy. */
export class Denials {
  readonly #columnPatterns: readonly string[];
  readonly #tablePatterns: readonly string[];
  readonly #excepted = new Set<CatalogColumn>();

  constructor(policy: Policy, references: References, findings: Findings) {
    this.#columnPatterns = policy.deny.columns;
    this.#tablePatterns = policy.deny.tables;
    for (const [index, name] of policy.deny.except.entries()) {
      const found = references.column(name, ['deny', 'except', index], findings);
      if (found !== undefined) this.#excepted.add(found.column);
    }
    for (const [index, pattern] of policy.deny.columns.entries()) {
      // A pattern with a star is a precaution; one without means a certain column, and a slip of the pen would bare it.
      const precaution = pattern.includes('*');
      const catches = references.tables.some((table) =>
        table.source.columns.some((column) => matchesColumn(pattern, table, column)),
      );
      if (!precaution && !catches)
        findings.note(['deny', 'columns', index], `${pattern} denies no column of any table of this policy`);
    }
  }

  /** The pattern that keeps a column from every role, or undefined. */
  ofColumn(table: ListedTable, column: CatalogColumn): string | undefined {
    if (this.#excepted.has(column)) return undefined;
    return this.#columnPatterns.find((pattern) => matchesColumn(pattern, table, column));
  }

  /** The pattern that keeps a table from every role, or undefined. */
  ofTable(table: ListedTable): string | undefined {
    return this.#tablePatterns.find((pattern) => {
      const { table: schema, column: name } = splitPattern(pattern);
      const whole = schema === null ? name : `${schema}.${name}`;
      return namesOf(table).some((known) => matchesWildcard(whole, known));
    });
  }
}

function matchesColumn(pattern: string, table: ListedTable, column: CatalogColumn): boolean {
  const { table: tablePattern, column: columnPattern } = splitPattern(pattern);
  if (!matchesWildcard(columnPattern, column.name)) return false;
  return tablePattern === null || namesOf(table).some((name) => matchesWildcard(tablePattern, name));
}

/** Every name that a pattern may catch a table by. */
function namesOf(table: ListedTable): readonly string[] {
  return [table.source.name, `${table.source.schema}.${table.source.name}`, table.name];
}

/** A column as `deny.except` and `acknowledge` name it: `customer.email`. */
export function qualified(table: ListedTable, column: string): string {
  return `${table.key}.${printName([column])}`;
}
