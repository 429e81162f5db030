/** Ordinary boundaries, memberships and a policy, for tests that are about something else. */
import { expect } from 'vitest';
import type { Boundary } from '../../../src/boundary/boundary.js';
import type { CrossTenantRules } from '../../../src/boundary/cross-tenant.js';
import type { Membership, MembershipResolver } from '../../../src/boundary/membership.js';
import { type TrustedBoundaryFields, trustedBoundary } from '../../../src/boundary/resolve.js';
import { type ErrorCode, RingfenceError } from '../../../src/errors.js';

export const policy: CrossTenantRules = {
  hash: `sha256:${'0'.repeat(64)}`,
  roles: new Set(['support', 'finance', 'dunning']),
  crossTenant: {
    actingFor: [
      { agent: 'billing-agent', roles: ['support'], tenants: ['design', 'dental'] },
      { agent: 'roaming-agent', roles: ['support', 'finance'], tenants: '*' },
    ],
    grants: new Map(),
  },
};

export function boundaryOf(fields: Partial<TrustedBoundaryFields> = {}): Boundary {
  return trustedBoundary({
    tenant: 'dental',
    user: 'ada',
    role: 'support',
    actor: { kind: 'agent', id: 'desk' },
    policy,
    ...fields,
  });
}

export function membership(fields: Partial<Membership> = {}): Membership {
  return {
    tenant: 'dental',
    workspace: null,
    user: 'ada',
    role: 'support',
    plan: 'pro',
    region: 'eu',
    ...fields,
  };
}

/** Answers every principal whose name a membership has; each name maps to itself. */
export function resolverOf(...memberships: Membership[]): MembershipResolver {
  return {
    async memberships(principal) {
      return memberships.filter(({ user }) => user === principal.user);
    },
  };
}

/** What `attempt` throws or rejects with: a RingfenceError with this code, or the test fails. */
export async function refusalOf(code: ErrorCode, attempt: () => unknown): Promise<RingfenceError> {
  const outcome = await Promise.resolve()
    .then(attempt)
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  if (!('error' in outcome)) return expect.fail(`expected ${code}, but it was let through`);
  if (!(outcome.error instanceof RingfenceError)) throw outcome.error;
  expect(outcome.error.code).toBe(code);
  return outcome.error;
}
