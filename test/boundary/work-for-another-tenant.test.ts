import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Boundary } from '../../src/boundary/boundary.js';
import { acrossTenants, actingFor, type CrossTenantRules } from '../../src/boundary/cross-tenant.js';
import { narrow } from '../../src/boundary/narrow.js';
import { makePrincipal, trustedPrincipal } from '../../src/boundary/principal.js';
import { currentBoundary, within } from '../../src/boundary/propagation.js';
import { boundaryOf, policy, refusalOf } from './support/boundaries.js';

const noon = Date.UTC(2026, 0, 1, 12);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon });
});
afterEach(() => vi.useRealTimers());

const billing = { kind: 'agent', id: 'billing-agent' } as const;

describe('an agent on the allow-list', () => {
  test('acts for the tenant listed, in its own role, and the boundary says so', () => {
    const home = boundaryOf({ actor: billing, workspace: 'north', plan: 'free', tools: ['query'] });
    const theirs = actingFor(home, 'design', { policy });
    expect(theirs).toMatchObject({
      tenant: 'design',
      workspace: null,
      region: null,
      user: 'ada',
      role: 'support',
      plan: 'free',
      tools: ['query'],
      traceId: home.traceId,
      runId: home.runId,
      expiresAt: home.expiresAt,
      crossTenant: { kind: 'acting_for', homeTenant: 'dental' },
      memoryNamespace: 'tenant=design/user=ada',
    });
  });

  test('may be told the other tenant’s workspace and region', () => {
    const theirs = actingFor(boundaryOf({ actor: billing }), 'design', {
      policy,
      workspace: 'west',
      region: 'us',
    });
    expect(theirs).toMatchObject({ workspace: 'west', region: 'us' });
  });

  test('opens inside its own boundary, and its own is back afterwards', () => {
    const home = boundaryOf({ actor: billing });
    within(home, () => {
      within(actingFor(currentBoundary(), 'design', { policy }), () => {
        expect(currentBoundary().tenant).toBe('design');
      });
      expect(currentBoundary()).toBe(home);
    });
  });

  test('listed for all tenants acts for any', () => {
    const roaming = boundaryOf({ actor: { kind: 'agent', id: 'roaming-agent' } });
    expect(actingFor(roaming, 'anybody', { policy }).tenant).toBe('anybody');
  });

  const refusals: Record<string, () => Boundary> = {
    'an agent that is not listed': () => actingFor(boundaryOf(), 'design', { policy }),
    'a user with the name of a listed agent': () =>
      actingFor(boundaryOf({ actor: { kind: 'user', id: 'billing-agent' } }), 'design', { policy }),
    'a role that is not listed': () =>
      actingFor(boundaryOf({ actor: billing, role: 'finance' }), 'design', { policy }),
    'a tenant that is not listed': () => actingFor(boundaryOf({ actor: billing }), 'fabrikam', { policy }),
    'its own tenant': () => actingFor(boundaryOf({ actor: billing }), 'dental', { policy }),
    'a tenant called *': () => actingFor(boundaryOf({ actor: billing }), '*', { policy }),
    'a policy that has changed since': () =>
      actingFor(boundaryOf({ actor: billing }), 'design', { policy: { ...policy, hash: 'sha256:other' } }),
    'a boundary that acts for another tenant already': () =>
      actingFor(actingFor(boundaryOf({ actor: billing }), 'design', { policy }), 'dental', { policy }),
    'a narrowed boundary that acts for another tenant already': () =>
      actingFor(narrow(actingFor(boundaryOf({ actor: billing }), 'design', { policy }), {}), 'dental', {
        policy,
      }),
  };
  for (const [what, attempt] of Object.entries(refusals)) {
    test(`is refused: ${what}`, async () => {
      await refusalOf('cross_tenant_refused', attempt);
    });
  }

  test('an unlisted tenant and an unlisted role are refused in the same words', async () => {
    const tenant = await refusalOf('cross_tenant_refused', () =>
      actingFor(boundaryOf({ actor: billing }), 'fabrikam', { policy }),
    );
    const role = await refusalOf('cross_tenant_refused', () =>
      actingFor(boundaryOf({ actor: billing, role: 'finance' }), 'design', { policy }),
    );
    expect(tenant.message).toBe(role.message);
  });

  test('needs a genuine, living boundary and a tenant that can be one', async () => {
    const home = boundaryOf({ actor: billing, lifeSeconds: 1 });
    await refusalOf('boundary_invalid', () => actingFor({ ...home } as Boundary, 'design', { policy }));
    await refusalOf('boundary_invalid', () => actingFor(home, '', { policy }));
    vi.setSystemTime(noon + 1_000);
    await refusalOf('boundary_expired', () => actingFor(home, 'design', { policy }));
  });
});

describe('a job with a grant', () => {
  const dunning = trustedPrincipal({ user: 'dunning-service', kind: 'service' });

  function granting(
    fields: Partial<{ role: string; tenants: '*' | string[]; expires: Date }>,
  ): CrossTenantRules {
    const grant = {
      role: 'dunning',
      tenants: ['dental', 'design'],
      expires: new Date(noon + 3_600_000),
      ...fields,
    };
    return { ...policy, crossTenant: { actingFor: [], grants: new Map([['nightly', grant]]) } };
  }

  test('visits each tenant in turn, inside a boundary of its own, in one run', async () => {
    const seen: Boundary[] = [];
    const results = await acrossTenants(
      'nightly',
      { policy: granting({}), principal: dunning },
      async (boundary) => {
        await new Promise(setImmediate);
        expect(currentBoundary()).toBe(boundary);
        seen.push(boundary);
        return boundary.tenant.toUpperCase();
      },
    );
    expect(results).toEqual([
      { tenant: 'dental', result: 'DENTAL' },
      { tenant: 'design', result: 'DESIGN' },
    ]);
    expect(seen[0]).toMatchObject({
      tenant: 'dental',
      workspace: null,
      user: 'dunning-service',
      role: 'dunning',
      actor: { kind: 'service', id: 'dunning-service' },
      crossTenant: { kind: 'grant', grant: 'nightly' },
    });
    expect(new Set(seen.map(({ runId, traceId }) => `${runId} ${traceId}`)).size).toBe(1);
    await refusalOf('boundary_missing', currentBoundary);
  });

  test('for all tenants is told which ones there are', async () => {
    const all = granting({ tenants: '*' });
    const visit = (tenants?: AsyncIterable<string>) =>
      acrossTenants('nightly', { policy: all, principal: dunning, tenants }, ({ tenant }) => tenant);
    async function* listed() {
      yield* ['a', 'b', 'a'];
    }
    expect(await visit(listed())).toEqual([
      { tenant: 'a', result: 'a' },
      { tenant: 'b', result: 'b' },
    ]);
    await refusalOf('cross_tenant_refused', () => visit());
  });

  test('may visit fewer tenants than named, never others', async () => {
    const visited: string[] = [];
    const visit = (tenants: string[]) =>
      acrossTenants('nightly', { policy: granting({}), principal: dunning, tenants }, ({ tenant }) => {
        visited.push(tenant);
      });
    await visit(['design']);
    await refusalOf('cross_tenant_refused', () => visit(['fabrikam']));
    await refusalOf('boundary_invalid', () => visit(['']));
    expect(visited).toEqual(['design']);
  });

  test('never outlives its grant, and a grant that runs out midway stops it before the next tenant', async () => {
    const visited: string[] = [];
    const soon = granting({ expires: new Date(noon + 5_000) });
    await refusalOf('cross_tenant_refused', () =>
      acrossTenants('nightly', { policy: soon, principal: dunning }, async (boundary) => {
        visited.push(boundary.tenant);
        expect(boundary.expiresAt).toBe(noon + 5_000);
        vi.setSystemTime(noon + 5_000);
        await refusalOf('boundary_expired', currentBoundary);
      }),
    );
    expect(visited).toEqual(['dental']);
  });

  test('a service whose credential runs out before the grant does is held to the credential', async () => {
    const principal = makePrincipal({ ...dunning, expiresAt: noon + 2_000 });
    await acrossTenants('nightly', { policy: granting({}), principal, tenants: ['design'] }, (boundary) => {
      expect(boundary.expiresAt).toBe(noon + 2_000);
    });
  });

  test('a service whose credential lasts longer than the grant is held to the grant', async () => {
    const principal = makePrincipal({ ...dunning, expiresAt: noon + 800_000 });
    const soon = granting({ expires: new Date(noon + 5_000) });
    const [visit] = await acrossTenants('nightly', { policy: soon, principal }, ({ expiresAt }) => expiresAt);
    expect(visit?.result).toBe(noon + 5_000);
  });

  test('a grant whose name could move a field of the claim opens nothing', async () => {
    const grant = granting({}).crossTenant.grants.get('nightly') ?? expect.fail('the grant is missing');
    const name = 'nightly\u001fdesign';
    const rules = { ...policy, crossTenant: { actingFor: [], grants: new Map([[name, grant]]) } };
    await refusalOf('boundary_invalid', () =>
      acrossTenants(name, { policy: rules, principal: dunning }, () => 1),
    );
  });

  test('the first failure ends it', async () => {
    const visited: string[] = [];
    const job = acrossTenants('nightly', { policy: granting({}), principal: dunning }, ({ tenant }) => {
      visited.push(tenant);
      throw new Error('the mailer is down');
    });
    await expect(job).rejects.toThrow('the mailer is down');
    expect(visited).toEqual(['dental']);
  });

  const refusals: Record<string, Parameters<typeof acrossTenants<void>>[1] & { grant?: string }> = {
    'a grant that is unknown': { grant: 'weekly', policy: granting({}), principal: dunning },
    'a name every object has': { grant: 'constructor', policy: granting({}), principal: dunning },
    'a grant that has expired': { policy: granting({ expires: new Date(noon) }), principal: dunning },
    'a date that is no date': { policy: granting({ expires: new Date('soon') }), principal: dunning },
    'a role the policy does not have': { policy: granting({ role: 'wizard' }), principal: dunning },
    'a user': { policy: granting({}), principal: trustedPrincipal({ user: 'ada' }) },
  };
  for (const [what, { grant = 'nightly', ...options }] of Object.entries(refusals)) {
    test(`is refused: ${what}`, async () => {
      const work = vi.fn();
      await refusalOf('cross_tenant_refused', () => acrossTenants(grant, options, work));
      expect(work).not.toHaveBeenCalled();
    });
  }

  test('a principal that nobody verified is refused', async () => {
    const principal = { ...dunning };
    await refusalOf('token_invalid', () =>
      acrossTenants('nightly', { policy: granting({}), principal }, () => 1),
    );
  });

  test('neither starts inside a boundary nor acts for yet another tenant', async () => {
    const both = {
      ...granting({}),
      crossTenant: { ...granting({}).crossTenant, actingFor: policy.crossTenant.actingFor },
    };
    await refusalOf('boundary_nested', () =>
      within(boundaryOf(), () => acrossTenants('nightly', { policy: both, principal: dunning }, () => 1)),
    );
    await refusalOf('cross_tenant_refused', () =>
      acrossTenants(
        'nightly',
        { policy: both, principal: dunning, actor: { kind: 'agent', id: 'roaming-agent' } },
        (boundary) => actingFor(boundary, 'fabrikam', { policy: both }),
      ),
    );
  });
});
