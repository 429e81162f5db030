import type { Boundary } from '../boundary/boundary.js';
import { within } from '../boundary/propagation.js';
import { RingfenceError } from '../errors.js';
import type { Act } from './acts.js';
import type { Outcome } from './script.js';
import { THEIRS } from './tenants.js';

const ACTOR = { kind: 'agent', id: 'support-desk' } as const;

/** Pretending to be somebody else. */
export const falseIdentity: Act = {
  title: '6  Tokens and boundaries',
  about:
    'A boundary comes from a verified token and one membership. It cannot be built, copied, widened or outlived.',
  async play({ ringfence, signIn }, script, { ada, cleo }) {
    const claims = { user: 'ada', tenant: THEIRS };
    const present = (token: string | Promise<string>) => (): Promise<Outcome> =>
      refusalOf(async () => signIn.verify(await token));
    await script.outside({
      what: 'a token that nobody signed ("alg": "none")',
      held: 'boundary',
      expect: 'token_invalid',
      attempt: present(signIn.unsignedToken(claims)),
    });
    await script.outside({
      what: 'a token signed with a key of its own',
      held: 'boundary',
      expect: 'token_invalid',
      attempt: present(signIn.foreignToken(claims)),
    });
    await script.outside({
      what: 'the public key taken for a shared secret',
      held: 'boundary',
      expect: 'token_invalid',
      attempt: present(signIn.confusedToken(claims)),
    });
    await script.outside({
      what: 'a token of five minutes ago',
      held: 'boundary',
      expect: 'token_expired',
      attempt: present(signIn.expiredToken(claims)),
    });
    await script.outside({
      what: "Ada's token, made out to the other tenant",
      held: 'boundary',
      expect: 'membership_missing',
      attempt: () =>
        refusalOf(async () =>
          ringfence.boundaryFor(await signIn.verify(await signIn.token(claims)), { actor: ACTOR }),
        ),
      because: "The claim only chooses among Ada's own memberships, and there is none at Northstar Design.",
    });
    await script.outside({
      what: "Ada's token for Ben's workspace",
      held: 'boundary',
      expect: 'membership_missing',
      attempt: () =>
        refusalOf(async () =>
          ringfence.boundaryFor(await signIn.verify(await signIn.token({ user: 'ada' })), {
            actor: ACTOR,
            workspace: 'back-office',
          }),
        ),
    });
    await script.outside({
      what: 'a boundary opened inside another',
      held: 'boundary',
      expect: 'boundary_nested',
      attempt: () => refusalOf(async () => within(ada, () => within(cleo, () => undefined))),
    });

    const query = { tool: 'query', input: { table: 'ticket' } } as const;
    await script.call({
      what: 'calls with a copy of its boundary, changed',
      ...query,
      // Everything a boundary shows, with one field changed: what code that forgot about types could pass on.
      as: Object.assign(Object.create(Object.getPrototypeOf(ada) as object) as Boundary, {
        ...ada,
        tenant: THEIRS,
      }),
      expect: 'boundary_invalid',
      held: 'boundary',
    });
    const brief = ringfence.trustedBoundary({
      tenant: ada.tenant,
      workspace: ada.workspace,
      user: ada.user,
      role: ada.role,
      actor: ACTOR,
      lifeSeconds: 0.001,
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await script.call({
      what: 'calls with a boundary whose time is over',
      ...query,
      as: brief,
      expect: 'boundary_expired',
      held: 'boundary',
    });
    await script.call({
      what: 'calls with no boundary at all',
      ...query,
      as: null,
      expect: 'boundary_missing',
      held: 'boundary',
    });
  },
};

/** The code and the message with which something is refused. */
async function refusalOf(attempt: () => Promise<unknown>): Promise<Outcome> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof RingfenceError) return { result: error.code, said: error.message };
    throw error;
  }
  return { result: 'accepted' };
}
