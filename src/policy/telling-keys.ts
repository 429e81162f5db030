/**
 * Constraints that tell of rows nobody may see, and the operator's acknowledgement that they may.
 *
 * A unique key over all tenants says of a value "taken" or "free"; a foreign key into a table that the policy knows nothing of
 * says "exists" or "does not". Both speak to whoever may write their columns.
 */
import type { CatalogColumn, CatalogTable } from './catalog.js';
import type { Policy } from './defaults.js';
import { qualified } from './denial.js';
import type { Findings } from './findings.js';
import { printName } from './name.js';
import type { References } from './references.js';
import type { ReadSlice } from './slice.js';

/** The columns under `acknowledge`, found in the database. */
export interface Acknowledged {
  readonly unique: ReadonlySet<CatalogColumn>;
  readonly foreignKeys: ReadonlySet<CatalogColumn>;
}

export function acknowledgedColumns(
  policy: Policy,
  references: References,
  findings: Findings,
): Acknowledged {
  const found = (kind: 'unique' | 'foreign_keys'): ReadonlySet<CatalogColumn> =>
    new Set(
      policy.acknowledge[kind].flatMap((name, index) => {
        const reference = references.column(name, ['acknowledge', kind, index], findings);
        return reference === undefined ? [] : [reference.column];
      }),
    );
  return { unique: found('unique'), foreignKeys: found('foreign_keys') };
}

/** What writing a column would tell of hidden rows, and how to accept that; undefined where nothing, or where it is acknowledged. */
export function whatKeyTells(
  context: { readonly references: References; readonly acknowledged: Acknowledged },
  slice: ReadSlice,
  name: string,
): { readonly message: string; readonly suggestion: string } | undefined {
  const { listed } = slice;
  const column = listed.source.columns.find((candidate) => candidate.name === name);
  if (column === undefined) return undefined;
  const unique = context.acknowledged.unique.has(column) ? undefined : uniqueAcross(slice, name);
  if (unique !== undefined)
    return {
      message: `${name} is in the unique key ${unique}, which spans boundaries and so tells of hidden rows`,
      suggestion: `lead the key with the boundary’s column, or accept it: acknowledge: { unique: [${qualified(listed, name)}] }`,
    };
  const outside = context.acknowledged.foreignKeys.has(column)
    ? undefined
    : listed.source.foreignKeys.find(
        (key) => key.columns.includes(name) && !context.references.mentions(key.refSchema, key.refTable),
      );
  if (outside === undefined) return undefined;
  const parent = printName([outside.refSchema, outside.refTable]);
  return {
    message: `${name} points to ${parent}, which has no tenancy in this policy: writing it tells which of its rows exist`,
    suggestion: `add ${parent} under tables, or accept it: acknowledge: { foreign_keys: [${qualified(listed, name)}] }`,
  };
}

/**
 * A unique key, or what excludes as one does, that a column has a part in and that rows of another boundary share. A key that holds the boundary's widest own column,
 * or the whole of the link to the parent, can only collide inside the boundary.
 */
function uniqueAcross(slice: ReadSlice, name: string): string | undefined {
  if (slice.scope.kind !== 'scoped') return undefined;
  const [widest] = slice.scope.columns;
  const { via } = slice.scope;
  const fixed = via === null ? (widest === undefined ? [] : [widest.column]) : via.columns;
  const within = (columns: readonly (string | null)[]): boolean =>
    fixed.every((column) => columns.includes(column));
  const keys = slice.listed.source.uniqueKeys.map((key) => ({
    name: key.name,
    columns: key.columns,
    holds: key.columns,
  }));
  const indexes = slice.listed.source.indexes
    .filter((index) => index.unique || index.exclusion === true)
    .map((index) => ({
      name: index.name,
      columns: index.columns,
      holds: index.touches ?? columnsIn(slice.listed.source, index),
    }));
  return [...keys, ...indexes].find((key) => key.holds.includes(name) && !within(key.columns))?.name;
}

/** The columns of an index; where it holds expressions, every column whose name its definition mentions. */
function columnsIn(table: CatalogTable, index: CatalogTable['indexes'][number]): readonly string[] {
  const plain = index.columns.filter((name) => name !== null);
  if (plain.length === index.columns.length) return plain;
  const words = new Set(index.definition.split(/[^\p{L}\p{N}_$]+/u));
  return table.columns
    .map((column) => column.name)
    .filter((name) => words.has(name) || index.definition.includes(`"${name.replaceAll('"', '""')}"`));
}
