/**
 * The boundary: who an agent acts for, frozen and made by the server.
 *
 * Nothing a model supplies takes part in making one. The constructor wants a key that never leaves this file, and
 * {@link makeBoundary} is imported by this folder alone (a test reads the imports; the package does not export it).
 * {@link assertBoundary} refuses look-alikes at run time as the type does at compile time.
 */
import { RingfenceError } from '../errors.js';
import type { Principal } from './principal.js';
import { requireNames, requireRole, requireText, requireTextOrNull, requireTraceId } from './values.js';

export type ActorKind = 'user' | 'agent' | 'service' | 'system' | 'operator';

/** Who does the work, as opposed to who it is done for. */
export interface Actor {
  readonly kind: ActorKind;
  /** Which agent, service or person: an opaque name, shown in the ledger. */
  readonly id: string;
}

/** Work for a tenant that is not the caller's own; on every event when present. */
export type CrossTenant =
  | { readonly kind: 'acting_for'; readonly homeTenant: string }
  | { readonly kind: 'grant'; readonly grant: string };

export interface BoundaryFields {
  readonly tenant: string;
  readonly workspace: string | null;
  readonly user: string;
  readonly role: string;
  readonly plan: string | null;
  readonly region: string | null;
  readonly actor: Actor;
  /** Tools this boundary is narrowed to; null leaves it to role and plan. */
  readonly tools: readonly string[] | null;
  /** Tables this boundary is narrowed to, by agent-facing name; null leaves it to the role. */
  readonly dataSources: readonly string[] | null;
  /** Where memory of this boundary is kept: one name per tenant, workspace and user, never shared by two. */
  readonly memoryNamespace: string;
  /** W3C trace id: 32 lower-case hex digits. */
  readonly traceId: string;
  readonly runId: string;
  readonly policyHash: string;
  /** Milliseconds since the epoch. A number, because a Date can be moved even when what holds it is frozen. */
  readonly expiresAt: number;
  readonly crossTenant: CrossTenant | null;
}

/** Where a boundary came from: kept beside it, never among what it says. */
interface BoundaryOrigin {
  /** Who the memberships were asked about. A resolver may map them to another `user`. */
  readonly principal: Pick<Principal, 'kind' | 'user'>;
  /** The boundary this one was narrowed from, or acts from; null where it was resolved. */
  readonly parent: Boundary | null;
}

const makerKey = Symbol('boundary');
const actorKinds: readonly ActorKind[] = ['user', 'agent', 'service', 'system', 'operator'];

let originIn: (value: object) => BoundaryOrigin | null;
let construct: (fields: Omit<BoundaryFields, 'memoryNamespace'>, origin: BoundaryOrigin) => Boundary;

/**
 * A frozen, server-made boundary: who is acted for, as what, and until when.
 * Made by {@link resolveBoundary} and its kin; never constructed, copied, parsed or unfrozen.
 *
 * @example
 * ```ts
 * const boundary = await resolveBoundary(principal, { resolver, policy, actor: { kind: 'agent', id: 'desk' } });
 * boundary.tenant; // 'northstar'
 * await within(boundary, () => answer(question));
 * ```
 */
export class Boundary implements BoundaryFields {
  readonly #origin: BoundaryOrigin;
  readonly tenant: string;
  readonly workspace: string | null;
  readonly user: string;
  readonly role: string;
  readonly plan: string | null;
  readonly region: string | null;
  readonly actor: Actor;
  readonly tools: readonly string[] | null;
  readonly dataSources: readonly string[] | null;
  readonly memoryNamespace: string;
  readonly traceId: string;
  readonly runId: string;
  readonly policyHash: string;
  readonly expiresAt: number;
  readonly crossTenant: CrossTenant | null;

  static {
    // A private field is what a look-alike cannot have: not a copy, not a proxy, not an object with this prototype.
    originIn = (value) => (#origin in value ? value.#origin : null);
    construct = (fields, origin) => new Boundary(makerKey, fields, origin);
    Object.freeze(Boundary.prototype);
  }

  private constructor(key: symbol, fields: Omit<BoundaryFields, 'memoryNamespace'>, origin: BoundaryOrigin) {
    if (key !== makerKey) {
      throw new RingfenceError(
        'boundary_invalid',
        'A boundary is made by resolveBoundary(), never constructed.',
      );
    }
    const { kind, user } = origin.principal;
    this.#origin = Object.freeze({ principal: Object.freeze({ kind, user }), parent: origin.parent });
    this.tenant = requireText('tenant', fields.tenant);
    this.workspace = requireTextOrNull('workspace', fields.workspace);
    this.user = requireText('user', fields.user);
    this.role = requireRole('role', fields.role);
    this.plan = requireTextOrNull('plan', fields.plan);
    this.region = requireTextOrNull('region', fields.region);
    this.actor = requireActor(fields.actor);
    this.tools = requireNames('tools', fields.tools);
    this.dataSources = requireNames('dataSources', fields.dataSources);
    this.memoryNamespace = namespaceOf(this.tenant, this.workspace, this.user);
    this.traceId = requireTraceId(fields.traceId);
    this.runId = requireText('runId', fields.runId);
    this.policyHash = requireText('policyHash', fields.policyHash);
    this.expiresAt = requireMoment(fields.expiresAt);
    this.crossTenant = requireCrossTenant(fields.crossTenant);
    Object.freeze(this);
  }
}
Object.freeze(Boundary);

/** @internal Makes a boundary out of fields that this folder has vouched for; every value is validated again. */
export function makeBoundary(
  fields: Omit<BoundaryFields, 'memoryNamespace'>,
  origin: BoundaryOrigin,
): Boundary {
  return construct(fields, origin);
}

/**
 * Refuses whatever is not a living boundary that Ringfence made.
 *
 * @throws {RingfenceError} `boundary_invalid` for a look-alike (a copy, a JSON round trip, an object with the right
 * prototype, a proxy); `boundary_expired` for a genuine one whose life is over.
 * @example
 * ```ts
 * function charge(boundary: unknown) {
 *   assertBoundary(boundary);
 *   return boundary.tenant; // typed from here on
 * }
 * ```
 */
export function assertBoundary(value: unknown): asserts value is Boundary {
  const boundary = genuine(value);
  if (Date.now() >= boundary.expiresAt) {
    throw new RingfenceError(
      'boundary_expired',
      'This boundary has expired. Resolve a new one for the same principal.',
      {
        suggestion: 'Call resolveBoundary() for each request, job or message rather than keeping a boundary.',
      },
    );
  }
}

/** @internal Where a genuine boundary came from. */
export function originOf(boundary: Boundary): BoundaryOrigin {
  const origin = originIn(genuine(boundary));
  if (origin === null) throw notGenuine();
  return origin;
}

/** @internal Whether `boundary` is `ancestor` itself, or was narrowed or acts from it, however many steps ago. */
export function descendsFrom(boundary: Boundary, ancestor: Boundary): boolean {
  for (let at: Boundary | null = boundary; at !== null; at = originOf(at).parent) {
    if (at === ancestor) return true;
  }
  return false;
}

function genuine(value: unknown): Boundary {
  if (typeof value === 'object' && value !== null && originIn(value) !== null) return value as Boundary;
  throw notGenuine();
}

function notGenuine(): RingfenceError {
  return new RingfenceError(
    'boundary_invalid',
    'This is not a boundary that Ringfence made. Copies, snapshots and look-alikes are refused.',
    { suggestion: 'Pass on what resolveBoundary() returned; bring a snapshot back with reloadBoundary().' },
  );
}

/** @internal An actor with a known kind and a name, frozen; or `boundary_invalid`. */
export function requireActor(value: unknown): Actor {
  const raw: { readonly kind?: unknown; readonly id?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  const kind = actorKinds.find((known) => known === raw.kind);
  if (kind === undefined) {
    throw new RingfenceError('boundary_invalid', `actor.kind must be one of ${actorKinds.join(', ')}.`);
  }
  return Object.freeze({ kind, id: requireText('actor.id', raw.id) });
}

function requireCrossTenant(value: CrossTenant | null): CrossTenant | null {
  if (value === null) return null;
  return Object.freeze(
    value.kind === 'grant'
      ? { kind: value.kind, grant: requireText('crossTenant.grant', value.grant) }
      : { kind: value.kind, homeTenant: requireText('crossTenant.homeTenant', value.homeTenant) },
  );
}

function requireMoment(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new RingfenceError('boundary_invalid', 'expiresAt must be whole milliseconds since the epoch.');
}

// Percent-encoding leaves neither `/` nor `=` inside a value, so no two triples share a namespace.
function namespaceOf(tenant: string, workspace: string | null, user: string): string {
  const inWorkspace = workspace === null ? '' : `workspace=${encodeURIComponent(workspace)}/`;
  return `tenant=${encodeURIComponent(tenant)}/${inWorkspace}user=${encodeURIComponent(user)}`;
}
