/**
 * Tables, views and sequences that everybody may read. A table that Ringfence fences is none: row security keeps agents' roles off every
 * row of it. A view that runs with its reader's rights is none either. Rights to write are not looked at: agents' SQL only reads.
 */
import type { CompiledPolicy, CompiledRole, SliceTable } from '../../policy/compiled.js';
import type { CatalogExposure, ExposedRelation } from '../../policy/exposure.js';
import { printName } from '../../policy/name.js';
import { tableKey } from '../catalog-index.js';
import { quoteName } from '../quote.js';
import { type Candidate, few, from, type Holders } from './candidate.js';

export function relationCandidates(
  policy: CompiledPolicy,
  { relations }: CatalogExposure,
  holders: Holders,
): readonly Candidate[] {
  return relations.map((relation) => {
    const shared = sharedName(policy, relation);
    return {
      identity: `${relation.kind} ${printName([relation.schema, relation.name])}`,
      kind: relation.kind,
      why: why(relation, shared),
      mend: [
        `revoke ${relation.kind === 'sequence' ? 'all on sequence' : 'select on table'} ${quoteName(relation.schema, relation.name)} ${from(relation.grantees)}`,
      ],
      reaches: (role) => reaches(role, relation, shared, holders),
    };
  });
}

/** Tables of the slices themselves whose boundary is gone: only drift takes it down, and apply puts it up again. */
export function boundaryCandidates(
  policy: CompiledPolicy,
  { boundaries }: CatalogExposure,
): readonly Candidate[] {
  const held = new Map(boundaries.map((one) => [tableKey(one.schema, one.name), one.roles]));
  return [...policy.tables.values()]
    .filter(({ kind, scope }) => kind === 'table' && scope.kind !== 'shared')
    .map(({ name, schema, table }) => ({
      identity: `row security of ${printName([schema, table])}`,
      kind: 'row security',
      why: 'was switched off, or lost its rule: "ringfence apply" puts it back',
      mend: [],
      reaches: (role) =>
        role.tables.has(name) && held.get(tableKey(schema, table))?.includes(role.viewRole) !== true,
    }));
}

function reaches(
  role: CompiledRole,
  { kind, schema, owner, grantees, columns, closedTo }: ExposedRelation,
  shared: string | undefined,
  { holds, uses }: Holders,
): boolean {
  if (!uses(role, schema) || closedTo.includes(role.sliceRole)) return false;
  // Rows that a role creates take their numbers from a sequence: apply grants it, and takes away what it did not grant.
  if (kind === 'sequence') return grantees.includes('public');
  if (!holds(role, grantees)) return false;
  if ((schema === role.sliceSchema || schema === role.scopeSchema) && owner === role.viewRole) return false;
  if (shared === undefined) return true;
  const slice = role.tables.get(shared);
  return slice !== undefined && !columns.every((column) => showsPlainly(slice, column));
}

/** What the policy calls it, if its rows are nobody's: everybody may read it, as far as his slice shows it. */
function sharedName(policy: CompiledPolicy, { schema, name }: ExposedRelation): string | undefined {
  return [...policy.tables.values()].find(
    (table) => table.schema === schema && table.table === name && table.scope.kind === 'shared',
  )?.name;
}

function showsPlainly(slice: SliceTable, column: string): boolean {
  return slice.columns.some(({ name, mask }) => name === column && mask === null);
}

function why({ kind, owner, system, columns }: ExposedRelation, shared: string | undefined): string {
  if (system) return 'is kept from everybody by PostgreSQL itself, and was granted here';
  if (shared !== undefined)
    return `can be read past the slice, which does not show all of its columns (${few(columns)})`;
  switch (kind) {
    case 'view':
      return `can be read by everybody, and reads with the rights of its owner ${owner}, past any boundary`;
    case 'materialized view':
    case 'foreign table':
      return 'can be read by everybody, and row security does not hold on it';
    case 'sequence':
      return 'can be read by everybody, and tells how many rows there are of every tenant';
    default:
      return 'can be read by everybody, and no row security of Ringfence’s is on it';
  }
}
