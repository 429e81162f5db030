/** Who is not bound by the row security of a table, and why. */
import { isOurPolicy, isOurRole, passThroughPolicy } from '../../compile/names.js';
import type { PolicyFact, RelationFact, RelationName } from '../../database/inspect/access.js';
import { printName } from '../../policy/name.js';
import type { Lens } from '../check/lens.js';
import { keepsToTenant } from '../check/policy-scope.js';
import type { World } from '../check/rule.js';
import type { Bypass } from './report.js';

const USES = ['select', 'insert', 'update', 'delete'] as const;

/** The logins that may use a table, superusers left out. */
export function users(lens: Lens, relation: RelationFact): readonly string[] {
  const granted = lens.holders(relation.grants, USES);
  return [...new Set([...granted, ...lens.roles.loginsOf([relation.owner])])].sort();
}

const indexed = new WeakMap<World, ReadonlyMap<string, readonly PolicyFact[]>>();

/** The policies of a table, Ringfence's among them. */
export function policiesOn(world: World, { schema, name }: RelationName): readonly PolicyFact[] {
  let byTable = indexed.get(world);
  if (byTable === undefined) {
    const made = new Map<string, PolicyFact[]>();
    for (const policy of world.access.policies) {
      const key = JSON.stringify([policy.schema, policy.table]);
      const known = made.get(key);
      if (known === undefined) made.set(key, [policy]);
      else known.push(policy);
    }
    indexed.set(world, made);
    byTable = made;
  }
  return byTable.get(JSON.stringify([schema, name])) ?? [];
}

/** Roles that nothing binds, and logins that can become one. */
export function everywhere({ access }: World, lens: Lens): readonly Bypass[] {
  const above = access.roles.filter(({ superuser, bypassRls }) => superuser || bypassRls);
  const own: Bypass[] = above.map(({ name, superuser, canLogin }) => ({
    role: name,
    login: canLogin,
    reason: superuser ? 'superuser' : 'bypassrls',
    why: superuser ? 'a superuser: no row security binds it' : 'it has BYPASSRLS',
    tables: null,
  }));
  const names = new Set(above.map(({ name }) => name));
  const members = lens.roles.logins.flatMap(({ name }): readonly Bypass[] => {
    if (names.has(name)) return [];
    const [way] = [...lens.roles.reach(name)].flatMap(([role, found]) => (names.has(role) ? [found] : []));
    if (way === undefined) return [];
    return [
      {
        role: name,
        login: true,
        reason: 'membership',
        why: `it can become ${way.path.at(-1)}: ${pathText(way.path)}`,
        tables: null,
      },
    ];
  });
  return [...own, ...members];
}

export function pathText(path: readonly string[]): string {
  return path.map((role) => printName([role])).join(' → ');
}

/** Why a login is not bound on one table; null where it is. Asked of logins that nothing unbinds everywhere. */
export function whyUnbound(
  world: World,
  lens: Lens,
  relation: RelationFact,
  columns: readonly string[],
  login: string,
): Omit<Bypass, 'role' | 'login' | 'tables'> | null {
  const roles = lens.roles.rights(login);
  if (!relation.forceRowSecurity) {
    if (relation.owner === login)
      return { reason: 'owner', why: 'it is the owner, and row security is not forced' };
    const way = lens.roles.reach(login).get(relation.owner);
    if (way !== undefined)
      return {
        reason: 'owner',
        why: `it can become the owner, and row security is not forced: ${pathText(way.path)}`,
      };
  }
  const policies = policiesOn(world, relation).filter((policy) =>
    policy.roles.some((role) => role === 'public' || roles.has(role)),
  );
  const row = { table: relation.name, tenantColumns: columns };
  const commands = USES.filter(
    (use) => lens.holders(relation.grants, [use]).includes(login) || roles.has(relation.owner),
  );
  for (const command of commands) {
    const asked = policies.filter((policy) => policy.command === 'all' || policy.command === command);
    if (asked.some((policy) => !policy.permissive && keeps(lens, policy, command, row))) continue;
    const open = asked.find((policy) => policy.permissive && !keeps(lens, policy, command, row));
    if (open !== undefined) return reasonOf(open, command);
  }
  return null;
}

function keeps(
  lens: Lens,
  policy: PolicyFact,
  command: (typeof USES)[number],
  row: Parameters<typeof keepsToTenant>[1],
): boolean {
  const texts =
    command === 'insert'
      ? [policy.check ?? policy.using]
      : command === 'update'
        ? [policy.using, policy.check ?? policy.using]
        : [policy.using];
  return texts.every((text) => {
    const expression = lens.expression(text);
    return expression !== undefined && keepsToTenant(expression, row);
  });
}

function reasonOf({ name, roles }: PolicyFact, command: string): Omit<Bypass, 'role' | 'login' | 'tables'> {
  const ours =
    isOurPolicy(name) && roles.some((role) => !isOurRole(role) && name === passThroughPolicy(role));
  return ours
    ? {
        reason: 'pass-through',
        why: `Ringfence left it where it was (policy ${name}), so that applying changed nothing for it`,
      }
    : {
        reason: 'permissive policy',
        why: `policy ${printName([name])} lets it ${command} rows of any tenant`,
      };
}
