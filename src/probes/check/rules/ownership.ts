/** Owners: whom row security lets pass unless it is forced, and who can switch it off. */
import { quoteIdent } from '../../../compile/quote.js';
import { printName } from '../../../policy/name.js';
import { few, lensOf, type TenantTable } from '../lens.js';
import type { Rule, World } from '../rule.js';

/** Tables of tenants by owner, those that Ringfence fences left out: there the owner’s way is told by `ringfence coverage`. */
function owned(world: World): ReadonlyMap<string, readonly TenantTable[]> {
  const lens = lensOf(world);
  const owners = new Map<string, TenantTable[]>();
  for (const table of lens.tenantTables) {
    if (lens.fenced(table.relation)) continue;
    const list = owners.get(table.relation.owner);
    if (list === undefined) owners.set(table.relation.owner, [table]);
    else list.push(table);
  }
  return owners;
}

const names = (tables: readonly TenantTable[]): string =>
  few(tables.map(({ relation }) => printName([relation.schema, relation.name])));

const ownerLogin: Rule = {
  id: 'role.owns_tables',
  title: 'logins that own tables of tenants',
  why: 'An owner can switch row security off, drop policies and grant rights; without FORCE no policy binds it at all. An application that logs in as the owner has only its own WHERE clauses.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const [owner, tables] of owned(world)) {
      const role = lens.roles.role(owner);
      if (role === undefined || !role.canLogin || role.superuser) continue;
      const open = tables.filter(({ relation }) => !relation.forceRowSecurity);
      yield {
        severity: open.length > 0 ? 'high' : 'medium',
        object: `role ${printName([owner])}`,
        what: `${owner} may log in and owns ${tables.length === 1 ? 'a table' : `${tables.length} tables`} with rows of tenants: ${names(tables)}.`,
        mend: [],
        advice: `Let a role own the tables that nobody logs in as (create role … nologin; reassign owned by ${quoteIdent(owner)} to …), grant ${owner} what it needs, and run migrations as another login.`,
      };
    }
  },
};

const reachesOwner: Rule = {
  id: 'role.reaches_owner',
  title: 'logins that can become the owner of tables of tenants',
  why: 'A member has its owner’s rights: it passes row security by that is not forced, and can switch off what is.',
  severities: ['critical', 'high'],
  *find(world) {
    const lens = lensOf(world);
    const owners = owned(world);
    for (const { name: login } of lens.roles.logins) {
      for (const [role, way] of lens.roles.reach(login)) {
        const tables = owners.get(role);
        // A superuser that owns tables is told of as one.
        if (tables === undefined || lens.roles.role(role)?.superuser === true) continue;
        const open = tables.some(({ relation }) => relation.rowSecurity && !relation.forceRowSecurity);
        const last = way.over.at(-1);
        yield {
          severity: open ? 'critical' : 'high',
          object: `role ${printName([login])}`,
          what: `${login} can become ${role}, which owns ${names(tables)}.`,
          mend:
            last === undefined
              ? []
              : [`revoke ${quoteIdent(last.role)} from ${quoteIdent(last.member)} cascade`],
        };
      }
    }
  },
};

export const OWNERSHIP_RULES: readonly Rule[] = [ownerLogin, reachesOwner];
