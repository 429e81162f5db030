/**
 * Memberships: what a user is, and where.
 *
 * The only source of tenant, role, plan and region. They come from the table `ringfence.membership` or from the product's
 * own resolver; what a resolver returns is validated here, and one is chosen or none.
 */
import { RingfenceError } from '../errors.js';
import type { Principal } from './principal.js';
import { requireRole, requireText, requireTextOrNull } from './values.js';

/** One user's one role in one tenant (and, where the product has them, one workspace). */
export interface Membership {
  readonly tenant: string;
  /** Null for a membership of the tenant as a whole. */
  readonly workspace: string | null;
  /** The product's own id of the user; the same in every membership of one principal. */
  readonly user: string;
  readonly role: string;
  readonly plan?: string | null | undefined;
  readonly region?: string | null | undefined;
}

/**
 * Says which memberships a principal has. The product's own, or the database's.
 *
 * Answer from what the product knows at this moment: jobs are resolved again when they run, without the token they
 * began with. Return an empty list for an unknown principal; never guess.
 *
 * @example
 * ```ts
 * const resolver: MembershipResolver = {
 *   async memberships(principal) {
 *     const rows = await accounts.ofUser(principal.user);
 *     return rows.map((row) => ({ tenant: row.orgId, workspace: null, user: row.userId, role: row.role }));
 *   },
 * };
 * ```
 */
export interface MembershipResolver {
  memberships(principal: Principal): Promise<readonly Membership[]>;
}

/** @internal A membership with nothing left open. */
export type CheckedMembership = {
  readonly [Field in keyof Membership]-?: Exclude<Membership[Field], undefined>;
};

/** @internal All memberships of a principal, each validated, all of one user. */
export async function membershipsOf(
  principal: Principal,
  resolver: MembershipResolver,
): Promise<readonly CheckedMembership[]> {
  const found: unknown = await resolver.memberships(principal);
  if (!Array.isArray(found)) {
    throw new RingfenceError(
      'boundary_invalid',
      'The membership resolver must return a list of memberships.',
    );
  }
  const memberships = found.map(checkedMembership);
  const user = memberships[0]?.user;
  if (memberships.some((membership) => membership.user !== user)) {
    throw new RingfenceError(
      'boundary_invalid',
      'The membership resolver returned memberships of more than one user for one principal.',
    );
  }
  return memberships;
}

/** Which memberships are asked for. An absent field leaves the choice open; `workspace: null` asks for the tenant as a whole. */
interface MembershipChoice {
  readonly tenant?: string | undefined;
  readonly workspace?: string | null | undefined;
}

/** @internal The one membership that fits every choice; never a union of several. */
export function oneMembership(
  memberships: readonly CheckedMembership[],
  choices: readonly MembershipChoice[],
): CheckedMembership {
  const fitting = memberships.filter((membership) =>
    choices.every(
      ({ tenant, workspace }) =>
        (tenant === undefined || membership.tenant === tenant) &&
        (workspace === undefined || membership.workspace === workspace),
    ),
  );
  const [first, second] = fitting;
  if (first === undefined) {
    // The same words whether the tenant exists or not: a refusal must not tell which tenants there are.
    throw new RingfenceError('membership_missing', 'The principal has no membership that fits.', {
      suggestion: 'Check the tenant and workspace asked for, or add the user to them.',
    });
  }
  if (second !== undefined) {
    const samePlace = fitting.every(
      (other) => other.tenant === first.tenant && other.workspace === first.workspace,
    );
    throw new RingfenceError(
      'membership_ambiguous',
      samePlace
        ? 'The principal has more than one role in one place. Roles are never joined: leave one membership.'
        : 'The principal has several memberships that fit, and nothing says which one to use.',
      samePlace ? {} : { suggestion: 'Pass tenant, and workspace where the product has them.' },
    );
  }
  return first;
}

function checkedMembership(value: unknown): CheckedMembership {
  const raw: { readonly [Field in keyof Membership]?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  return {
    tenant: requireText('membership.tenant', raw.tenant),
    workspace: requireTextOrNull('membership.workspace', raw.workspace),
    user: requireText('membership.user', raw.user),
    role: requireRole('membership.role', raw.role),
    plan: requireTextOrNull('membership.plan', raw.plan),
    region: requireTextOrNull('membership.region', raw.region),
  };
}
