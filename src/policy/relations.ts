/**
 * How the tables of one slice lead to each other: its foreign keys, named for the agent.
 */
import type { CatalogForeignKey } from './catalog.js';
import type { Relation } from './compiled.js';
import type { ReadSlice } from './slice.js';

/** A relation before it has its name. */
interface Unnamed {
  readonly kind: Relation['kind'];
  readonly table: string;
  readonly columns: readonly string[];
  readonly otherColumns: readonly string[];
  /** What tells it from another relation to the same table. */
  readonly longName: string;
}

/**
 * The relations of each table of a slice, by its agent-facing name.
 *
 * A foreign key is one when every column of it, on both sides, is either shown in plain or fixed by the boundary, and at least
 * one is shown. It is called by the other table's name. Where that name is taken (two keys lead there, a key leads there and
 * another back, a table leads to itself, a column has the name) it is `<table>_<columns>` towards the one row the key points at,
 * and `<table>_by_<columns>` towards the many rows that point here, by the columns of the key: an employee's `employee_reports_to`
 * is its manager, its `employee_by_reports_to` are its reports.
 */
export function relationsOf(slices: readonly ReadSlice[]): ReadonlyMap<string, readonly Relation[]> {
  const unnamed = new Map<string, Unnamed[]>(slices.map(({ listed }) => [listed.name, []]));
  const byTable = new Map(
    slices.map((slice) => [tableId(slice.listed.source.schema, slice.listed.source.name), slice]),
  );
  for (const child of slices) {
    for (const key of distinct(child.listed.source.foreignKeys)) {
      const parent = byTable.get(tableId(key.refSchema, key.refTable));
      if (parent === undefined || !shows(child, key.columns) || !shows(parent, key.refColumns)) continue;
      const [childName, parentName, by] = [child.listed.name, parent.listed.name, key.columns.join('_')];
      unnamed.get(childName)?.push({
        kind: 'one',
        table: parentName,
        columns: key.columns,
        otherColumns: key.refColumns,
        longName: `${parentName}_${by}`,
      });
      unnamed.get(parentName)?.push({
        kind: 'many',
        table: childName,
        columns: key.refColumns,
        otherColumns: key.columns,
        longName: `${childName}_by_${by}`,
      });
    }
  }
  return new Map(
    slices.map((slice) => [slice.listed.name, named(unnamed.get(slice.listed.name) ?? [], slice)] as const),
  );
}

function named(relations: readonly Unnamed[], slice: ReadSlice): readonly Relation[] {
  const claims = new Map<string, number>();
  for (const { table } of relations) claims.set(table, (claims.get(table) ?? 0) + 1);
  // Answers carry related rows beside columns, so no relation may have a column's name, shown or hidden.
  const taken = new Set(slice.listed.source.columns.map((column) => column.name));
  const inOrder = [...relations].sort((a, b) => compare(a.longName, b.longName));
  const short = inOrder.filter(({ table }) => claims.get(table) === 1 && !taken.has(table));
  for (const { table } of short) taken.add(table);
  return inOrder
    .map((relation) => {
      const { longName, ...rest } = relation;
      const name = short.includes(relation) ? relation.table : free(longName, taken);
      taken.add(name);
      return { name, ...rest };
    })
    .sort((a, b) => compare(a.name, b.name));
}

function free(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count++) candidate = `${name}_${count}`;
  return candidate;
}

function shows(slice: ReadSlice, columns: readonly string[]): boolean {
  const plain = new Set(slice.columns.filter(({ mask }) => mask === null).map(({ name }) => name));
  return (
    columns.some((name) => plain.has(name)) &&
    columns.every((name) => plain.has(name) || slice.scopeColumns.has(name))
  );
}

function distinct(keys: readonly CatalogForeignKey[]): readonly CatalogForeignKey[] {
  const byMeaning = new Map(
    keys.map((key) => [JSON.stringify([key.columns, key.refSchema, key.refTable, key.refColumns]), key]),
  );
  return [...byMeaning.values()];
}

function tableId(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}

/** By code unit: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
