/**
 * What a policy may ask of a materialised view. PostgreSQL has no row-level security for one, so nothing but the views of its slices
 * stands between its rows and an agent; and its rows are as old as its last refresh.
 */
import type { Catalog, CatalogTable } from './catalog.js';
import type { CompiledRole, Scope } from './compiled.js';
import type { Findings } from './findings.js';
import { printName } from './name.js';
import type { ListedTable, References } from './references.js';

/** A policy that is compiled but for what is judged here. */
export interface JudgedPolicy {
  readonly references: References;
  readonly scopes: ReadonlyMap<ListedTable, Scope>;
  readonly roles: ReadonlyMap<string, CompiledRole>;
  readonly catalog: Catalog;
  readonly findings: Findings;
}

/** Complains of a refresh that PostgreSQL will not do, and of rights that pass the slices by; notes what is the operator's word alone. */
export function checkMaterializedViews(policy: JudgedPolicy): void {
  const { references, scopes, findings } = policy;
  for (const table of references.tables) {
    checkRefresh(table, findings);
    const scope = scopes.get(table);
    if (table.source.kind !== 'materialized_view' || scope === undefined) continue;
    const narrowed = [...policy.roles.values()].some((role) => role.tables.get(table.name)?.rows);
    if (scope.kind !== 'shared' || narrowed) checkRights(table, policy);
    if (scope.kind === 'shared')
      findings.note(
        ['tables', table.key, 'tenant'],
        `${table.name} is computed from tables, and shared: whatever it says of one tenant, every tenant is told`,
      );
  }
}

function checkRefresh({ key, entry, source }: ListedTable, findings: Findings): void {
  if (entry.refresh_minutes === null) return;
  const path = ['tables', key, 'refresh_minutes'];
  if (source.kind !== 'materialized_view')
    findings.complain(path, 'is no materialised view, and so never out of date', {
      suggestion: 'take refresh_minutes away',
    });
  else if (source.uniqueKeys.length === 0)
    findings.complain(
      path,
      'has no unique index over plain columns and all rows, without which PostgreSQL keeps readers out while it refreshes',
      {
        suggestion: `create unique index on ${nameOf(source)} (…), with the columns that tell its rows apart`,
      },
    );
}

/** Rights that an agent's statement has beside its slice: on a table, row security would make nothing of them. */
function checkRights({ key, source }: ListedTable, { catalog, findings }: JudgedPolicy): void {
  const agents = rolesOfAgents(catalog);
  const readers = new Set(
    source.grants.flatMap(({ grantee, privilege }) =>
      privilege === 'select' && agents.has(grantee) ? [grantee] : [],
    ),
  );
  if (readers.size === 0) return;
  const names = [...readers].sort().map((name) => (name === 'public' ? 'PUBLIC' : printName([name])));
  findings.complain(
    ['tables', key],
    `${names.join(', ')} may read it, and so may every agent’s statement past its slice: a materialised view has no row-level security`,
    { suggestion: `revoke all on ${nameOf(source)} from ${names.join(', ')}` },
  );
}

/** The roles whose rights an agent's statement has: the gateway's, its slices', those they are members of, and PUBLIC. */
function rolesOfAgents({ roles }: Catalog): ReadonlySet<string> {
  const found = new Set(['public']);
  const memberOf = new Map(roles.map((role) => [role.name, role.memberOf]));
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const group of memberOf.get(name) ?? []) add(group);
  };
  for (const { name } of roles)
    if (name === 'ringfence_gateway' || name.startsWith('ringfence_slice_')) add(name);
  return found;
}

function nameOf({ schema, name }: CatalogTable): string {
  return printName([schema, name]);
}
