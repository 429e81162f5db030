/**
 * A compiled policy as the database objects that hold it. Pure: no database is asked.
 */
import type { Catalog } from '../policy/catalog.js';
import type { CompiledPolicy, CompiledRole } from '../policy/compiled.js';
import { appGrants, appPolicies } from './app-objects.js';
import { CatalogIndex } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { executorObjects } from './executor-objects.js';
import { functionGrants } from './function-grants.js';
import { refreshObjects } from './refresh.js';
import { roleObjects, schemaObjects } from './role-objects.js';
import { type ProtectedTable, protectedTables, protection, rolePolicies } from './row-security.js';
import type { RoleScope } from './scope.js';
import { scopeViews } from './scope-view.js';
import { type Situation, UNTOUCHED, withoutRingfence } from './situation.js';
import { sliceView } from './slice-view.js';
import { RoleNeeds, sequenceGrants, tableGrants } from './table-needs.js';

/**
 * Every object that a policy wants, in the order in which they can be created; the reverse is the order in which they can be dropped.
 * The same policy and database give the same objects, whether or not Ringfence is in the database already.
 *
 * @throws RingfenceError `policy_invalid` where the policy names what the database does not have, or asks for what PostgreSQL cannot fence.
 */
export function compileObjects(
  policy: CompiledPolicy,
  catalog: Catalog,
  situation: Situation = UNTOUCHED,
): readonly DesiredObject[] {
  const clean = withoutRingfence(catalog, situation);
  const index = new CatalogIndex(clean);
  const fenced = protectedTables(policy, index);
  const roles = [...policy.roles.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = roles.map((role) => compileRole(policy, index, fenced, role));
  const members = new Set(clean.roles.flatMap((role) => role.memberOf));
  return [
    ...roles.flatMap((role) => roleObjects(role, clean.serverVersion)),
    ...roles.flatMap((role) => schemaObjects(role, index, situation)),
    ...parts.flatMap(({ grants }) => grants),
    ...roles.flatMap((role) => functionGrants(role, clean.functions)),
    ...appGrants(policy, index, situation),
    ...parts.flatMap(({ views }) => views),
    ...roles.flatMap(executorObjects),
    ...refreshObjects(policy, catalog),
    // Last: from here on the tables are locked until the transaction ends.
    ...[...fenced.values()].flatMap((table) => protection(table, members, policy)),
    ...parts.flatMap(({ rules }) => rules),
    ...appPolicies(policy, index, fenced),
  ];
}

function compileRole(
  policy: CompiledPolicy,
  index: CatalogIndex,
  fenced: ReadonlyMap<string, ProtectedTable>,
  role: CompiledRole,
): Record<'grants' | 'rules' | 'views', readonly DesiredObject[]> {
  const needs = new RoleNeeds();
  const of: RoleScope = { policy, index, role, reads: needs.read };
  const names = [...role.tables.keys()].sort();
  const views = names.flatMap((name) => {
    const slice = role.tables.get(name);
    return slice === undefined ? [] : [sliceView(of, slice, needs)];
  });
  const scopes = scopeViews(of);
  const rules: DesiredObject[] = [];
  // Writing one table's rules can turn out to read another table, which then needs rules too.
  const written = new Set<string>();
  for (let more = true; more; ) {
    more = false;
    const touched = new Set(needs.all().map(({ table }) => table));
    for (const [name, table] of fenced) {
      if (written.has(name) || !touched.has(table.table)) continue;
      written.add(name);
      rules.push(...rolePolicies(of, table));
      more = true;
    }
  }
  return {
    grants: [...tableGrants(role, needs), ...sequenceGrants(index, role)],
    rules,
    views: [...scopes, ...views],
  };
}
