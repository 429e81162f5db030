/**
 * Whose rows each table's are: the first half of a guess, which `check` needs by itself.
 */
import { RingfenceError } from '../../errors.js';
import type { Catalog, CatalogForeignKey, CatalogTable } from '../catalog.js';
import type { Confidence, Tenancy, WithheldRelation } from './guess.js';
import { idOf } from './guess.js';
import { hasRivals, type Ownership } from './ownership.js';
import { sortUnowned } from './reference.js';
import { whyKeptFromRoles } from './secrets.js';
import { findTenants, type Tenants } from './tenant.js';

export interface GuessOptions {
  /** The tenant column: `customer.support_rep_id`, `sales.orders.org_id`, or a column name that tables share: `org_id`. */
  readonly tenant?: string;
  /** One tenant owns the whole database; no column is looked for. */
  readonly single?: boolean;
}

/** A table and its tenancy, before columns are looked at. */
export interface Placed {
  readonly table: CatalogTable;
  readonly tenancy: Tenancy;
  readonly why: string;
  readonly confidence: Confidence;
  readonly alternatives: readonly Tenancy[];
}

export interface PlacedTables {
  /** Null where one tenant owns the whole database. */
  readonly tenants: Tenants | null;
  readonly placed: readonly Placed[];
  /** What stays out, what no policy can name at its end. */
  readonly withheld: readonly WithheldRelation[];
}

/** @throws RingfenceError `config_invalid` as `guessPolicy` does. */
export function placeTables(catalog: Catalog, options: GuessOptions = {}): PlacedTables {
  if (options.single === true && options.tenant !== undefined)
    throw new RingfenceError(
      'config_invalid',
      'Pass either --tenant or --single: a database has many tenants, or one.',
    );
  const skipped: WithheldRelation[] = [];
  const tables = catalog.tables.filter((table) => {
    const why = whyNoPolicyTable(table);
    if (why !== null) skipped.push({ table, why });
    return why === null;
  });
  if (tables.length === 0)
    throw new RingfenceError(
      'config_invalid',
      `Database ${catalog.database} has no table to write a policy for. Create the product's tables first, or connect to the database that has them.`,
    );
  const tenants = options.single === true ? null : findTenants(tables, options.tenant);
  const { placed, withheld } = tenants === null ? placeSingle(tables) : placeMulti(tables, tenants);
  if (placed.length === 0)
    throw new RingfenceError(
      'config_invalid',
      'No table could be given a tenancy. Pass --tenant table.column, or --single.',
    );
  return { tenants, placed, withheld: [...withheld, ...skipped] };
}

/** What row-level security cannot hold, or holds only from above. */
function whyNoPolicyTable(table: CatalogTable): string | null {
  if (table.kind === 'materialized_view')
    return 'a materialised view: list it with its tenant column once you know that no row of it tells of another tenant';
  if (table.kind === 'view')
    return 'a view: it reads with its owner’s rights, so the tables beneath it are listed instead';
  if (table.kind === 'foreign') return 'a foreign table: PostgreSQL has no row-level security for it';
  if (table.isChild) return 'a partition or an inheritance child: it is read through its parent';
  if (table.columns.length === 0) return 'it has no columns';
  return null;
}

function placeSingle(tables: readonly CatalogTable[]): {
  readonly placed: readonly Placed[];
  readonly withheld: readonly WithheldRelation[];
} {
  const withheld = tables.flatMap((table) => {
    const why = whyKeptFromRoles(table);
    return why === null ? [] : [{ table, why, suggestion: { kind: 'single' } as const }];
  });
  const out = new Set(withheld.map(({ table }) => table));
  const placed = tables
    .filter((table) => !out.has(table))
    .map((table) => ({
      table,
      tenancy: { kind: 'single' } as const,
      why: 'one tenant owns the database',
      confidence: 'high' as const,
      alternatives: [],
    }));
  return { placed, withheld };
}

function placeMulti(
  tables: readonly CatalogTable[],
  { owned }: Tenants,
): { readonly placed: readonly Placed[]; readonly withheld: readonly WithheldRelation[] } {
  const unowned = sortUnowned(tables, new Set(owned.keys()));
  const placed: Placed[] = [];
  const withheld: WithheldRelation[] = [];
  for (const table of tables) {
    const ownership = owned.get(idOf(table));
    const rest = unowned.get(idOf(table));
    if (ownership !== undefined) placed.push(placeOwned(table, ownership));
    else if (rest?.kind === 'shared')
      placed.push({
        table,
        tenancy: { kind: 'shared' },
        why: rest.why,
        confidence: rest.confidence,
        alternatives: [],
      });
    else if (rest !== undefined) {
      const { kind: _, ...said } = rest;
      withheld.push({ table, ...said });
    }
  }
  return { placed, withheld };
}

function placeOwned(table: CatalogTable, { tenancy, why, confidence, otherKeys }: Ownership): Placed {
  const chosen: Tenancy = tenancy.kind === 'column' ? tenancy : viaOf(table, tenancy.parent, tenancy.key);
  const alternatives = otherKeys.map(({ parent, key }) => viaOf(table, parent, key));
  return { table, tenancy: chosen, why, confidence, alternatives };
}

function viaOf(table: CatalogTable, parent: CatalogTable, key: CatalogForeignKey): Tenancy {
  const { columns, refColumns: parentColumns } = key;
  return { kind: 'via', parent, columns, parentColumns, explicit: hasRivals(table, key) };
}
