/**
 * From a principal to a boundary: through exactly one membership, or, in trusted server code, by its word.
 */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { RingfenceError } from '../errors.js';
import { type Actor, type Boundary, type BoundaryFields, makeBoundary } from './boundary.js';
import { type MembershipResolver, membershipsOf, oneMembership } from './membership.js';
import { assertPrincipal, type Principal } from './principal.js';
import { expiryAfter, requireRole, requireText, requireTextOrNull } from './values.js';

/** What a boundary needs of the compiled policy, which has this shape. */
export interface BoundaryPolicy {
  readonly hash: string;
  /** The roles that the policy has. */
  readonly roles: { has(role: string): boolean };
}

/** What a boundary is opened for. */
export interface WorkOptions {
  /** Who does the work: the agent, not the person it works for. */
  readonly actor: Actor;
  /** W3C trace id, 32 lower-case hex digits; a new one when absent. */
  readonly traceId?: string | undefined;
  /** The run this belongs to; a new UUID version 7 when absent. */
  readonly runId?: string | undefined;
  /** Seconds until the boundary expires: 900 unless told, 86 400 at most. */
  readonly lifeSeconds?: number | undefined;
  /** The only tools it may use; null or absent leaves it to role and plan. */
  readonly tools?: readonly string[] | null | undefined;
  /** The only tables it may reach, by agent-facing name; null or absent leaves it to the role. */
  readonly dataSources?: readonly string[] | null | undefined;
}

export interface ResolveOptions extends WorkOptions {
  readonly resolver: MembershipResolver;
  readonly policy: BoundaryPolicy;
  /** The tenant the request is for (its host name, its path): checked against memberships, so it can only be wrong, not harmful. */
  readonly tenant?: string | undefined;
  /** The workspace the request is for; null asks for the membership of the tenant as a whole. */
  readonly workspace?: string | null | undefined;
}

/**
 * The boundary of a principal, through exactly one of its memberships: its user's one role, never a union of several.
 * It expires with the principal's credential or after `lifeSeconds`, whichever comes first.
 *
 * @throws {RingfenceError} `token_invalid`, `token_expired` for a principal that was not verified or has run out;
 * `membership_missing` when no membership fits (the same message whether the tenant exists or not) or when the policy does
 * not have its role; `membership_ambiguous` when several fit; `boundary_invalid` for a value that no boundary can carry.
 * @example
 * ```ts
 * const principal = await verify(bearerToken);
 * const boundary = await resolveBoundary(principal, {
 *   resolver,
 *   policy,
 *   tenant: request.headers.host.split('.')[0],
 *   actor: { kind: 'agent', id: 'support-desk' },
 * });
 * await within(boundary, () => agent.answer(question));
 * ```
 */
export async function resolveBoundary(principal: Principal, options: ResolveOptions): Promise<Boundary> {
  assertPrincipal(principal);
  const asked = {
    tenant: options.tenant === undefined ? undefined : requireText('tenant', options.tenant),
    workspace:
      options.workspace === undefined ? undefined : requireTextOrNull('workspace', options.workspace),
  };
  const carried = { tenant: principal.tenant ?? undefined, workspace: principal.workspace ?? undefined };
  const memberships = await membershipsOf(principal, options.resolver);
  // Both must fit: a token made out to one tenant does not open another, however the request is addressed.
  const membership = oneMembership(memberships, [carried, asked]);
  requireKnownRole(membership.role, options.policy);
  const work = startWork(options);
  return makeBoundary(
    {
      ...membership,
      ...work,
      expiresAt: Math.min(work.expiresAt, Math.floor(principal.expiresAt ?? Number.MAX_SAFE_INTEGER)),
      policyHash: options.policy.hash,
      crossTenant: null,
    },
    { principal, parent: null },
  );
}

/** A boundary as trusted server code states it. */
export interface TrustedBoundaryFields extends WorkOptions {
  readonly tenant: string;
  readonly workspace?: string | null | undefined;
  readonly user: string;
  readonly role: string;
  readonly plan?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly policy: BoundaryPolicy;
}

/**
 * A boundary on the word of trusted server code, without looking up a membership: for a product that has resolved the
 * caller itself, and for the operator at the command line. Never pass it anything that a request or a model supplied.
 *
 * @throws {RingfenceError} `membership_missing` when the policy does not have the role; `boundary_invalid` for a value that no
 * boundary can carry.
 * @example
 * ```ts
 * const boundary = trustedBoundary({
 *   tenant: 'northstar',
 *   user: 'u_7',
 *   role: 'support',
 *   actor: { kind: 'operator', id: 'ada' },
 *   policy,
 * });
 * ```
 */
export function trustedBoundary(fields: TrustedBoundaryFields): Boundary {
  requireKnownRole(requireRole('role', fields.role), fields.policy);
  return makeBoundary(
    {
      tenant: fields.tenant,
      workspace: fields.workspace ?? null,
      user: fields.user,
      role: fields.role,
      plan: fields.plan ?? null,
      region: fields.region ?? null,
      ...startWork(fields),
      policyHash: fields.policy.hash,
      crossTenant: null,
    },
    { principal: { kind: 'user', user: fields.user }, parent: null },
  );
}

/** @internal The part of a boundary that says what it is opened for. */
export type Work = Pick<
  BoundaryFields,
  'actor' | 'traceId' | 'runId' | 'expiresAt' | 'tools' | 'dataSources'
>;

/** @internal {@link WorkOptions} with what was left out filled in. */
export function startWork(options: WorkOptions): Work {
  return {
    actor: options.actor,
    traceId: options.traceId ?? randomBytes(16).toString('hex'),
    runId: options.runId ?? uuidv7(),
    expiresAt: expiryAfter(options.lifeSeconds),
    tools: options.tools ?? null,
    dataSources: options.dataSources ?? null,
  };
}

/** @internal Refuses a role that the policy does not have. */
export function requireKnownRole(role: string, policy: BoundaryPolicy): void {
  if (policy.roles.has(role)) return;
  throw new RingfenceError(
    'membership_missing',
    `The policy has no role "${role}", so it opens no boundary.`,
    {
      suggestion: `Add the role "${role}" to the policy, or give the user one that it has.`,
    },
  );
}
