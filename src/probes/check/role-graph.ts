/** Who can be whom: the memberships of a database's roles, walked once. Superusers are everybody and are kept out of it. */
import type { AccessFacts, MembershipFact, RoleFact } from '../../database/inspect/access.js';

/** From here on CREATEROLE gives no rights over roles that one did not make. */
const BOUND_CREATEROLE = 160000;

export interface Way {
  /** From the login to the role, both included. */
  readonly path: readonly string[];
  /** The memberships that it leads over. */
  readonly over: readonly MembershipFact[];
}

export interface RoleGraph {
  role(name: string): RoleFact | undefined;
  /** Roles that may log in to this database and are no superusers. */
  readonly logins: readonly RoleFact[];
  /** What a role can become, or grant to itself, and the shortest way there; itself not among it. */
  reach(from: string): ReadonlyMap<string, Way>;
  /** The roles whose rights a role has without doing anything, itself among them. */
  rights(from: string): ReadonlySet<string>;
  /** The logins that are, or can become, one of these; every login where PUBLIC is among them. */
  loginsOf(grantees: Iterable<string>): readonly string[];
  /** Whether row security does not bind a role anywhere: a superuser, or BYPASSRLS. */
  unbound(name: string): boolean;
}

export function roleGraph({ roles, memberships, database }: AccessFacts): RoleGraph {
  const byName = new Map(roles.map((role) => [role.name, role]));
  const groups = new Map<string, MembershipFact[]>();
  for (const membership of memberships) {
    const list = groups.get(membership.member);
    if (list === undefined) groups.set(membership.member, [membership]);
    else list.push(membership);
  }
  const walk = (from: string, along: (membership: MembershipFact) => boolean): ReadonlyMap<string, Way> => {
    const found = new Map<string, Way>([[from, { path: [from], over: [] }]]);
    for (const [at, way] of found) {
      for (const membership of groups.get(at) ?? []) {
        if (!found.has(membership.role) && along(membership))
          found.set(membership.role, {
            path: [...way.path, membership.role],
            over: [...way.over, membership],
          });
      }
    }
    return found;
  };
  const memory = new Map<string, ReadonlyMap<string, Way>>();
  const reach = (from: string): ReadonlyMap<string, Way> => {
    const known = memory.get(from);
    if (known !== undefined) return known;
    // Whoever has ADMIN on a role grants it to himself, with whatever option is wanting.
    const found = new Map(walk(from, ({ inherit, set, admin }) => inherit || set || admin));
    found.delete(from);
    memory.set(from, found);
    return found;
  };
  const connecting = new Set(
    database.grants.filter(({ privilege }) => privilege === 'connect').map(({ grantee }) => grantee),
  );
  const mayConnect = (name: string): boolean =>
    connecting.has('public') ||
    [name, ...reach(name).keys()].some((role) => connecting.has(role) || role === database.owner);
  const logins = roles.filter(({ name, canLogin, superuser }) => canLogin && !superuser && mayConnect(name));
  return {
    role: (name) => byName.get(name),
    logins,
    reach,
    rights: (from) => new Set(walk(from, ({ inherit }) => inherit).keys()),
    loginsOf: (grantees) => {
      const wanted = new Set(grantees);
      return logins
        .filter(
          ({ name }) =>
            wanted.has('public') ||
            wanted.has(name) ||
            [...reach(name).keys()].some((role) => wanted.has(role)),
        )
        .map(({ name }) => name);
    },
    unbound: (name) => {
      const role = byName.get(name);
      return role !== undefined && (role.superuser || role.bypassRls);
    },
  };
}

/** Whether CREATEROLE makes its holder a member of any role that is no superuser's. */
export function createRoleReachesAll({ server }: AccessFacts): boolean {
  return server.version < BOUND_CREATEROLE;
}
