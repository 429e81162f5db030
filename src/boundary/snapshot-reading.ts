/**
 * Reading a snapshot that came out of a queue: every field has the right shape, or it is no snapshot.
 *
 * Shape is all that is judged here. Whether it is true is for the memberships and the policy to say.
 */
import { RingfenceError } from '../errors.js';
import { type Actor, type CrossTenant, requireActor } from './boundary.js';
import type { PrincipalKind } from './principal.js';
import type { BoundarySnapshot, SnapshotPlace } from './snapshot.js';
import { requireNames, requireRole, requireText, requireTextOrNull, requireTraceId } from './values.js';

type Unread = Readonly<Record<string, unknown>>;

/** @internal The snapshot in `value`, or `boundary_invalid`. */
export function readSnapshot(value: unknown): BoundarySnapshot {
  const raw = unread('The snapshot', value);
  if (raw.version !== 1) throw noSnapshot('its version is not 1');
  const crossTenant = readCrossTenant(raw.crossTenant);
  const home = raw.home === null ? null : readPlace(raw.home);
  if ((crossTenant?.kind === 'acting_for') !== (home !== null)) {
    throw noSnapshot('home and crossTenant do not belong together');
  }
  if (crossTenant?.kind === 'acting_for' && crossTenant.homeTenant !== home?.tenant) {
    throw noSnapshot('home and crossTenant name different tenants');
  }
  return {
    version: 1,
    principal: readPrincipal(raw.principal),
    home,
    tenant: requireText('snapshot.tenant', raw.tenant),
    workspace: requireTextOrNull('snapshot.workspace', raw.workspace),
    user: requireText('snapshot.user', raw.user),
    role: requireRole('snapshot.role', raw.role),
    plan: requireTextOrNull('snapshot.plan', raw.plan),
    region: requireTextOrNull('snapshot.region', raw.region),
    actor: readActor(raw.actor),
    tools: readNames('snapshot.tools', raw.tools),
    dataSources: readNames('snapshot.dataSources', raw.dataSources),
    traceId: requireTraceId(raw.traceId),
    runId: requireText('snapshot.runId', raw.runId),
    policyHash: requireText('snapshot.policyHash', raw.policyHash),
    expiresAt: readMoment(raw.expiresAt),
    crossTenant,
  };
}

function readPrincipal(value: unknown): { kind: PrincipalKind; user: string } {
  const raw = unread('snapshot.principal', value);
  if (raw.kind !== 'user' && raw.kind !== 'service') throw noSnapshot('its principal is of no known kind');
  return { kind: raw.kind, user: requireText('snapshot.principal.user', raw.user) };
}

function readPlace(value: unknown): SnapshotPlace {
  const raw = unread('snapshot.home', value);
  return {
    tenant: requireText('snapshot.home.tenant', raw.tenant),
    workspace: requireTextOrNull('snapshot.home.workspace', raw.workspace),
    region: requireTextOrNull('snapshot.home.region', raw.region),
  };
}

function readCrossTenant(value: unknown): CrossTenant | null {
  if (value === null) return null;
  const raw = unread('snapshot.crossTenant', value);
  if (raw.kind === 'grant') {
    return { kind: 'grant', grant: requireText('snapshot.crossTenant.grant', raw.grant) };
  }
  if (raw.kind === 'acting_for') {
    return {
      kind: 'acting_for',
      homeTenant: requireText('snapshot.crossTenant.homeTenant', raw.homeTenant),
    };
  }
  throw noSnapshot('its crossTenant is of no known kind');
}

function readActor(value: unknown): Actor {
  return requireActor(unread('snapshot.actor', value));
}

/** A narrowing that got lost is not "not narrowed": the field must be there. */
function readNames(field: string, value: unknown): readonly string[] | null {
  if (value === undefined) throw noSnapshot(`${field} is not there`);
  return requireNames(field, value);
}

function readMoment(value: unknown): number {
  if (Number.isSafeInteger(value)) return Number(value);
  throw noSnapshot('expiresAt is not whole milliseconds since the epoch');
}

function unread(what: string, value: unknown): Unread {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw noSnapshot(`${what} is not an object`);
}

function noSnapshot(why: string): RingfenceError {
  return new RingfenceError('boundary_invalid', `This is not a snapshot of a boundary: ${why}.`, {
    suggestion: 'Store what snapshotOf() returned, unchanged.',
  });
}
