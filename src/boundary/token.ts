/**
 * Tokens: a signed JWT (RFC 7519) in, a principal out, or nothing.
 *
 * The algorithm, the issuer and the audience are the verifier's to say, never the token's (RFC 8725). What a token says about
 * roles is not read. Refusals repeat nothing of the token, and keep jose's code as their cause rather than its error, which
 * carries the claims.
 */
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { RingfenceError } from '../errors.js';
import { makePrincipal, type Principal, type PrincipalKind } from './principal.js';
import { keySource, misconfigured, type TokenAlgorithm, type TokenKeys } from './token-keys.js';
import { isText } from './values.js';

const maxTokenLength = 16_384;
const maxClockToleranceSeconds = 60;

/** Where a value is among the claims: a claim's name (`sub`, `https://acme.test/org`), or the way down to a nested one. */
export type ClaimPath = string | readonly [string, ...string[]];

/** Which claims name the user and the membership to use. There is none for a role: roles come from memberships. */
export interface ClaimNames {
  /** Default `sub`. */
  readonly user?: ClaimPath | undefined;
  /** Default `tenant`. A token without it leaves the choice open. */
  readonly tenant?: ClaimPath | undefined;
  /** Default `workspace`. A token without it leaves the choice open. */
  readonly workspace?: ClaimPath | undefined;
}

export type TokenVerifierOptions = TokenKeys & {
  /** Who may have issued it (`iss`), exactly. */
  readonly issuer: string | readonly string[];
  /** Who it must be meant for (`aud`): this product. */
  readonly audience: string | readonly string[];
  /** All asymmetric ones by default; HS256 with a `secret`. */
  readonly algorithms?: readonly TokenAlgorithm[] | undefined;
  /** How far the issuer's clock may be off, in seconds: 5 unless told, 60 at most. */
  readonly clockToleranceSeconds?: number | undefined;
  readonly claims?: ClaimNames | undefined;
  /** What these tokens stand for; `user` unless told. One verifier per kind: a token does not say what it is. */
  readonly kind?: PrincipalKind | undefined;
};

/** Verifies one token: a principal, or a `RingfenceError`. */
export type TokenVerifier = (token: string) => Promise<Principal>;

/**
 * A verifier of an issuer's tokens, made once at start and used for every request: it keeps the issuer's keys and fetches
 * them again when they are ten minutes old or a token names a new one.
 *
 * @throws {RingfenceError} `config_invalid` at once for a mistake in the options. The verifier itself throws `token_expired`;
 * `token_invalid` for every other token it does not accept; `key_missing` when the issuer's keys cannot be fetched.
 * @example
 * ```ts
 * const verify = createTokenVerifier({
 *   issuer: 'https://login.acme.test/',
 *   audience: 'https://api.acme.test',
 *   jwksUrl: 'https://login.acme.test/.well-known/jwks.json',
 *   claims: { tenant: 'https://acme.test/org' },
 * });
 * const principal = await verify(bearerToken);
 * ```
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keyFor, algorithms } = keySource(options, options.algorithms);
  const paths = claimPaths(options.claims);
  const kind = options.kind ?? 'user';
  const clockTolerance = options.clockToleranceSeconds ?? 5;
  if (!(clockTolerance >= 0 && clockTolerance <= maxClockToleranceSeconds)) {
    throw misconfigured(`clockToleranceSeconds must be 0 to ${maxClockToleranceSeconds}.`);
  }
  const conditions = {
    // An empty issuer or audience would be no condition at all.
    issuer: someText('issuer', options.issuer),
    audience: someText('audience', options.audience),
    algorithms: [...algorithms],
    clockTolerance,
    requiredClaims: ['exp'],
  };

  return async (token) => {
    if (typeof token !== 'string' || token === '') {
      throw new RingfenceError('token_invalid', 'There is no token. Send a signed JWT.');
    }
    if (token.length > maxTokenLength) {
      throw new RingfenceError('token_invalid', 'The token is longer than 16 KiB.');
    }
    const claims = await verifiedClaims(() => jwtVerify(token, keyFor, conditions));
    const user = claimAt(claims, 'user', paths.user);
    if (user === null) throw unusableClaim('user');
    return makePrincipal({
      kind,
      user,
      tenant: claimAt(claims, 'tenant', paths.tenant),
      workspace: claimAt(claims, 'workspace', paths.workspace),
      issuer: claims.iss ?? null,
      claims,
      expiresAt: ((claims.exp ?? 0) + clockTolerance) * 1000,
    });
  };
}

/**
 * Verifies a single token, for a script or a test. A server keeps a verifier instead ({@link createTokenVerifier}): this
 * fetches the issuer's keys each time.
 *
 * @throws {RingfenceError} As {@link createTokenVerifier} and its verifier do.
 * @example
 * ```ts
 * const principal = await verifyToken(token, { issuer, audience, key: publicKeyPem });
 * ```
 */
export async function verifyToken(token: string, options: TokenVerifierOptions): Promise<Principal> {
  return await createTokenVerifier(options)(token);
}

async function verifiedClaims(verify: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verify()).payload;
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw refusal(error);
  }
}

function refusal(error: unknown): RingfenceError {
  const cause = error instanceof errors.JOSEError ? error.code : 'not a JOSE error';
  if (error instanceof errors.JWTExpired) {
    return new RingfenceError('token_expired', 'The token has expired. Sign in again.', { cause });
  }
  return new RingfenceError('token_invalid', `The token is refused: ${whyRefused(error)}.`, { cause });
}

function whyRefused(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return whyClaimRefused(error);
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return 'it is not signed with an algorithm that is accepted here';
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'the issuer has no one key that it can have been signed with';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not verify';
  return 'it is not a signed JWT';
}

function whyClaimRefused(error: errors.JWTClaimValidationFailed): string {
  switch (error.claim) {
    case 'iss':
      return 'its issuer is not accepted here';
    case 'aud':
      return 'it is meant for another audience';
    case 'nbf':
      return 'it is not valid yet';
    case 'exp':
      return 'it has no time of expiry';
    default:
      return 'one of its claims is not accepted here';
  }
}

type ClaimPaths = { readonly [Name in keyof ClaimNames]-?: readonly string[] };

function claimPaths(names: ClaimNames = {}): ClaimPaths {
  const unknown = Object.keys(names).find((name) => !['user', 'tenant', 'workspace'].includes(name));
  if (unknown !== undefined) {
    throw misconfigured(
      `claims.${unknown} is not read from tokens: only user, tenant and workspace are. Roles come from memberships.`,
    );
  }
  return {
    user: claimPath('user', names.user ?? 'sub'),
    tenant: claimPath('tenant', names.tenant ?? 'tenant'),
    workspace: claimPath('workspace', names.workspace ?? 'workspace'),
  };
}

function claimPath(name: string, path: ClaimPath): readonly string[] {
  const steps = typeof path === 'string' ? [path] : [...path];
  if (steps.length > 0 && steps.every((step) => typeof step === 'string' && step !== '')) return steps;
  throw misconfigured(`claims.${name} must be a claim's name, or a list of names down to a nested one.`);
}

/** The claim as text, null where there is none. A claim that is there and no use is refused: taken for absent, it would leave open what it meant to close. */
function claimAt(claims: JWTPayload, name: keyof ClaimNames, path: readonly string[]): string | null {
  let value: unknown = claims;
  for (const step of path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? Reflect.get(value, step)
        : undefined;
  }
  if (value === undefined || value === null) return null;
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (isText(text)) return text;
  throw unusableClaim(name);
}

function unusableClaim(name: keyof ClaimNames): RingfenceError {
  return new RingfenceError(
    'token_invalid',
    `The token is refused: its ${name} is missing, or is not text of 1 to 200 characters without control characters.`,
  );
}

function someText(field: string, given: string | readonly string[]): string | string[] {
  const all = typeof given === 'string' ? [given] : [...(given ?? [])];
  if (all.length === 0 || all.some((text) => typeof text !== 'string' || text === '')) {
    throw misconfigured(`${field} is required: tokens made by anybody, for anybody, prove nothing.`);
  }
  return all;
}
