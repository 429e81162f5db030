/**
 * The principal: who a verified credential, or trusted code, says is calling.
 *
 * A principal names a user or a service and nothing it may do: role, plan and region come from memberships. A credential
 * may say which membership to use (tenant, workspace); that narrows the choice and never makes one.
 */
import { RingfenceError } from '../errors.js';
import { requireText, requireTextOrNull } from './values.js';

export type PrincipalKind = 'user' | 'service';

export interface Principal {
  readonly kind: PrincipalKind;
  /** Who, as the credential names them. */
  readonly user: string;
  /** The membership to use, as the credential has it; null leaves the choice open. */
  readonly tenant: string | null;
  readonly workspace: string | null;
  /** Who vouched: the token's issuer; null for trusted code. */
  readonly issuer: string | null;
  /** The verified claims, frozen, for a product's own resolver. Ringfence reads no role out of them. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the credential stops being accepted, in milliseconds since the epoch; null for trusted code. */
  readonly expiresAt: number | null;
}

const vouchedFor = new WeakSet<object>();

/** @internal Only for `token.ts` and {@link trustedPrincipal}: whoever calls it has verified what it says. */
export function makePrincipal(fields: Principal): Principal {
  const principal = Object.freeze({
    kind: fields.kind,
    user: requireText('principal.user', fields.user),
    tenant: requireTextOrNull('principal.tenant', fields.tenant),
    workspace: requireTextOrNull('principal.workspace', fields.workspace),
    issuer: fields.issuer,
    claims: frozenThroughout(fields.claims),
    expiresAt: fields.expiresAt,
  });
  vouchedFor.add(principal);
  return principal;
}

/**
 * A principal that trusted server code vouches for, where there is no token: a scheduler, a queue consumer, a session
 * that the product has checked itself. Never pass on what a request or a model supplied unchecked.
 *
 * @throws {RingfenceError} `boundary_invalid` when `user` is empty, too long or holds a control character.
 * @example
 * ```ts
 * const principal = trustedPrincipal({ user: session.userId });
 * const scheduler = trustedPrincipal({ user: 'nightly-dunning', kind: 'service' });
 * ```
 */
export function trustedPrincipal(who: {
  readonly user: string;
  readonly kind?: PrincipalKind | undefined;
}): Principal {
  return makePrincipal({
    kind: who.kind ?? 'user',
    user: who.user,
    tenant: null,
    workspace: null,
    issuer: null,
    claims: {},
    expiresAt: null,
  });
}

/** @internal Refuses an object that merely looks like a principal, and one whose credential has run out. */
export function assertPrincipal(principal: Principal): void {
  if (typeof principal !== 'object' || principal === null || !vouchedFor.has(principal)) {
    throw new RingfenceError(
      'token_invalid',
      'This principal was not verified. Make it with a token verifier, or with trustedPrincipal() in trusted code.',
    );
  }
  if (principal.expiresAt !== null && Date.now() >= principal.expiresAt) {
    throw new RingfenceError(
      'token_expired',
      'The credential behind this principal has expired. Sign in again.',
    );
  }
}

function frozenThroughout<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozenThroughout(inner);
    Object.freeze(value);
  }
  return value;
}
