/**
 * Work for a tenant that is not one's own.
 *
 * Two ways, both named in the policy's `cross_tenant` and both written on every event: an agent on an allow-list acts for
 * another tenant, in the role it already has; a service holds a named grant that expires. Neither starts from the other.
 */
import { RingfenceError } from '../errors.js';
import type { CrossTenantPolicy } from '../policy/compiled.js';
import { type Actor, assertBoundary, type Boundary, makeBoundary, originOf } from './boundary.js';
import { assertPrincipal, type Principal } from './principal.js';
import { within } from './propagation.js';
import { type BoundaryPolicy, startWork, type Work, type WorkOptions } from './resolve.js';
import { requireText, requireTextOrNull } from './values.js';

/** What cross-tenant work needs of the compiled policy, which has this shape. */
export interface CrossTenantRules extends BoundaryPolicy {
  readonly crossTenant: CrossTenantPolicy;
}

export interface ActingForOptions {
  readonly policy: CrossTenantRules;
  /** A workspace of the other tenant; none when absent. The agent's own workspace never comes along. */
  readonly workspace?: string | null | undefined;
  /** The other tenant's region, where the product places tenants. */
  readonly region?: string | null | undefined;
}

/**
 * A boundary for another tenant, derived from an agent's own: for an agent that `cross_tenant.acting_for` lists, in a
 * role and for a tenant listed with it. Role, plan, narrowing and expiry stay the agent's own.
 *
 * @throws {RingfenceError} `cross_tenant_refused` when the policy does not list it (the same message whether the tenant exists or
 * not), or when the boundary already works for another tenant; `boundary_invalid`, `boundary_expired`.
 * @example
 * ```ts
 * const theirs = actingFor(currentBoundary(), 'fabrikam', { policy });
 * const invoices = await within(theirs, () => openInvoices());
 * theirs.crossTenant; // { kind: 'acting_for', homeTenant: 'northstar' }
 * ```
 */
export function actingFor(boundary: Boundary, tenant: string, options: ActingForOptions): Boundary {
  assertBoundary(boundary);
  requireText('tenant', tenant);
  const { policy } = options;
  if (boundary.crossTenant !== null) {
    throw refused(
      'This boundary already works for another tenant. Acting for a tenant starts from its own boundary.',
    );
  }
  if (boundary.policyHash !== policy.hash) {
    throw refused('The policy has changed since this boundary was resolved. Resolve it anew.');
  }
  const listed = policy.crossTenant.actingFor.some(
    (entry) =>
      boundary.actor.kind === 'agent' &&
      entry.agent === boundary.actor.id &&
      entry.roles.includes(boundary.role) &&
      covers(entry.tenants, tenant),
  );
  if (!listed || tenant === boundary.tenant) {
    throw refused(
      'This actor may not act for that tenant in this role.',
      'List the agent, its role and the tenant under cross_tenant.acting_for in the policy.',
    );
  }
  return makeBoundary(
    {
      ...boundary,
      tenant,
      workspace: requireTextOrNull('workspace', options.workspace),
      region: requireTextOrNull('region', options.region),
      crossTenant: { kind: 'acting_for', homeTenant: boundary.tenant },
    },
    { principal: originOf(boundary).principal, parent: boundary },
  );
}

export interface AcrossTenantsOptions extends Omit<WorkOptions, 'actor'> {
  readonly policy: CrossTenantRules;
  /** The service that the job runs as. */
  readonly principal: Principal;
  /** Default: the service itself. */
  readonly actor?: Actor | undefined;
  /** The tenants to visit. Required where the grant is for all (`*`); otherwise some of those that it names. */
  readonly tenants?: Iterable<string> | AsyncIterable<string> | undefined;
}

/**
 * Runs a job once for each tenant of a named, unexpired grant, one after the other, each inside a boundary of its own
 * in the grant's role. All of them share one run and one trace. No boundary outlives the grant, which is looked at
 * again before each tenant. The first failure ends it; catch inside `work` to go on.
 *
 * @returns What `work` returned for each tenant, in the order visited.
 * @throws {RingfenceError} `cross_tenant_refused` for a grant that is unknown or has expired, a principal that is not a service, or a
 * tenant that the grant does not name; `boundary_nested` inside an open boundary.
 * @example
 * ```ts
 * await acrossTenants(
 *   'nightly-dunning',
 *   { policy, principal: trustedPrincipal({ user: 'dunning', kind: 'service' }) },
 *   async (boundary) => remindDebtors(boundary.tenant),
 * );
 * ```
 */
export async function acrossTenants<T>(
  grant: string,
  options: AcrossTenantsOptions,
  work: (boundary: Boundary) => T | Promise<T>,
): Promise<readonly { readonly tenant: string; readonly result: T }[]> {
  const { tenants: granted } = livingGrant(grant, options.principal, options.policy);
  const tenants = options.tenants ?? granted;
  if (tenants === '*') {
    throw refused(
      `The grant "${grant}" is for every tenant, and nothing says which ones there are.`,
      'Pass the tenants to visit as options.tenants.',
    );
  }
  const actor = options.actor ?? { kind: 'service', id: options.principal.user };
  const { runId, traceId } = startWork({ ...options, actor });
  const visited = new Set<string>();
  const results: { tenant: string; result: T }[] = [];
  for await (const tenant of tenants) {
    if (visited.has(tenant)) continue;
    visited.add(tenant);
    const boundary = openGrant(grant, tenant, options, startWork({ ...options, actor, runId, traceId }));
    results.push({ tenant, result: await within(boundary, () => work(boundary)) });
  }
  return results;
}

/** @internal The boundary of one tenant under a grant. */
export function openGrant(
  grant: string,
  tenant: string,
  { policy, principal }: Pick<AcrossTenantsOptions, 'policy' | 'principal'>,
  work: Work,
): Boundary {
  const { role, tenants, expiresAt } = livingGrant(grant, principal, policy);
  requireText('tenant', tenant);
  if (!covers(tenants, tenant)) {
    throw refused(
      `The grant "${grant}" does not name that tenant.`,
      'Leave the tenant out, or add it to the grant in the policy.',
    );
  }
  return makeBoundary(
    {
      tenant,
      workspace: null,
      user: principal.user,
      role,
      plan: null,
      region: null,
      ...work,
      expiresAt: Math.min(work.expiresAt, expiresAt, Math.floor(principal.expiresAt ?? expiresAt)),
      policyHash: policy.hash,
      crossTenant: { kind: 'grant', grant },
    },
    { principal, parent: null },
  );
}

function livingGrant(name: string, principal: Principal, policy: CrossTenantRules) {
  assertPrincipal(principal);
  if (principal.kind !== 'service') {
    throw refused('Grants are for services, and this principal is a user.');
  }
  const grant = policy.crossTenant.grants.get(name);
  // Written so that a date that is no date refuses.
  const living = grant !== undefined && Date.now() < grant.expires.getTime();
  if (!living || !policy.roles.has(grant.role)) {
    throw refused(
      'There is no such grant, or it has expired.',
      'Name a grant under cross_tenant.grants in the policy whose date is yet to come.',
    );
  }
  return { role: grant.role, tenants: grant.tenants, expiresAt: grant.expires.getTime() };
}

function covers(tenants: '*' | readonly string[], tenant: string): boolean {
  return tenants === '*' || tenants.includes(tenant);
}

function refused(message: string, suggestion?: string): RingfenceError {
  return new RingfenceError('cross_tenant_refused', message, suggestion === undefined ? {} : { suggestion });
}
