/**
 * Everything `init` can tell from a catalog alone: whose rows are whose, what is personal, what is secret, what may be written.
 */
import type { Catalog, CatalogTable } from '../catalog.js';
import { agentNames, defaultSchema } from './agent-names.js';
import {
  type Confidence,
  canHoldTenant,
  type Guess,
  type GuessedTable,
  idOf,
  type Tenancy,
} from './guess.js';
import { personalColumns } from './personal.js';
import { type GuessOptions, type Placed, placeTables } from './place.js';
import { furtherPatterns, isCaught, onlyCounts, whyKeptFromRoles } from './secrets.js';
import type { Tenants } from './tenant.js';
import { keyStem, singular, snake } from './words.js';
import { hinderingTriggers, writableColumns } from './writable.js';

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
  const { tenants, placed, withheld } = placeTables(catalog, options);
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
    withheld,
    denyPatterns,
    denyExceptions: looked.flatMap(({ counts, guessed }) =>
      counts.map((column) => ({ table: guessed.table, column })),
    ),
    secrets: looked.flatMap(({ caught, guessed }) =>
      caught.map((column) => ({ table: guessed.table, column })),
    ),
  };
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
