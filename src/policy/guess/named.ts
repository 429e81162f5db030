/**
 * The tenant column as a person names it.
 */
import { RingfenceError } from '../../errors.js';
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { printName } from '../name.js';
import { nearest } from '../nearest.js';
import { type Candidate, candidateOf } from './candidates.js';
import { canHoldTenant, idOf } from './guess.js';
import { findOwnership } from './ownership.js';
import type { Roots } from './root.js';
import { squash } from './words.js';

/** The column that was named on the command line, as a candidate. */
export function namedCandidate(roots: Roots, named: string): Candidate {
  const { tables } = roots;
  const matches = tables.flatMap((table) =>
    table.columns
      .filter((column) => namesFor(table, column.name).has(named))
      .map((column) => ({ table, column })),
  );
  const found = matches.length > 0 ? matches : looseMatches(tables, named);
  const match = found.find(({ table, column }) => roots.declared(table, column.name) !== null) ?? found[0];
  if (match === undefined) {
    const suggested = nearest(
      named,
      tables.flatMap((table) => table.columns.map((column) => printName([table.name, column.name]))),
    );
    throw new RingfenceError(
      'config_invalid',
      `No table has the column ${named}${suggested === undefined ? '' : `; did you mean ${suggested}?`}. Pass --tenant table.column, or --tenant column for a name that several tables share; names outside the schema public are written schema.table.column.`,
    );
  }
  if (!canHoldTenant(match.column))
    throw new RingfenceError(
      'config_invalid',
      `${named} is of type ${match.column.type}, which cannot name a tenant. Choose a column of text, a number or a uuid.`,
    );
  const { table, column } = match;
  const referenced = tables.some((other) =>
    other.foreignKeys.some(
      (key) =>
        key.refSchema === table.schema && key.refTable === table.name && key.refColumns[0] === column.name,
    ),
  );
  const leads = roots.declared(table, column.name);
  const root =
    leads ??
    (referenced && table.primaryKey.length <= 1 ? { table, column: column.name } : roots.named(column));
  const candidate = candidateOf(roots, root, column.name);
  if (candidate.columns.get(idOf(table))?.column === column.name) return candidate;
  const why = 'named on the command line';
  const columns = new Map(candidate.columns).set(idOf(table), {
    column: column.name,
    why,
    confidence: 'high',
  });
  return { ...candidate, columns, owned: findOwnership(tables, columns, root) };
}

/** Every way to write a column: with and without its table and schema, bare as it is spelt or quoted as in SQL. */
function namesFor(table: CatalogTable, column: string): ReadonlySet<string> {
  const paths = [[column], [table.name, column], [table.schema, table.name, column]];
  return new Set(paths.flatMap((path) => [path.join('.'), printName(path)]));
}

function looseMatches(
  tables: readonly CatalogTable[],
  named: string,
): readonly { readonly table: CatalogTable; readonly column: CatalogColumn }[] {
  const wanted = squash(named);
  return tables.flatMap((table) =>
    table.columns
      .filter((column) =>
        [...namesFor(table, column.name)].some((name) => wanted !== '' && squash(name) === wanted),
      )
      .map((column) => ({ table, column })),
  );
}
