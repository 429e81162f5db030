/**
 * Everything `init` can tell from a catalog alone: whose rows are whose, what is personal, what is secret, what may be written.
 */
import { RingfenceError } from '../../errors.js';
import type { Catalog, CatalogForeignKey, CatalogTable } from '../catalog.js';
import { agentNames, defaultSchema } from './agent-names.js';
import {
  type Confidence,
  canHoldTenant,
  type Guess,
  type GuessedTable,
  idOf,
  type Tenancy,
  type WithheldRelation,
} from './guess.js';
import { hasRivals, type Ownership } from './ownership.js';
import { personalColumns } from './personal.js';
import { sortUnowned } from './reference.js';
import { furtherPatterns, isCaught, onlyCounts, whyKeptFromRoles } from './secrets.js';
import { findTenants, type Tenants } from './tenant.js';
import { keyStem, singular, snake } from './words.js';
import { hinderingTriggers, writableColumns } from './writable.js';

interface GuessOptions {
  /** The tenant column: `customer.support_rep_id`, `sales.orders.org_id`, or a column name that tables share: `org_id`. */
  readonly tenant?: string;
  /** One tenant owns the whole database; no column is looked for. */
  readonly single?: boolean;
}

/** A table and its tenancy, before columns are looked at. */
interface Placed {
  readonly table: CatalogTable;
  readonly tenancy: Tenancy;
  readonly why: string;
  readonly confidence: Confidence;
  readonly alternatives: readonly Tenancy[];
}

/**
 * Guesses a policy from a catalog. Pure, and the same for the same catalog.
 *
 * @throws RingfenceError `config_invalid` where no column stands out as the tenant and none was named; the message lists the
 * candidates. Nothing is chosen in silence.
 * @example
 * ```ts
 * const guess = guessPolicy(await introspect(client), { tenant: 'customer.support_rep_id' });
 * await writeFile('ringfence.policy.yaml', writePolicy(guess));
 * ```
 */
export function guessPolicy(catalog: Catalog, options: GuessOptions = {}): Guess {
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

  const schema = defaultSchema(placed.map(({ table }) => table));
  const names = agentNames(
    placed.map(({ table }) => table),
    schema,
  );
  const denyPatterns = furtherPatterns(placed.map(({ table }) => table));
  const listed = new Set(placed.map(({ table }) => idOf(table)));
  const boundary = boundaryColumns(placed);
  const looked = placed.map((place) =>
    lookAtColumns(place, {
      as: names.get(idOf(place.table)) ?? null,
      boundary: new Set(boundary(place.table)),
      denyPatterns,
      listed,
      tenants,
    }),
  );
  return {
    database: catalog.database,
    tenancy: tenants === null ? 'single' : 'multi',
    schema,
    tenant: tenants?.tenant ?? null,
    tables: looked.map(({ guessed }) => guessed),
    withheld: [...withheld, ...skipped],
    denyPatterns,
    denyExceptions: looked.flatMap(({ counts, guessed }) =>
      counts.map((column) => ({ table: guessed.table, column })),
    ),
    secrets: looked.flatMap(({ caught, guessed }) =>
      caught.map((column) => ({ table: guessed.table, column })),
    ),
  };
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

/** What decides about the columns of a table, beside the table itself. */
interface Surroundings {
  readonly as: string | null;
  /** The columns that the boundary fills in. */
  readonly boundary: ReadonlySet<string>;
  readonly denyPatterns: readonly string[];
  readonly listed: ReadonlySet<string>;
  readonly tenants: Tenants | null;
}

/** The columns of each table that hold the tenant: its own, and the part of a link that carries the tenant of the parent. */
function boundaryColumns(placed: readonly Placed[]): (table: CatalogTable) => readonly string[] {
  const tenancies = new Map(placed.map(({ table, tenancy }) => [table, tenancy]));
  return function columnsOf(table): readonly string[] {
    const tenancy = tenancies.get(table);
    if (tenancy?.kind === 'column') return [tenancy.column];
    if (tenancy?.kind !== 'via') return [];
    const above = new Set(columnsOf(tenancy.parent));
    return tenancy.columns.filter((_, at) => above.has(tenancy.parentColumns[at] ?? ''));
  };
}

function lookAtColumns(
  { table, tenancy, why, confidence, alternatives }: Placed,
  { as, boundary, denyPatterns, listed, tenants }: Surroundings,
): {
  readonly guessed: GuessedTable;
  readonly caught: readonly string[];
  readonly counts: readonly string[];
} {
  const matched = table.columns.filter(({ name }) => !boundary.has(name) && isCaught(name, denyPatterns));
  const counts = matched.filter(onlyCounts).map(({ name }) => name);
  const caught = matched.filter((column) => !onlyCounts(column)).map(({ name }) => name);
  const denied = new Set(caught);
  const personal = personalColumns(table).filter(
    ({ column }) => !boundary.has(column) && !denied.has(column),
  );
  const masks = personal.flatMap(({ column, mask }) => (mask === null ? [] : [{ column, mask }]));
  const hidden = new Set([...caught, ...masks.map(({ column }) => column)]);
  const kept = whyKeptFromRoles(table);
  const nothingLeft = table.columns.every(({ name }) => boundary.has(name) || denied.has(name));
  const keptFromRoles = kept ?? (nothingLeft ? 'nothing of it is left to read' : null);
  const writable =
    keptFromRoles === null && table !== tenants?.tenant.root?.table && tenancy.kind !== 'shared';
  const guessed = {
    table,
    as,
    tenancy,
    ...heldByProduct(table, why, confidence),
    alternatives,
    narrower: tenants === null || tenancy.kind === 'shared' ? [] : narrowerScopes(table, tenancy, tenants),
    keptFromRoles,
    masks,
    unmasked: personal.filter(({ mask }) => mask === null),
    write: writable ? writableColumns({ table, tenancy, boundary, hidden, listed }) : null,
    hindering: writable
      ? [...new Set([...hinderingTriggers(table, 'insert'), ...hinderingTriggers(table, 'update')])]
      : [],
  };
  return { guessed, caught, counts: keptFromRoles === null ? counts : [] };
}

/** A restrictive policy of the product's for everybody holds agents too, and may show them nothing. */
function heldByProduct(
  table: CatalogTable,
  why: string,
  confidence: Confidence,
): Pick<GuessedTable, 'why' | 'confidence'> {
  const held = table.policies.filter(
    ({ name, permissive, roles }) =>
      !permissive && roles.includes('public') && !name.startsWith('ringfence_'),
  );
  if (!table.rowSecurity || held.length === 0) return { why, confidence };
  const names = held.map(({ name }) => name).join(', ');
  return {
    why: `${why}; its own row security (${names}) binds agents as well, and may leave them no rows`,
    confidence: 'low',
  };
}

const WORKSPACES = new Set([
  'workspace',
  'ws',
  'project',
  'team',
  'department',
  'location',
  'branch',
  'site',
  'space',
  'group',
]);
const USERS = /(^|_)(user|owner|assignee|author|assigned_to|employee|agent|member)(_(id|uuid|guid))?$/;

/** Columns that look as if a row belonged to a workspace or a user inside its tenant. */
function narrowerScopes(
  table: CatalogTable,
  tenancy: Tenancy,
  { tenant }: Tenants,
): GuessedTable['narrower'] {
  const own = tenancy.kind === 'column' ? [tenancy.column] : tenancy.kind === 'via' ? tenancy.columns : [];
  const open = table.columns.filter(
    (column) =>
      canHoldTenant(column) &&
      column.category !== 'E' &&
      !own.includes(column.name) &&
      column.name !== tenant.column,
  );
  const ids = open.filter(
    ({ name }) =>
      !(table.primaryKey.length === 1 && table.primaryKey[0] === name) && keyStem(name) !== snake(name),
  );
  const workspace = ids.find(({ name }) => WORKSPACES.has(singular(keyStem(name))));
  const user = ids.find(({ name }) => USERS.test(snake(name)));
  return [
    ...(workspace === undefined ? [] : [{ axis: 'workspace' as const, column: workspace.name }]),
    ...(user === undefined ? [] : [{ axis: 'user' as const, column: user.name }]),
  ];
}
