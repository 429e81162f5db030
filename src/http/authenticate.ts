/**
 * From a bearer token to a boundary: verified, matched with one membership, narrowed to what its scopes allow.
 */
import type { Boundary } from '../boundary/boundary.js';
import type { Principal } from '../boundary/principal.js';
import type { TokenVerifier } from '../boundary/token.js';
import { RingfenceError } from '../errors.js';
import type { Ringfence } from '../ringfence.js';
import type { ListedTool } from '../tools/data-tools.js';

/** OAuth 2.0 scopes (RFC 6749 section 3.3) that a token needs; a token without either opens nothing. */
export interface Scopes {
  /** For tools that read. */
  readonly read: string;
  /** For tools that change something. */
  readonly write: string;
  /** For people who decide what agents asked for: never in a token that an agent works with. Default `ringfence:approve`. */
  readonly approve?: string;
}

export const DEFAULT_SCOPES = {
  read: 'ringfence:read',
  write: 'ringfence:write',
  approve: 'ringfence:approve',
} as const satisfies Scopes;

/** A caller whose token holds, and what its scopes leave. */
export interface Caller {
  readonly principal: Principal;
  readonly tools: readonly string[] | null;
  /** The scope that it would take to decide what agents asked for; null where the token has it. */
  readonly missesApprove: string | null;
}

/** Thrown where a token holds and its scopes do not suffice. */
export class ScopeError extends Error {
  override readonly name = 'ScopeError';
}

/**
 * @param scopes null where the issuer's tokens carry none: then role and plan alone decide.
 * @throws {RingfenceError} `token_invalid`, `token_expired`, `key_missing`. {@link ScopeError}.
 */
export async function authenticate(
  authorization: string | null | undefined,
  verify: TokenVerifier,
  scopes: Scopes | null,
  catalogue: readonly ListedTool[],
): Promise<Caller> {
  const [scheme = '', token = '', ...more] = (authorization ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer' || token === '' || more.length > 0) {
    throw new RingfenceError('token_invalid', 'Send the header "Authorization: Bearer <token>".');
  }
  const principal = await verify(token);
  const approve = scopes?.approve ?? DEFAULT_SCOPES.approve;
  // Without scopes nothing tells a person's token from an agent's.
  if (scopes === null) return { principal, tools: null, missesApprove: approve };
  const granted = grantedScopes(principal);
  const tools = catalogue
    .filter(({ effect }) => granted.has(effect === 'read' ? scopes.read : scopes.write))
    .map(({ name }) => name);
  const missesApprove = granted.has(approve) ? null : approve;
  if (tools.length === 0 && missesApprove !== null) throw new ScopeError(scopes.read);
  return { principal, tools, missesApprove };
}

/** The boundary for one request of a caller. The agent is the client that the token was issued to. */
export async function openBoundary(
  ringfence: Ringfence,
  { principal, tools }: Caller,
  traceId: string | undefined,
): Promise<Boundary> {
  return await ringfence.boundaryFor(principal, {
    actor: { kind: 'agent', id: clientOf(principal) },
    tools,
    ...(traceId === undefined ? {} : { traceId }),
  });
}

/**
 * The boundary of the person who holds the token, for what agents may not do.
 * @throws {ScopeError} where the token's scopes do not say that it is for that.
 */
export async function openPersonBoundary(
  ringfence: Ringfence,
  { principal, missesApprove }: Caller,
  traceId: string | undefined,
): Promise<Boundary> {
  if (missesApprove !== null) throw new ScopeError(missesApprove);
  return await ringfence.boundaryFor(principal, {
    actor: { kind: principal.kind, id: clientOf(principal) },
    tools: [],
    ...(traceId === undefined ? {} : { traceId }),
  });
}

/** `azp` (OpenID Connect) or `client_id` (RFC 9068). */
export function clientOf({ claims }: Principal): string {
  for (const name of ['azp', 'client_id']) {
    const value = claims[name];
    if (typeof value === 'string' && value !== '' && value.length <= 200) return value;
  }
  return 'http';
}

/** The trace id of a `traceparent` header (W3C Trace Context), if it has one. */
export function traceIdOf(traceparent: string | null | undefined): string | undefined {
  const [, id] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent ?? '') ?? [];
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

function grantedScopes({ claims }: Principal): ReadonlySet<string> {
  const { scope, scp } = claims;
  const given = [scope, scp].flatMap((value) =>
    typeof value === 'string'
      ? value.split(' ')
      : Array.isArray(value)
        ? value.filter((one) => typeof one === 'string')
        : [],
  );
  return new Set(given as string[]);
}
