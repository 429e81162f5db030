import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Membership } from '../../src/boundary/membership.js';
import { makePrincipal, type Principal, trustedPrincipal } from '../../src/boundary/principal.js';
import { type ResolveOptions, resolveBoundary } from '../../src/boundary/resolve.js';
import { boundaryOf, membership, policy, refusalOf, resolverOf } from './support/boundaries.js';

afterEach(() => vi.useRealTimers());

const ada = trustedPrincipal({ user: 'ada' });

function resolve(memberships: Membership[], options: Partial<ResolveOptions> = {}, principal = ada) {
  return resolveBoundary(principal, {
    resolver: resolverOf(...memberships),
    policy,
    actor: { kind: 'agent', id: 'desk' },
    ...options,
  });
}

/** As a token verifier makes one. */
function carrying(fields: Partial<Principal>): Principal {
  return makePrincipal({ ...ada, ...fields });
}

describe('one membership', () => {
  test('gives the boundary its tenant, workspace, user, role, plan and region', async () => {
    const boundary = await resolve([membership({ workspace: 'north' })]);
    expect(boundary).toMatchObject({
      tenant: 'dental',
      workspace: 'north',
      user: 'ada',
      role: 'support',
      plan: 'pro',
      region: 'eu',
      actor: { kind: 'agent', id: 'desk' },
      tools: null,
      dataSources: null,
      policyHash: policy.hash,
      crossTenant: null,
      memoryNamespace: 'tenant=dental/workspace=north/user=ada',
    });
    expect(boundary.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(boundary.runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('may leave out plan and region', async () => {
    const boundary = await resolve([{ tenant: 'dental', workspace: null, user: 'ada', role: 'support' }]);
    expect([boundary.plan, boundary.region]).toEqual([null, null]);
  });

  test('lives for fifteen minutes unless told', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 5_000 });
    expect((await resolve([membership()])).expiresAt).toBe(905_000);
    expect((await resolve([membership()], { lifeSeconds: 60 })).expiresAt).toBe(65_000);
  });

  test('keeps run and trace ids that it is given', async () => {
    const given = { runId: 'run-1', traceId: 'ab'.repeat(16) };
    expect(await resolve([membership()], given)).toMatchObject(given);
  });

  test('may know the user by another name than the credential does', async () => {
    const resolver = { memberships: async () => [membership({ user: 'u_7' })] };
    expect((await resolve([], { resolver })).user).toBe('u_7');
  });
});

describe('no membership', () => {
  test('reads the same whether the tenant exists or not, and names no tenant', async () => {
    const others = [membership({ tenant: 'design', user: 'eve' })];
    const existing = await refusalOf('membership_missing', () => resolve(others, { tenant: 'design' }));
    const absent = await refusalOf('membership_missing', () => resolve([], { tenant: 'nowhere' }));
    expect(existing.message).toBe(absent.message);
    expect(existing.suggestion).toBe(absent.suggestion);
    expect(existing.message).not.toContain('design');
  });

  test('in the workspace asked for is none, also for a member of another or of the whole tenant', async () => {
    await refusalOf('membership_missing', () =>
      resolve([membership({ workspace: 'north' })], { workspace: 'south' }),
    );
    await refusalOf('membership_missing', () => resolve([membership()], { workspace: 'south' }));
    await refusalOf('membership_missing', () =>
      resolve([membership({ workspace: 'north' })], { workspace: null }),
    );
  });

  test('an empty tenant is a mistake and not "any"', async () => {
    await refusalOf('boundary_invalid', () => resolve([membership()], { tenant: '' }));
    await refusalOf('boundary_invalid', () => resolve([membership()], { workspace: '' }));
  });
});

describe('several memberships', () => {
  const both = [membership(), membership({ tenant: 'design', role: 'finance' })];

  test('are refused until one is asked for', async () => {
    const error = await refusalOf('membership_ambiguous', () => resolve(both));
    expect(`${error.message} ${error.suggestion}`).not.toMatch(/dental|design/);
    expect(await resolve(both, { tenant: 'design' })).toMatchObject({ tenant: 'design', role: 'finance' });
  });

  test('a token may say which one to use', async () => {
    const boundary = await resolve(both, {}, carrying({ tenant: 'design' }));
    expect(boundary.tenant).toBe('design');
  });

  test('a token for one tenant does not open another that its user also belongs to', async () => {
    await refusalOf('membership_missing', () =>
      resolve(both, { tenant: 'dental' }, carrying({ tenant: 'design' })),
    );
  });

  test('are told apart by workspace, null being the tenant as a whole', async () => {
    const places = [membership(), membership({ workspace: 'north', role: 'finance' })];
    expect((await resolve(places, { workspace: 'north' })).role).toBe('finance');
    expect((await resolve(places, { workspace: null })).role).toBe('support');
    expect((await resolve(places, {}, carrying({ workspace: 'north' }))).role).toBe('finance');
    await refusalOf('membership_ambiguous', () => resolve(places));
  });

  test('two roles in one place are never joined', async () => {
    const twice = [membership(), membership({ role: 'finance' })];
    const error = await refusalOf('membership_ambiguous', () =>
      resolve(twice, { tenant: 'dental', workspace: null }),
    );
    expect(error.message).toContain('more than one role');
  });
});

describe('a role', () => {
  test('that the policy does not have opens nothing, and says so', async () => {
    const error = await refusalOf('membership_missing', () => resolve([membership({ role: 'wizard' })]));
    expect(error.message).toContain('"wizard"');
    await refusalOf('membership_missing', () => boundaryOf({ role: 'wizard' }));
  });

  test('in a token is not read', async () => {
    const loud = carrying({ claims: { role: 'finance', roles: ['finance'], plan: 'enterprise' } });
    expect(await resolve([membership()], {}, loud)).toMatchObject({ role: 'support', plan: 'pro' });
  });
});

describe('a resolver', () => {
  const answers: Record<string, unknown> = {
    nothing: undefined,
    'one membership without a list': membership(),
    'an empty tenant': [membership({ tenant: '' })],
    'a tenant with a control character': [membership({ tenant: 'dental\u001fdesign' })],
    'no user': [{ ...membership(), user: undefined }],
    'no role': [{ ...membership(), role: null }],
    'a list of nothing': [null],
    'memberships of two users': [membership(), membership({ user: 'eve', tenant: 'design' })],
  };
  for (const [what, answer] of Object.entries(answers)) {
    test(`that returns ${what} opens nothing`, async () => {
      const resolver = { memberships: async () => answer as Membership[] };
      await refusalOf('boundary_invalid', () => resolve([], { resolver, tenant: 'dental' }));
    });
  }

  test('that fails is heard', async () => {
    const resolver = { memberships: async () => Promise.reject(new Error('the directory is down')) };
    await expect(resolve([], { resolver })).rejects.toThrow('the directory is down');
  });
});

describe('a principal', () => {
  test('that nobody verified is refused, whatever it looks like', async () => {
    for (const forged of [
      { ...ada },
      structuredClone(ada),
      Object.create(ada),
      JSON.parse(JSON.stringify(ada)),
      null,
    ]) {
      await refusalOf('token_invalid', () => resolve([membership()], {}, forged));
    }
  });

  test('is refused once its credential has run out, and no boundary outlives it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const principal = carrying({ expiresAt: 1_030_000 });
    expect((await resolve([membership()], {}, principal)).expiresAt).toBe(1_030_000);
    expect((await resolve([membership()], { lifeSeconds: 10 }, principal)).expiresAt).toBe(1_010_000);
    vi.setSystemTime(1_030_000);
    await refusalOf('token_expired', () => resolve([membership()], {}, principal));
  });

  test('cannot be changed, not in its claims either', () => {
    const principal = carrying({ claims: { org: { id: 'dental' } } });
    expect(() => Object.assign(principal, { user: 'eve' })).toThrow(TypeError);
    expect(() => Object.assign(principal.claims.org as object, { id: 'design' })).toThrow(TypeError);
  });

  test('of trusted code has a name', async () => {
    await refusalOf('boundary_invalid', () => trustedPrincipal({ user: '' }));
    expect(trustedPrincipal({ user: 'dunning', kind: 'service' })).toMatchObject({
      kind: 'service',
      user: 'dunning',
    });
  });
});
