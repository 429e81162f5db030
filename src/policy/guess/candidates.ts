/**
 * What could be the tenant column, and which tables would belong to a tenant if it were.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { conceptOf, conceptWeight, PEOPLE, sameConcept } from './concepts.js';
import { type Confidence, canHoldTenant, columnOf, holdSameKeys, idOf, type TenantRoot } from './guess.js';
import { findOwnership, type OwnColumn, type Ownership } from './ownership.js';
import type { Roots } from './root.js';
import { headOf, keyStem, rowWords, snake, squash, wordsOf } from './words.js';

export interface Candidate {
  readonly name: string;
  readonly root: TenantRoot | null;
  readonly columns: ReadonlyMap<string, OwnColumn>;
  readonly owned: ReadonlyMap<string, Ownership>;
  readonly concept: number;
  readonly score: number;
}

/** `company` or `team` without a key anywhere holds a name, not a tenant; `tenant` and `org` are used as keys all the same. */
function isOnlyAName(column: string): boolean {
  return keyStem(column) === squash(column) && conceptWeight(column) < 30;
}

/** What rows call themselves. No key to anything, however many tables have one. */
const NAMES_THE_ROW =
  /^((row|external|public|remote|legacy|global|local|object|record|entity)_)?(id|uuid|guid|uid|oid|gid)$|^rowguid$/;

/** A column that names the row itself: by its name, or because it tells each row of the table from every other. */
function isItsOwn(table: CatalogTable, column: string): boolean {
  if (conceptWeight(column) > 0) return false;
  return (
    NAMES_THE_ROW.test(snake(column)) ||
    table.uniqueKeys.some(({ columns }) => columns.length === 1 && columns[0] === column)
  );
}

/** Everything that could be the tenant column, best first. */
export function candidatesOf(roots: Roots): readonly Candidate[] {
  const { tables } = roots;
  const groups = new Map<string, { readonly root: TenantRoot | null; readonly spellings: string[] }>();
  for (const table of tables) {
    for (const column of table.columns) {
      if (!canHoldTenant(column) || !isOwnerLike(column.name) || isItsOwn(table, column.name)) continue;
      const root = roots.declared(table, column.name) ?? roots.named(column);
      if (root?.table === table || (root === null && isOnlyAName(column.name))) continue;
      const id = root === null ? keyStem(column.name) : idOf(root.table) + root.column;
      const group = groups.get(id);
      if (group === undefined) groups.set(id, { root, spellings: [column.name] });
      else group.spellings.push(column.name);
    }
  }
  return [...groups.values()]
    .filter(({ root, spellings }) => mayStand(root, spellings, tables.length))
    .map(({ root, spellings }) => candidateOf(roots, root, mostCommon(spellings)))
    .filter((candidate) => candidate.columns.size > 0)
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
}

/** Keeps the work in proportion: in a large schema most keys are one table's, and lead to nothing that owns. */
function mayStand(root: TenantRoot | null, spellings: readonly string[], tableCount: number): boolean {
  const telling = spellings.some((name) => conceptWeight(name) > 0);
  return (
    telling ||
    (root !== null && conceptWeight(headOf(root.table.name)) > 0) ||
    spellings.length > tableCount / 4
  );
}

function mostCommon(spellings: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of spellings)
    counts.set(name, (counts.get(name) ?? 0) + (conceptWeight(name) > 0 ? 1.5 : 1));
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}

/** `org_id`, `owner_org_id` and `tenantid`, but not `parent_org_id` or `account_type`; and keys that many tables share. */
function isOwnerLike(column: string): boolean {
  return conceptWeight(column) > 0 || /(id|uuid|guid)$/.test(squash(column));
}

/** Every table's column for one tenant: keys to the root that are named after it or like the first, and columns of that name. */
export function candidateOf(roots: Roots, root: TenantRoot | null, name: string): Candidate {
  const { tables } = roots;
  const columns = new Map<string, OwnColumn>();
  const rootColumn = root === null ? undefined : columnOf(root.table, root.column);
  for (const table of tables) {
    if (table === root?.table && rootColumn !== undefined && canHoldTenant(rootColumn)) {
      const why = 'its rows are the tenants, and each sees its own';
      columns.set(idOf(table), { column: root.column, why, confidence: 'high' });
      continue;
    }
    const own = table.columns
      .flatMap((column) => ownColumn(roots, table, column, root, rootColumn, name))
      .sort((a, b) => b.rank - a.rank)[0];
    if (own !== undefined) columns.set(idOf(table), own.own);
  }
  const owned = findOwnership(tables, columns, root);
  const carriers = tables.flatMap((table) => {
    const column = columns.get(idOf(table))?.column;
    return column === undefined ? [] : [{ table, column }];
  });
  const fraction = (holds: (table: CatalogTable, column: string) => boolean): number =>
    carriers.filter(({ table, column }) => holds(table, column)).length / Math.max(1, carriers.length);
  const concept = Math.max(conceptWeight(name), root === null ? 0 : conceptWeight(headOf(root.table.name)));
  const people = PEOPLE.has(conceptOf(name)) || (root !== null && PEOPLE.has(headOf(root.table.name)));
  const score =
    (owned.size / tables.length) * 100 +
    Math.min(carriers.length, 20) +
    concept +
    (root === null ? 0 : 5) +
    fraction((table, column) => columnOf(table, column)?.notNull ?? false) * 5 +
    fraction((table, column) => table.indexes.some((index) => index.columns[0] === column)) * 5;
  return { name, root, columns, owned, concept: people ? -1 : concept, score: people ? score / 10 : score };
}

function ownColumn(
  roots: Roots,
  table: CatalogTable,
  column: CatalogColumn,
  root: TenantRoot | null,
  rootColumn: CatalogColumn | undefined,
  name: string,
): readonly { readonly rank: number; readonly own: OwnColumn }[] {
  if (!canHoldTenant(column)) return [];
  const target = roots.declared(table, column.name);
  const leadsToRoot = target !== null && target.table === root?.table && target.column === root.column;
  const exact = squash(column.name) === squash(name);
  const alike = exact || sameConcept(keyStem(column.name), keyStem(name));
  const afterRoot =
    root !== null &&
    [headOf(root.table.name), rowWords(root.table.name).join('')].some((row) =>
      sameConcept(row, keyStem(column.name)),
    );
  const nulls = column.notNull ? '' : '; it may be null, and rows where it is are seen by nobody';
  const own = (why: string, confidence: Confidence): OwnColumn => ({
    column: column.name,
    why: why + nulls,
    confidence,
  });
  if (leadsToRoot && (alike || afterRoot || conceptWeight(column.name) >= 15)) {
    const why = `it is a key to ${root?.table.name}`;
    return [{ rank: exact ? 4 : alike ? 3 : 2, own: own(why, column.notNull ? 'high' : 'medium') }];
  }
  // A column of that name that is declared to point elsewhere, or is the table's own key, means something else.
  if (target !== null || (table.primaryKey.length === 1 && table.primaryKey[0] === column.name)) return [];
  const sameKind = rootColumn === undefined || holdSameKeys(rootColumn, column);
  if (!sameKind || !(alike || (afterRoot && wordsOf(column.name).length > 1))) return [];
  const rank = exact ? 1 : 0;
  const parent = table.foreignKeys.find((key) => {
    const position = key.columns.indexOf(column.name);
    return (
      key.columns.length > 1 &&
      position !== -1 &&
      sameConcept(keyStem(key.refColumns[position] ?? ''), keyStem(name))
    );
  });
  if (parent !== undefined) {
    const why = `it is a part of the key to ${parent.refTable}`;
    return [{ rank, own: own(why, column.notNull ? 'high' : 'medium') }];
  }
  const why =
    root === null
      ? 'it is called like the tenant column'
      : `it is called like a key to ${root.table.name}, which is not declared`;
  return [{ rank, own: own(why, root === null && exact ? 'high' : 'medium') }];
}
