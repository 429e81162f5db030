/**
 * A boundary written down for a job, and how it comes back.
 *
 * A snapshot is a note of what was true, not a permission: it is unsigned, and it is never trusted. The memberships are
 * asked again, and the job runs only if they still say the same. Keep the queue where only the product writes: somebody
 * who can write a job can name any member in it, as they could have written any other job.
 */
import { RingfenceError } from '../errors.js';
import {
  type Actor,
  assertBoundary,
  type Boundary,
  type CrossTenant,
  makeBoundary,
  originOf,
} from './boundary.js';
import { actingFor, type CrossTenantRules, openGrant } from './cross-tenant.js';
import { type CheckedMembership, type MembershipResolver, membershipsOf } from './membership.js';
import { type PrincipalKind, trustedPrincipal } from './principal.js';
import { requireKnownRole, type Work } from './resolve.js';
import { readSnapshot } from './snapshot-reading.js';
import { expiryAfter, maxLifeSeconds } from './values.js';

/** Where a membership is. */
export interface SnapshotPlace {
  readonly tenant: string;
  readonly workspace: string | null;
  readonly region: string | null;
}

/** A boundary as plain JSON. */
export interface BoundarySnapshot {
  readonly version: 1;
  /** Whom to ask the memberships about. */
  readonly principal: { readonly kind: PrincipalKind; readonly user: string };
  /** The caller's own place, where it acts for another tenant; else null. */
  readonly home: SnapshotPlace | null;
  readonly tenant: string;
  readonly workspace: string | null;
  readonly user: string;
  readonly role: string;
  readonly plan: string | null;
  readonly region: string | null;
  readonly actor: Actor;
  readonly tools: readonly string[] | null;
  readonly dataSources: readonly string[] | null;
  readonly traceId: string;
  readonly runId: string;
  readonly policyHash: string;
  readonly expiresAt: number;
  readonly crossTenant: CrossTenant | null;
}

/**
 * Writes a boundary down, as plain JSON, for work that runs later or elsewhere.
 *
 * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`.
 * @example
 * ```ts
 * await queue.add('summarise', { invoice, boundary: snapshotOf(currentBoundary()) });
 * ```
 */
export function snapshotOf(boundary: Boundary): BoundarySnapshot {
  assertBoundary(boundary);
  const { memoryNamespace: _derivedAgain, ...fields } = boundary;
  const { kind, user } = originOf(boundary).principal;
  return { version: 1, principal: { kind, user }, home: homeOf(boundary), ...fields };
}

export interface ReloadOptions {
  readonly resolver: MembershipResolver;
  readonly policy: CrossTenantRules;
}

/**
 * A boundary again, out of a snapshot: resolved anew and compared. It is as narrow as it was, belongs to the same run and
 * expires when it would have.
 *
 * @throws {RingfenceError} `boundary_invalid` when something is no longer as it was, naming what (user, workspace, role, plan,
 * region or policyHash), and for what is no snapshot; `boundary_expired` when it came too late; `cross_tenant_refused` when the
 * policy's allow-list or grant no longer covers it.
 * @example
 * ```ts
 * queue.process(async (job) => {
 *   const boundary = await reloadBoundary(job.data.boundary, { resolver, policy });
 *   await within(boundary, () => summarise(job.data.invoice));
 * });
 * ```
 */
export async function reloadBoundary(snapshot: unknown, options: ReloadOptions): Promise<Boundary> {
  const noted = readSnapshot(snapshot);
  if (Date.now() >= noted.expiresAt) {
    throw new RingfenceError('boundary_expired', 'The boundary of this job has expired before it ran.', {
      suggestion: 'Queue it again, from a boundary whose lifeSeconds cover the time in the queue.',
    });
  }
  requireSame(noted, { policyHash: options.policy.hash });
  if (noted.crossTenant?.kind === 'grant') return reloadGrant(noted, noted.crossTenant.grant, options);
  return await reloadMembership(noted, options);
}

function reloadGrant(noted: BoundarySnapshot, grant: string, { policy }: ReloadOptions): Boundary {
  const principal = trustedPrincipal(noted.principal);
  const boundary = openGrant(grant, noted.tenant, { policy, principal }, workOf(noted));
  requireSame(noted, {
    user: boundary.user,
    workspace: boundary.workspace,
    role: boundary.role,
    plan: boundary.plan,
    region: boundary.region,
  });
  return boundary;
}

async function reloadMembership(noted: BoundarySnapshot, options: ReloadOptions): Promise<Boundary> {
  const { resolver, policy } = options;
  const principal = trustedPrincipal(noted.principal);
  const place = noted.home ?? noted;
  const membership = membershipAt(place, await membershipsOf(principal, resolver));
  requireSame(noted, { user: membership.user, role: membership.role, plan: membership.plan });
  requireSame(place, { region: membership.region });
  requireKnownRole(membership.role, policy);
  const home = makeBoundary(
    { ...membership, ...workOf(noted), policyHash: policy.hash, crossTenant: null },
    { principal, parent: null },
  );
  if (noted.home === null) return home;
  return actingFor(home, noted.tenant, { policy, workspace: noted.workspace, region: noted.region });
}

function membershipAt(place: SnapshotPlace, memberships: readonly CheckedMembership[]): CheckedMembership {
  const inTenant = memberships.filter(({ tenant }) => tenant === place.tenant);
  if (inTenant.length === 0) throw changed('user');
  const [membership, another] = inTenant.filter(({ workspace }) => workspace === place.workspace);
  if (membership === undefined) throw changed('workspace');
  if (another !== undefined) throw changed('role');
  return membership;
}

function requireSame<Fields extends object>(noted: Fields, now: Partial<Fields>): void {
  for (const field in now) {
    if (noted[field] !== now[field]) throw changed(field);
  }
}

function changed(field: string): RingfenceError {
  return new RingfenceError(
    'boundary_invalid',
    `The boundary of this job no longer holds: ${field} has changed since it was queued.`,
    { suggestion: 'Queue the job again from a boundary that is resolved now, if it should still run.' },
  );
}

function workOf(noted: BoundarySnapshot): Work {
  const { actor, traceId, runId, tools, dataSources } = noted;
  // The moment is the snapshot's own word, so it counts only to make a life shorter than the longest there is.
  const expiresAt = Math.min(noted.expiresAt, expiryAfter(maxLifeSeconds));
  return { actor, traceId, runId, tools, dataSources, expiresAt };
}

function homeOf(boundary: Boundary): SnapshotPlace | null {
  if (boundary.crossTenant?.kind !== 'acting_for') return null;
  let at: Boundary = boundary;
  for (let parent = originOf(at).parent; parent !== null; parent = originOf(at).parent) at = parent;
  return { tenant: at.tenant, workspace: at.workspace, region: at.region };
}
