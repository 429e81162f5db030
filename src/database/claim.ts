/**
 * A claim: what a boundary says, signed, good for one database and for seconds. `sql/0001_boundary.sql` verifies it.
 *
 * Sixteen fields joined by U+001F, then U+001F and HMAC-SHA256 (RFC 2104) in hex. A boundary's values hold no control characters,
 * so no value can end its field. It travels as a bind parameter, never inside SQL text.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Boundary } from '../boundary/boundary.js';
import { logName, subjectName } from '../boundary/pseudonym.js';
import type { Keys } from './keys.js';

/** Seconds of life: on a direct connection the claim is bound to its backend as well, behind a pooler only to time. */
const LIFE_MS = { direct: 30_000, pooled: 5_000 } as const;

/** Claims that one boundary keeps ready: it seldom meets more backends than a pool has. */
const BACKENDS_REMEMBERED = 64;

const SEPARATOR = '\u001f';

/** A claim that enters ends with its boundary at the latest; one that records may follow a call that outlasted it. */
export type ClaimUse = 'enter' | 'record';

export interface ClaimMaker {
  /**
   * @param boundary The gate has asserted it: genuine, and not expired when the call began.
   * @param backendPid The backend's process id, or null behind a pooler.
   */
  make(boundary: Boundary, backendPid: number | null, use?: ClaimUse): string;
  /** What other sessions may read in pg_stat_activity: tells calls of one tenant apart, and not whose they are. */
  publicName(boundary: Boundary): string;
}

/** @param domain The installation's name, from `ringfence.domain()`. */
export function createClaimMaker(keys: Keys, domain: string, now: () => number = Date.now): ClaimMaker {
  const [signing] = keys.claimKeys;
  const made = new WeakMap<Boundary, Map<string, { readonly claim: string; readonly until: number }>>();
  return {
    make(boundary, backendPid, use = 'enter') {
      const known = made.get(boundary) ?? new Map<string, { claim: string; until: number }>();
      made.set(boundary, known);
      const place = `${use} ${backendPid}`;
      const before = known.get(place);
      if (before !== undefined && before.until > now()) return before.claim;
      const names = boundaryNames(keys.ledgerKey, boundary);
      const life = backendPid === null ? LIFE_MS.pooled : LIFE_MS.direct;
      const end = now() + life;
      const content = [
        'rf1',
        signing.id,
        domain,
        backendPid === null ? '' : String(backendPid),
        String(use === 'enter' ? Math.min(end, boundary.expiresAt) : end),
        randomBytes(9).toString('base64url'),
        boundary.tenant,
        boundary.workspace ?? '',
        boundary.user,
        boundary.role,
        boundary.runId,
        boundary.actor.kind,
        boundary.actor.id,
        names.crossTenant,
        names.log,
        names.subject,
      ].join(SEPARATOR);
      const claim = content + SEPARATOR + createHmac('sha256', signing.key).update(content).digest('hex');
      // Signed once for each backend, and used again for the first third of its life.
      if (known.size >= BACKENDS_REMEMBERED) known.clear();
      known.set(place, { claim, until: end - life * (2 / 3) });
      return claim;
    },
    publicName: (boundary) => `ringfence:${boundaryNames(keys.ledgerKey, boundary).log.slice(0, 18)}`,
  };
}

interface BoundaryNames {
  readonly log: string;
  readonly subject: string;
  readonly crossTenant: string;
}

const namesOf = new WeakMap<Boundary, BoundaryNames>();

/** The pseudonyms under which a boundary appears in the ledger. Work for another tenant goes to a stream of its own. */
function boundaryNames(key: Buffer, boundary: Boundary): BoundaryNames {
  const known = namesOf.get(boundary);
  if (known) return known;
  const cross = boundary.crossTenant;
  const names: BoundaryNames = {
    log: logName(key, boundary.tenant, cross !== null),
    subject: subjectName(
      key,
      cross?.kind === 'acting_for' ? cross.homeTenant : boundary.tenant,
      boundary.user,
    ),
    crossTenant:
      cross === null
        ? ''
        : cross.kind === 'grant'
          ? `grant:${cross.grant}`
          : `acting_for:${logName(key, cross.homeTenant, false)}`,
  };
  namesOf.set(boundary, names);
  return names;
}
