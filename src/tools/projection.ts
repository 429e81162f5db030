/**
 * What a call shows: columns and included rows, as the list of a SELECT and as the reading of its result.
 *
 * Included rows come as JSON in the same statement, one subquery each and evaluated only for rows that are shown. Inside them every
 * value is text in the type's own output form, so one set of decoders reads both and nothing loses a digit on the way.
 */
import type { ResultRows } from '../database/statement.js';
import type { SliceColumn } from '../policy/compiled.js';
import { type Decoder, decoderOf } from './decode.js';
import type { IndexedColumn } from './slice-index.js';

/** One table's columns and what is included below each of its rows. */
export interface Projection {
  readonly columns: readonly IndexedColumn[];
  readonly includes: readonly IncludedRelation[];
}

export interface IncludedRelation {
  readonly name: string;
  readonly kind: 'one' | 'many';
  /** The rows shown for each parent; one more is fetched to know whether there are more. */
  readonly limit: number;
  readonly projection: Projection;
  /** The subquery. */
  readonly sql: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** The expressions of the SELECT list: the columns, then the included relations. */
export function selectList({ columns, includes }: Projection, alias: string): string[] {
  return [
    ...columns.map(({ ident }) => `${alias}.${ident}`),
    ...includes.map(({ sql }, index) => `${sql} as i${index}`),
  ];
}

/** One included row as a JSON array: its columns' texts, then its own included relations. */
export function jsonRow({ columns, includes }: Projection, alias: string): string {
  const texts = columns.map(({ ident, column }) => textOf(`${alias}.${ident}`, column)).join(', ');
  const parts = [`pg_catalog.to_json(array[${texts}]::pg_catalog.text[])`, ...includes.map(({ sql }) => sql)];
  return `pg_catalog.json_build_array(${parts.join(', ')})`;
}

/** "char", inet, cidr, xml, bpchar: their casts to text are not their output form. */
const CAST_DIFFERS: ReadonlySet<number> = new Set([18, 142, 650, 869, 1042]);
const FIRST_USER_OID = 16_384;

/** A value in its type's output form. A cast says the same for PostgreSQL's own types but a few; `concat` does for every type. */
export function textOf(sql: string, column: SliceColumn): string {
  const plain = column.typeOid < FIRST_USER_OID && !CAST_DIFFERS.has(column.typeOid);
  if (plain || column.enumLabels !== null) return `${sql}::pg_catalog.text`;
  // Not `is not null`, which a composite value with a null field fails.
  return `case when ${sql} is distinct from null then pg_catalog.concat(${sql}) end`;
}

/** Reads rows: the first fields of each are the projection's, in its order. */
export function readRows(projection: Projection, result: ResultRows, limit: number): Row[] {
  const width = projection.columns.length;
  const read = rowReader(projection, (column, index) => result.fields[index]?.typeOid ?? column.typeOid);
  return result.rows.slice(0, limit).map((cells) => {
    const included = projection.includes.map((_, index) => {
      const json = cells[width + index] ?? null;
      return json === null ? null : (JSON.parse(json) as unknown);
    });
    return read([cells, ...included]);
  });
}

/** A row as texts, then what is included in it: a row, a list of rows or null for each. */
type Cells = readonly [texts: readonly (string | null)[], ...included: unknown[]];

function rowReader(
  { columns, includes }: Projection,
  typeOf: (column: SliceColumn, index: number) => number,
): (cells: Cells) => Row {
  const decoders: readonly Decoder[] = columns.map(({ column }, index) =>
    decoderOf(typeOf(column, index), column.category),
  );
  const readers = includes.map(includedReader);
  return ([texts, ...included]) => {
    const entries: [string, unknown][] = columns.map(({ name }, index) => {
      const text = texts[index] ?? null;
      return [name, text === null ? null : decoders[index]?.(text)];
    });
    for (const [index, read] of readers.entries()) entries.push(...read(included[index]));
    // Never by assignment: a column may be called __proto__.
    return Object.fromEntries(entries);
  };
}

function includedReader({
  name,
  kind,
  limit,
  projection,
}: IncludedRelation): (value: unknown) => [string, unknown][] {
  const read = rowReader(projection, (column) => column.typeOid);
  if (kind === 'one') return (value) => [[name, value === null ? null : read(value as Cells)]];
  return (value) => {
    const rows = (value ?? []) as readonly Cells[];
    const entries: [string, unknown][] = [[name, rows.slice(0, limit).map(read)]];
    if (rows.length > limit) entries.push([`${name}_truncated`, true]);
    return entries;
  };
}
