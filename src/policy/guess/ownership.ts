/**
 * From the tables that carry the tenant themselves to the tables that belong to a tenant through a parent.
 */
import type { CatalogForeignKey, CatalogTable } from '../catalog.js';
import { type Confidence, columnOf, idOf, type TenantRoot } from './guess.js';
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
  const waiting = new Set(tables.filter((table) => !owned.has(idOf(table))));
  while (true) {
    const round =
      reachable(waiting, edges, owned, (edge) => edge.notNull && !edge.incidental) ??
      reachable(waiting, edges, owned, (edge) => edge.notNull) ??
      reachable(waiting, edges, owned, (edge) => !edge.incidental);
    if (round === null) return owned;
    for (const [table, choice] of round) {
      waiting.delete(table);
      owned.set(idOf(table), toOwnership(choice, root));
    }
  }
}

function edgesOf(tables: readonly CatalogTable[]): ReadonlyMap<CatalogTable, readonly Edge[]> {
  const byId = new Map(tables.map((table) => [idOf(table), table]));
  return new Map(
    tables.map((table) => [
      table,
      table.foreignKeys.flatMap((key) => {
        const parent = byId.get(idOf({ schema: key.refSchema, name: key.refTable }));
        if (parent === undefined || parent === table) return [];
        const notNull = key.columns.every((name) => columnOf(table, name)?.notNull ?? false);
        return [
          { key, parent, notNull, incidental: key.columns.some((name) => INCIDENTAL.test(snake(name))) },
        ];
      }),
    ]),
  );
}

interface Choice {
  readonly best: Edge;
  readonly rest: readonly Edge[];
}

/** The tables that `accept`ed keys lead from to an owned table, with their best key to one and the others. */
function reachable(
  waiting: ReadonlySet<CatalogTable>,
  edges: ReadonlyMap<CatalogTable, readonly Edge[]>,
  owned: ReadonlyMap<string, Ownership>,
  accept: (edge: Edge) => boolean,
): ReadonlyMap<CatalogTable, Choice> | null {
  const found = new Map<CatalogTable, Choice>();
  for (const table of waiting) {
    const choices = (edges.get(table) ?? []).filter((edge) => owned.has(idOf(edge.parent)));
    if (!choices.some(accept)) continue;
    const [best, ...rest] = choices.toSorted((a, b) => compareEdges(table, a, b));
    if (best !== undefined) found.set(table, { best, rest });
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

function toOwnership({ best, rest }: Choice, root: TenantRoot | null): Ownership {
  const otherKeys = rest.map(({ key, parent }) => ({ key, parent }));
  const doubtful = rest.some((edge) => edge.notNull === best.notNull && edge.incidental === best.incidental);
  const confidence = !best.notNull || best.incidental ? 'low' : doubtful ? 'medium' : 'high';
  const nulls = best.notNull ? '' : '; it may be null, and rows where it is are seen by nobody';
  const own = best.key.columns.length === 1 ? best.key.columns[0] : undefined;
  if (own !== undefined && best.parent === root?.table && best.key.refColumns[0] === root.column) {
    const why = `it is a key to ${root.table.name}${nulls}`;
    return { tenancy: { kind: 'column', column: own }, why, confidence, otherKeys };
  }
  const why = `its key ${best.key.columns.join(', ')} leads to ${best.parent.name}${nulls}`;
  return { tenancy: { kind: 'via', parent: best.parent, key: best.key }, why, confidence, otherKeys };
}
