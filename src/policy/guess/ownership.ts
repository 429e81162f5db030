/**
 * From the tables that carry the tenant themselves to the tables that belong to a tenant through a parent.
 */
import type { CatalogForeignKey, CatalogTable } from '../catalog.js';
import { type Confidence, canHoldTenant, columnOf, holdSameKeys, idOf, type TenantRoot } from './guess.js';
import { snake } from './words.js';

/** How a table belongs to a tenant, and what else its keys could have meant. */
export interface Ownership {
  readonly tenancy:
    | { readonly kind: 'column'; readonly column: string }
    | { readonly kind: 'via'; readonly parent: CatalogTable; readonly key: CatalogForeignKey };
  readonly why: string;
  readonly confidence: Confidence;
  readonly otherKeys: readonly { readonly parent: CatalogTable; readonly key: CatalogForeignKey }[];
}

export interface OwnColumn {
  readonly column: string;
  readonly why: string;
  readonly confidence: Confidence;
}

interface Edge {
  readonly key: CatalogForeignKey;
  readonly parent: CatalogTable;
  readonly notNull: boolean;
  /** Says who touched a row, not whose it is. */
  readonly incidental: boolean;
}

/** Keys that record an act, a hierarchy or a counterpart. A row does not belong to whoever they point at. */
const INCIDENTAL =
  /(^|_)(created|updated|modified|changed|deleted|removed|archived|approved|reviewed|verified|closed|locked|published|invited|referred|assigned|reported|reports|last|previous|prev|next|original|replaced|superseded|parent|manager|supervisor|boss|mentor|partner|default|primary|current|latest)(_|$)/;

/**
 * Whose rows each table holds, breadth first from the tables that carry the tenant. A key that is never null beats one that may
 * be, whatever the length of the chain: through a key that may be null, rows without a parent belong to nobody and are seen by nobody.
 */
export function findOwnership(
  tables: readonly CatalogTable[],
  ownColumns: ReadonlyMap<string, OwnColumn>,
  root: TenantRoot | null,
): ReadonlyMap<string, Ownership> {
  const owned = new Map<string, Ownership>();
  for (const table of tables) {
    const own = ownColumns.get(idOf(table));
    if (own === undefined) continue;
    const { why, confidence } = own;
    owned.set(idOf(table), {
      tenancy: { kind: 'column', column: own.column },
      why,
      confidence,
      otherKeys: [],
    });
  }
  const edges = edgesOf(tables);
  const chosen = new Map<CatalogTable, Edge>();
  const waiting = new Set(tables.filter((table) => !owned.has(idOf(table))));
  while (true) {
    const round =
      reachable(waiting, edges, owned, (edge) => edge.notNull && !edge.incidental) ??
      reachable(waiting, edges, owned, (edge) => edge.notNull) ??
      reachable(waiting, edges, owned, (edge) => !edge.incidental);
    if (round === null) break;
    for (const [table, best] of round) {
      waiting.delete(table);
      chosen.set(table, best);
      owned.set(idOf(table), toOwnership(table, best, root));
    }
  }
  for (const [table, best] of chosen) owned.set(idOf(table), withOtherKeys(table, best, edges, owned));
  return owned;
}

function edgesOf(tables: readonly CatalogTable[]): ReadonlyMap<CatalogTable, readonly Edge[]> {
  const byId = new Map(tables.map((table) => [idOf(table), table]));
  return new Map(
    tables.map((table) => [
      table,
      table.foreignKeys.flatMap((key) => {
        const parent = byId.get(idOf({ schema: key.refSchema, name: key.refTable }));
        if (parent === undefined || parent === table || !canBeWritten(table, parent, key)) return [];
        const notNull = key.columns.every((name) => columnOf(table, name)?.notNull ?? false);
        return [
          { key, parent, notNull, incidental: key.columns.some((name) => INCIDENTAL.test(snake(name))) },
        ];
      }),
    ]),
  );
}

/** Keys over the same columns, in whatever order, are one path to a parent; where there are several, the policy must name columns. */
export function hasRivals(table: CatalogTable, key: CatalogForeignKey): boolean {
  const pairs = ({ columns, refColumns }: CatalogForeignKey): string =>
    JSON.stringify(columns.map((column, index) => [column, refColumns[index]]).sort());
  return table.foreignKeys.some(
    (other) =>
      other.refSchema === key.refSchema && other.refTable === key.refTable && pairs(other) !== pairs(key),
  );
}

/** Named columns have to be of one kind; PostgreSQL lets a key lead from an integer to a numeric. */
function canBeWritten(table: CatalogTable, parent: CatalogTable, key: CatalogForeignKey): boolean {
  if (!hasRivals(table, key)) return true;
  return key.columns.every((name, index) => {
    const [own, other] = [columnOf(table, name), columnOf(parent, key.refColumns[index] ?? '')];
    return own !== undefined && other !== undefined && holdSameKeys(own, other);
  });
}

/** The tables that `accept`ed keys lead from to an owned table, with their best key to one. */
function reachable(
  waiting: ReadonlySet<CatalogTable>,
  edges: ReadonlyMap<CatalogTable, readonly Edge[]>,
  owned: ReadonlyMap<string, Ownership>,
  accept: (edge: Edge) => boolean,
): ReadonlyMap<CatalogTable, Edge> | null {
  const found = new Map<CatalogTable, Edge>();
  for (const table of waiting) {
    const [best] = (edges.get(table) ?? [])
      .filter((edge) => owned.has(idOf(edge.parent)) && accept(edge))
      .toSorted((a, b) => compareEdges(table, a, b));
    if (best !== undefined) found.set(table, best);
  }
  return found.size === 0 ? null : found;
}

function compareEdges(table: CatalogTable, a: Edge, b: Edge): number {
  const inPrimaryKey = (edge: Edge): boolean =>
    edge.key.columns.every((name) => table.primaryKey.includes(name));
  const position = (edge: Edge): number =>
    table.columns.findIndex((column) => column.name === edge.key.columns[0]);
  return (
    Number(b.notNull && !b.incidental) - Number(a.notNull && !a.incidental) ||
    Number(b.notNull) - Number(a.notNull) ||
    Number(a.incidental) - Number(b.incidental) ||
    Number(b.key.onDelete === 'cascade') - Number(a.key.onDelete === 'cascade') ||
    Number(inPrimaryKey(b)) - Number(inPrimaryKey(a)) ||
    position(a) - position(b) ||
    (a.key.name < b.key.name ? -1 : 1)
  );
}

function toOwnership(
  table: CatalogTable,
  { key, parent, notNull, incidental }: Edge,
  root: TenantRoot | null,
): Ownership {
  const confidence = notNull && !incidental ? 'high' : 'low';
  const nulls = notNull ? '' : '; it may be null, and rows where it is are seen by nobody';
  const own = key.columns.length === 1 ? columnOf(table, key.columns[0] ?? '') : undefined;
  const toRoot = parent === root?.table && key.refColumns[0] === root.column;
  if (own !== undefined && toRoot && canHoldTenant(own)) {
    const why = `it is a key to ${root.table.name}${nulls}`;
    return { tenancy: { kind: 'column', column: own.name }, why, confidence, otherKeys: [] };
  }
  const why = `its key ${key.columns.join(', ')} leads to ${parent.name}${nulls}`;
  return { tenancy: { kind: 'via', parent, key }, why, confidence, otherKeys: [] };
}

/** What else could have been chosen, now that all are known; where that is as good, the choice is less sure. */
function withOtherKeys(
  table: CatalogTable,
  best: Edge,
  edges: ReadonlyMap<CatalogTable, readonly Edge[]>,
  owned: ReadonlyMap<string, Ownership>,
): Ownership {
  const chosen = owned.get(idOf(table)) ?? toOwnership(table, best, null);
  const rest = (edges.get(table) ?? [])
    .filter(
      (edge) => edge !== best && !chainOf(edge.parent, owned).has(table) && owned.has(idOf(edge.parent)),
    )
    .toSorted((a, b) => compareEdges(table, a, b));
  const asGood = rest.some((edge) => edge.notNull === best.notNull && edge.incidental === best.incidental);
  const confidence = chosen.confidence === 'high' && asGood ? 'medium' : chosen.confidence;
  return { ...chosen, confidence, otherKeys: rest.map(({ key, parent }) => ({ key, parent })) };
}

/** A table and the parents its rows belong to a tenant through. */
function chainOf(table: CatalogTable, owned: ReadonlyMap<string, Ownership>): ReadonlySet<CatalogTable> {
  const chain = new Set<CatalogTable>();
  let next: CatalogTable | null = table;
  while (next !== null && !chain.has(next)) {
    chain.add(next);
    const tenancy: Ownership['tenancy'] | undefined = owned.get(idOf(next))?.tenancy;
    next = tenancy?.kind === 'via' ? tenancy.parent : null;
  }
  return chain;
}
