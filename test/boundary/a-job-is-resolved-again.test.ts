import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { acrossTenants, actingFor, type CrossTenantRules } from '../../src/boundary/cross-tenant.js';
import type { Membership } from '../../src/boundary/membership.js';
import { narrow } from '../../src/boundary/narrow.js';
import { trustedPrincipal } from '../../src/boundary/principal.js';
import { resolveBoundary } from '../../src/boundary/resolve.js';
import { type BoundarySnapshot, reloadBoundary, snapshotOf } from '../../src/boundary/snapshot.js';
import { boundaryOf, membership, policy, refusalOf, resolverOf } from './support/boundaries.js';

const noon = Date.UTC(2026, 0, 1, 12);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon });
});
afterEach(() => vi.useRealTimers());

const here = membership({ workspace: 'north' });
const actor = { kind: 'agent', id: 'billing-agent' } as const;

function resolved() {
  return resolveBoundary(trustedPrincipal({ user: 'ada' }), { resolver: resolverOf(here), policy, actor });
}

/** What a queue does to what it is given. */
function queued(snapshot: BoundarySnapshot): Record<string, unknown> {
  return JSON.parse(JSON.stringify(snapshot));
}

function reload(snapshot: unknown, memberships: Membership[] = [here], rules: CrossTenantRules = policy) {
  return reloadBoundary(snapshot, { resolver: resolverOf(...memberships), policy: rules });
}

describe('a snapshot', () => {
  test('is plain JSON and comes back as the same boundary', async () => {
    const boundary = narrow(await resolved(), { tools: ['query'], dataSources: ['invoice'] });
    const snapshot = snapshotOf(boundary);
    expect(queued(snapshot)).toEqual(snapshot);
    vi.setSystemTime(noon + 60_000);
    expect({ ...(await reload(queued(snapshot))) }).toEqual({ ...boundary });
  });

  test('asks about the principal, also where memberships know the user by another name', async () => {
    const resolver = {
      memberships: async ({ user }: { user: string }) =>
        user === 'idp|1' ? [membership({ user: 'u_7' })] : [],
    };
    const principal = trustedPrincipal({ user: 'idp|1' });
    const boundary = await resolveBoundary(principal, { resolver, policy, actor });
    const again = await reloadBoundary(queued(snapshotOf(boundary)), { resolver, policy });
    expect(again.user).toBe('u_7');
  });

  test('is of genuine, living boundaries only', async () => {
    const boundary = boundaryOf({ lifeSeconds: 1 });
    await refusalOf('boundary_invalid', () => snapshotOf({ ...boundary } as never));
    vi.setSystemTime(noon + 1_000);
    await refusalOf('boundary_expired', () => snapshotOf(boundary));
  });
});

describe('what has changed since it was queued is named', () => {
  const changes: Record<string, Membership[]> = {
    user: [],
    workspace: [{ ...here, workspace: 'south' }],
    role: [{ ...here, role: 'finance' }],
    plan: [{ ...here, plan: 'free' }],
    region: [{ ...here, region: 'us' }],
  };
  for (const [field, memberships] of Object.entries(changes)) {
    test(field, async () => {
      const error = await refusalOf('boundary_invalid', async () =>
        reload(snapshotOf(await resolved()), memberships),
      );
      expect(error.message).toContain(`: ${field} has changed`);
    });
  }

  test('the user has left for another tenant', async () => {
    const error = await refusalOf('boundary_invalid', async () =>
      reload(snapshotOf(await resolved()), [{ ...here, tenant: 'design' }]),
    );
    expect(error.message).toContain('user has changed');
    expect(error.message).not.toMatch(/dental|design/);
  });

  test('a second role in the same place', async () => {
    const error = await refusalOf('boundary_invalid', async () =>
      reload(snapshotOf(await resolved()), [here, { ...here, role: 'finance' }]),
    );
    expect(error.message).toContain('role has changed');
  });

  test('the policy', async () => {
    const error = await refusalOf('boundary_invalid', async () =>
      reload(snapshotOf(await resolved()), [here], { ...policy, hash: 'sha256:other' }),
    );
    expect(error.message).toContain('policyHash has changed');
  });

  test('memberships elsewhere do not matter', async () => {
    const more = [here, membership({ tenant: 'design' }), { ...here, workspace: 'south', role: 'finance' }];
    expect((await reload(snapshotOf(await resolved()), more)).role).toBe('support');
  });
});

describe('a snapshot is not trusted', () => {
  test('a job that believes its payload works as whatever the payload says; ours asks the memberships', async () => {
    const stolen: Record<string, unknown> = {
      ...queued(snapshotOf(await resolved())),
      tenant: 'design',
      role: 'finance',
    };
    const believing = { tenant: stolen.tenant, role: stolen.role };
    expect(believing).toEqual({ tenant: 'design', role: 'finance' });
    await refusalOf('boundary_invalid', () => reload(stolen));
  });

  test('another user, role, plan, region or policy written into it is refused', async () => {
    const snapshot = queued(snapshotOf(await resolved()));
    for (const forged of [
      { user: 'eve' },
      { principal: { kind: 'user', user: 'eve' } },
      { role: 'finance' },
      { plan: 'enterprise' },
      { region: 'us' },
      { workspace: null },
      { policyHash: 'sha256:old' },
    ]) {
      await refusalOf('boundary_invalid', () => reload({ ...snapshot, ...forged }));
    }
  });

  test('a longer life written into it is cut to the longest there is', async () => {
    const forever = { ...queued(snapshotOf(await resolved())), expiresAt: Number.MAX_SAFE_INTEGER };
    expect((await reload(forever)).expiresAt).toBe(noon + 86_400_000);
  });

  test('one that came too late is refused before anybody is asked', async () => {
    const snapshot = queued(snapshotOf(await resolved()));
    vi.setSystemTime(noon + 900_000);
    const memberships = vi.fn(async () => [here]);
    await refusalOf('boundary_expired', () =>
      reloadBoundary(snapshot, { resolver: { memberships }, policy }),
    );
    expect(memberships).not.toHaveBeenCalled();
  });

  test('a role that the policy has lost under the same hash opens nothing', async () => {
    const snapshot = snapshotOf(await resolved());
    await refusalOf('membership_missing', () => reload(snapshot, [here], { ...policy, roles: new Set() }));
  });

  test('what is no snapshot is refused field by field', async () => {
    const snapshot = queued(snapshotOf(await resolved()));
    for (const nothing of [null, undefined, 'dental', 7, [], {}, { version: 1 }]) {
      await refusalOf('boundary_invalid', () => reload(nothing));
    }
    for (const field of Object.keys(snapshot)) {
      for (const value of [{}, 7.5, '', '\u001f', true]) {
        await refusalOf('boundary_invalid', () => reload({ ...snapshot, [field]: value }));
      }
    }
  });

  test('a narrowing that got lost on the way does not come back as none', async () => {
    const { tools: _lost, ...snapshot } = queued(snapshotOf(narrow(await resolved(), { tools: ['query'] })));
    await refusalOf('boundary_invalid', () => reload(snapshot));
  });
});

describe('work for another tenant', () => {
  test('comes back as acting for it, from home, through the allow-list', async () => {
    const acting = actingFor(await resolved(), 'design', { policy, workspace: 'west', region: 'us' });
    const snapshot = queued(snapshotOf(narrow(acting, { tools: ['query'] })));
    const again = await reload(snapshot);
    expect(again).toMatchObject({
      tenant: 'design',
      workspace: 'west',
      region: 'us',
      tools: ['query'],
      crossTenant: { kind: 'acting_for', homeTenant: 'dental' },
    });
    expect(again.expiresAt).toBe(acting.expiresAt);
    await refusalOf('boundary_invalid', () => reload(snapshot, []));
    const region = await refusalOf('boundary_invalid', () => reload(snapshot, [{ ...here, region: 'us' }]));
    expect(region.message).toContain('region has changed');
    const unlisted = { ...policy, crossTenant: { ...policy.crossTenant, actingFor: [] } };
    await refusalOf('cross_tenant_refused', () => reload(snapshot, [here], unlisted));
    await refusalOf('cross_tenant_refused', () => reload({ ...snapshot, tenant: 'fabrikam' }));
    const crossTenant = { kind: 'acting_for', homeTenant: 'fabrikam' };
    await refusalOf('boundary_invalid', () => reload({ ...snapshot, crossTenant }));
  });

  test('written into an ordinary snapshot is refused', async () => {
    const snapshot = queued(snapshotOf(await resolved()));
    const home = { tenant: 'dental', workspace: 'north', region: 'eu' };
    const crossTenant = { kind: 'acting_for', homeTenant: 'dental' };
    await refusalOf('boundary_invalid', () => reload({ ...snapshot, crossTenant }));
    await refusalOf('boundary_invalid', () => reload({ ...snapshot, home }));
    await refusalOf('boundary_invalid', () =>
      reload({ ...snapshot, home: { ...home, tenant: 'x' }, crossTenant }),
    );
    await refusalOf('cross_tenant_refused', () =>
      reload({ ...snapshot, home, crossTenant, tenant: 'design', actor: { kind: 'agent', id: 'desk' } }),
    );
  });

  test('under a grant comes back while the grant lives', async () => {
    const grant = { role: 'dunning', tenants: ['dental'], expires: new Date(noon + 600_000) };
    const granted = { ...policy, crossTenant: { actingFor: [], grants: new Map([['nightly', grant]]) } };
    const principal = trustedPrincipal({ user: 'dunning-service', kind: 'service' });
    const [first] = await acrossTenants('nightly', { policy: granted, principal }, (boundary) => ({
      boundary,
      snapshot: queued(snapshotOf(boundary)),
    }));
    const { boundary, snapshot } = first?.result ?? expect.fail('no tenant was visited');
    expect({ ...(await reload(snapshot, [], granted)) }).toEqual({ ...boundary });
    await refusalOf('cross_tenant_refused', () => reload({ ...snapshot, tenant: 'design' }, [], granted));
    await refusalOf('cross_tenant_refused', () =>
      reload({ ...snapshot, principal: { kind: 'user', user: 'ada' } }, [], granted),
    );
    await refusalOf('boundary_invalid', () => reload({ ...snapshot, role: 'support' }, [], granted));
    const revoked = { ...policy, crossTenant: { actingFor: [], grants: new Map() } };
    await refusalOf('cross_tenant_refused', () => reload(snapshot, [], revoked));
    vi.setSystemTime(noon + 600_000);
    await refusalOf('boundary_expired', () => reload(snapshot, [], granted));
  });
});
