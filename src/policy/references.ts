/**
 * What the names in a policy refer to: tables of the policy, tables of the database, columns.
 */
import type { Catalog, CatalogColumn, CatalogTable } from './catalog.js';
import type { PolicyPath } from './complaint.js';
import type { Policy, TablePolicy } from './defaults.js';
import type { Findings } from './findings.js';
import { type NamePart, parseName, printName } from './name.js';
import { didYouMean, nearest } from './nearest.js';

/** A table of the policy, found in the database. */
export interface ListedTable {
  /** The key under `tables`, as written. */
  readonly key: string;
  /** What agents call it. */
  readonly name: string;
  readonly entry: TablePolicy;
  readonly source: CatalogTable;
}

/** What the name of a table leads to. */
type TableReference =
  | { readonly kind: 'listed'; readonly table: ListedTable }
  /** In the policy, with a complaint of its own. */
  | { readonly kind: 'broken' }
  /** In the database, and not in the policy. */
  | { readonly kind: 'unlisted'; readonly source: CatalogTable }
  | { readonly kind: 'unknown'; readonly message: string; readonly suggestion?: string };

/** Resolves the names of one policy against one catalog. */
export class References {
  readonly #schema: string;
  readonly #catalog = new Map<string, CatalogTable>();
  readonly #listed = new Map<string, ListedTable>();
  readonly #aliases = new Map<string, string>();
  readonly #keys = new Set<string>();

  /** Complains about every table under `tables` that cannot be one. */
  constructor(policy: Policy, catalog: Catalog, findings: Findings) {
    this.#schema = policy.schema;
    for (const table of catalog.tables) this.#catalog.set(printName([table.schema, table.name]), table);
    for (const [key, entry] of Object.entries(policy.tables)) this.#list(key, entry, findings);
    this.#checkNamesDiffer(findings);
  }

  /** The tables of the policy that the database has, in the order of the file. */
  get tables(): readonly ListedTable[] {
    return [...this.#listed.values()];
  }

  /** The table of the policy behind a table of the database. */
  listed(schema: string, name: string): ListedTable | undefined {
    return this.#listed.get(printName([schema, name]));
  }

  /** Whether the policy gives a table a tenancy, or tries to. */
  mentions(schema: string, name: string): boolean {
    return this.#keys.has(printName([schema, name]));
  }

  /** What the name of a table leads to: its SQL name, or what agents call it. */
  table(text: string): TableReference {
    const alias = this.#aliases.get(text);
    const parsed = parseName(text);
    if ('problem' in parsed)
      return alias === undefined ? { kind: 'unknown', message: parsed.problem } : this.#follow(alias);
    return this.#tableOf(parsed.parts);
  }

  /** What `table.column` leads to; complains and returns nothing where it leads nowhere. */
  column(
    text: string,
    path: PolicyPath,
    findings: Findings,
  ): { readonly source: CatalogTable; readonly column: CatalogColumn } | undefined {
    const parsed = parseName(text);
    if ('problem' in parsed) {
      findings.complain(path, parsed.problem);
      return undefined;
    }
    const tableParts = parsed.parts.slice(0, -1);
    const columnPart = parsed.parts.at(-1);
    if (columnPart === undefined || tableParts.length === 0) {
      findings.complain(path, 'expected table.column');
      return undefined;
    }
    const reference = this.#tableOf(tableParts);
    if (reference.kind === 'broken') return undefined;
    if (reference.kind === 'unknown') {
      findings.complain(path, reference.message, reference);
      return undefined;
    }
    const source = reference.kind === 'listed' ? reference.table.source : reference.source;
    const column = findByPart(source, columnPart);
    if (column === undefined) complainOfColumn(source, columnPart.written, path, findings);
    return column === undefined ? undefined : { source, column };
  }

  /** A table as the policy would write it. */
  print(table: CatalogTable): string {
    return table.schema === this.#schema ? printName([table.name]) : printName([table.schema, table.name]);
  }

  #tableOf(parts: readonly NamePart[]): TableReference {
    if (parts.length > 2) return { kind: 'unknown', message: 'expected a table, or schema.table' };
    const full = this.#full(parts);
    const alias = parts.length === 1 ? this.#aliases.get(parts[0]?.written ?? '') : undefined;
    if (this.#keys.has(full)) return this.#follow(full);
    if (alias !== undefined) return this.#follow(alias);
    const source = this.#catalog.get(full);
    return source === undefined ? this.#unknown(parts) : { kind: 'unlisted', source };
  }

  #follow(full: string): TableReference {
    const table = this.#listed.get(full);
    return table === undefined ? { kind: 'broken' } : { kind: 'listed', table };
  }

  #full(parts: readonly NamePart[]): string {
    const names = parts.map((part) => part.name);
    return printName(names.length === 1 ? [this.#schema, ...names] : names);
  }

  #unknown(parts: readonly NamePart[]): Extract<TableReference, { kind: 'unknown' }> {
    const printed = printName(parts.map((part) => part.name));
    const wanted = parts.at(-1)?.written ?? '';
    const tables = [...this.#catalog.values()];
    const sameName =
      tables.find((table) => table.name === wanted) ?? tables.find((table) => foldsTo(table.name, wanted));
    const close = nearest(
      printed,
      tables.map((table) => this.print(table)),
    );
    const meant = sameName === undefined ? close : this.print(sameName);
    const where = parts.length === 1 ? ` in schema ${printName([this.#schema])}` : '';
    const message = `the database has no table ${printed}${where}`;
    if (meant === undefined) return { kind: 'unknown', message };
    return {
      kind: 'unknown',
      message,
      suggestion: `did you mean ${meant.includes('"') ? `'${meant}'` : meant}?`,
    };
  }

  #list(key: string, entry: TablePolicy, findings: Findings): void {
    const found = this.#source(key);
    if ('message' in found) {
      findings.complain(['tables', key], found.message, found);
      return;
    }
    const { source } = found;
    const full = printName([source.schema, source.name]);
    if (entry.as !== null) this.#aliases.set(entry.as, full);
    const problem = whyNotATable(source);
    if (problem !== undefined) {
      findings.complain(['tables', key], problem.message, problem);
      return;
    }
    const inDefaultSchema = source.schema === this.#schema;
    const name = entry.as ?? (inDefaultSchema ? source.name : `${source.schema}_${source.name}`);
    this.#listed.set(full, { key, name, entry, source });
  }

  /** The table of the database that a key under `tables` names; the key is mentioned from now on, found or not. */
  #source(
    key: string,
  ): { readonly source: CatalogTable } | { readonly message: string; readonly suggestion?: string } {
    const parsed = parseName(key);
    if ('problem' in parsed) return { message: parsed.problem };
    if (parsed.parts.length > 2) return { message: 'expected a table, or schema.table' };
    const full = this.#full(parsed.parts);
    if (this.#keys.has(full)) return { message: `${full} is already there, under another spelling` };
    this.#keys.add(full);
    const source = this.#catalog.get(full);
    return source === undefined ? this.#unknown(parsed.parts) : { source };
  }

  #checkNamesDiffer(findings: Findings): void {
    const taken = new Map<string, string>();
    for (const { key, name } of this.#listed.values()) {
      const other = taken.get(name);
      if (other === undefined) taken.set(name, key);
      else
        findings.complain(['tables', key], `agents would call this table ${name}, and ${other} too`, {
          suggestion: 'give one of them another name with as: …',
        });
    }
  }
}

/**
 * A column by its name in the policy: to the letter, or as SQL would read it.
 * Complains and returns nothing where the table has none.
 */
export function findColumn(
  source: CatalogTable,
  text: string,
  path: PolicyPath,
  findings: Findings,
): CatalogColumn | undefined {
  const exact = source.columns.find((column) => column.name === text);
  if (exact !== undefined) return exact;
  const parsed = parseName(text);
  const part = 'parts' in parsed && parsed.parts.length === 1 ? parsed.parts[0] : undefined;
  const found = part === undefined ? undefined : findByPart(source, part);
  if (found === undefined) complainOfColumn(source, text, path, findings);
  return found;
}

function findByPart(source: CatalogTable, part: NamePart): CatalogColumn | undefined {
  return (
    source.columns.find((column) => column.name === part.written) ??
    source.columns.find((column) => column.name === part.name)
  );
}

function complainOfColumn(source: CatalogTable, text: string, path: PolicyPath, findings: Findings): void {
  const names = source.columns.map((column) => column.name);
  const guess = didYouMean(text, names);
  findings.complain(
    path,
    `${printName([source.schema, source.name])} has no column ${text}`,
    guess.suggestion === undefined ? { suggestion: `it has ${listed(names)}` } : guess,
  );
}

/** Names for a message, cut where there are many. */
function listed(names: readonly string[]): string {
  return names.length <= 12
    ? names.join(', ')
    : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`;
}

function foldsTo(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

function whyNotATable(
  table: CatalogTable,
): { readonly message: string; readonly suggestion?: string } | undefined {
  if (table.schema === 'ringfence' || table.schema === 'pg_catalog' || table.schema === 'information_schema')
    return { message: `schema ${table.schema} is not for agents` };
  switch (table.kind) {
    case 'view':
      return {
        message:
          'is a view: row-level security holds on tables, and a view reads its own with its owner’s rights',
        suggestion: 'list the tables beneath it',
      };
    case 'foreign':
      return {
        message: 'is a foreign table: PostgreSQL has no row-level security for it',
        suggestion: 'protect it in the database it comes from',
      };
    default:
      return table.isChild
        ? {
            message:
              'is a partition or an inheritance child: the rules of its parent do not hold when it is read directly',
            suggestion: 'list its parent',
          }
        : undefined;
  }
}
