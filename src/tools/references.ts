/**
 * That what a write refers to is inside the boundary, said in the statement itself.
 *
 * Row-level security says the same with its check of the new row; this is the layer above it. It covers the parent that a table
 * belongs through, and every other guarded key whose parent the role can see whole in its slice. Of a parent outside the slice the
 * statement has nothing to ask: there only row-level security stands guard.
 */

import { comparison } from '../compile/operator.js';
import { quoteIdent } from '../compile/quote.js';
import type { GuardedKey } from '../policy/compiled.js';
import { refuse } from '../refusal.js';
import type { Assignment, Assignments } from './assignments.js';
import type { Draft } from './draft.js';
import { insideParent } from './scope.js';
import type { IndexedTable } from './slice-index.js';

/** Conditions under which the row may be written. `alias` names the row as it was, for an update; null for a create. */
export function referenceConditions(
  draft: Draft,
  table: IndexedTable,
  assigned: Assignments,
  alias: string | null,
): string[] {
  return [
    ...parentConditions(draft, table, assigned, alias),
    ...guardConditions(draft, table, assigned, alias),
  ];
}

function parentConditions(
  draft: Draft,
  table: IndexedTable,
  assigned: Assignments,
  alias: string | null,
): string[] {
  const { via } = table.scope;
  if (via === null) return [];
  const isTouched = via.columns.some((name) => assigned.has(name));
  if (alias !== null && !isTouched) return [];
  const missing = via.columns.find((name) => alias === null && isAbsent(assigned.get(name)));
  if (missing !== undefined) {
    // Something in the database may fill it in; row-level security judges what comes of that.
    if (!table.slice.write.create?.includes(missing)) return [];
    refuse(
      'input_invalid',
      'input.values',
      `A row of ${table.slice.name} belongs to a row of ${via.parent}, and ${missing} does not say to which.`,
      `Set ${missing} to the id of a row of ${via.parent} that you can see.`,
    );
  }
  noteReference(draft, via.parent, via.columns, assigned);
  const own = via.columns.map((name, index) => assigned.get(name)?.sql ?? `${alias}.${via.idents[index]}`);
  return [insideParent(via, own, draft.boundaryValues)];
}

/** The rows that a write refers to, for the ledger: what the call gave of their keys. */
function noteReference(
  draft: Draft,
  parent: string,
  columns: readonly string[],
  assigned: Assignments,
): void {
  const key = columns.flatMap((name) => assigned.get(name)?.text ?? []);
  if (key.length > 0) draft.refersTo(parent, key);
}

function isAbsent(assignment: Assignment | undefined): boolean {
  return assignment === undefined || assignment.isNull;
}

function guardConditions(
  draft: Draft,
  table: IndexedTable,
  assigned: Assignments,
  alias: string | null,
): string[] {
  return table.slice.write.guardedKeys.flatMap(
    (key) => guardCondition(draft, table, key, assigned, alias) ?? [],
  );
}

function guardCondition(
  draft: Draft,
  table: IndexedTable,
  key: GuardedKey,
  assigned: Assignments,
  alias: string | null,
): string | null {
  if (!key.columns.some((name) => assigned.has(name))) return null;
  // A key with a null part refers to nothing.
  if (key.columns.some((name) => assigned.get(name)?.isNull)) return null;
  noteReference(draft, key.parent, key.columns, assigned);
  const parent = draft.reachable(key.parent);
  if (parent === undefined) return null;
  const far = draft.alias();
  const isWhole = key.parentColumns.every((name) => plainColumn(parent, far, name) !== null);
  const own = key.columns.flatMap(
    (name) => assigned.get(name)?.sql ?? (alias === null ? null : plainColumn(table, alias, name)) ?? [],
  );
  if (!isWhole || own.length < key.columns.length) return null;
  const same = key.parentColumns.map(
    (name, index) => [`${far}.${quoteIdent(name)}`, own[index], parent.columns.get(name)] as const,
  );
  const where = [
    ...same.map(
      ([sql, value, column]) =>
        `${sql} ${column === undefined ? '=' : comparison('=', column.column)} ${value}`,
    ),
    ...draft.scope(parent, far),
  ].join(' and ');
  const found = `exists (select 1 from ${parent.view} ${far} where ${where})`;
  return parent === table ? `(${[found, ...itself(key, own, assigned, alias)].join(' or ')})` : found;
}

/** A row may refer to itself, which it cannot find in its table before it is there. */
function itself(
  key: GuardedKey,
  own: readonly string[],
  assigned: Assignments,
  alias: string | null,
): string[] {
  const values = key.parentColumns.flatMap(
    (name) => assigned.get(name)?.sql ?? (alias === null ? null : `${alias}.${quoteIdent(name)}`) ?? [],
  );
  return values.length === own.length ? [`(${own.join(', ')}) = (${values.join(', ')})`] : [];
}

/** A column that the view shows as it is: readable and not masked, or the boundary's. */
function plainColumn(table: IndexedTable, alias: string, name: string): string | null {
  const column = table.columns.get(name);
  const isPlain = column === undefined ? table.scopeColumns.has(name) : column.column.mask === null;
  return isPlain ? `${alias}.${quoteIdent(name)}` : null;
}
