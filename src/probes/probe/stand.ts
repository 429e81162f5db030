/** Puts a ground together: whose side we stand on, what is known, where the ledger is read. */
import { randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import type { Administrator } from '../../database/administrator.js';
import { introspect } from '../../database/introspect.js';
import { RingfenceError } from '../../errors.js';
import type { Catalog } from '../../policy/catalog.js';
import type { OwnTool } from '../../tools/define-tool.js';
import type { Ground, Probed } from './ground.js';
import type { Sides } from './knowledge.js';
import { readLedger } from './ledger-reading.js';
import { INJECTION_LINES } from './lines.js';
import { pickSides, type SidesAsked } from './pick-sides.js';
import { beginReading, readAround } from './read-around.js';
import { readThrough } from './read-through.js';

export interface StandOptions extends SidesAsked {
  readonly tools?: readonly OwnTool[];
  readonly lines?: readonly string[];
  /** The sides of planted tenants, and what marks the rows of theirs. */
  readonly planted?: { readonly sides: Sides; readonly canaries: readonly string[] };
}

type Rest = Omit<Ground, 'knowledge'>;

function rest(
  ringfence: Probed,
  catalog: Catalog,
  sides: Sides,
  ledger: Ground['ledger'],
  options: StandOptions,
): Rest {
  return {
    ringfence,
    policy: ringfence.policy,
    catalog,
    ...sides,
    ownTools: options.tools ?? [],
    planted: options.planted !== undefined,
    canaries: options.planted?.canaries ?? [],
    lines: [...INJECTION_LINES, ...(options.lines ?? [])],
    ledger,
    runId: `probe-${uuidv7()}`,
    traceId: randomBytes(16).toString('hex'),
  };
}

/**
 * Ground whose rows an administrator knows. The connection is set to reading and is the probes' alone from then on.
 * @throws {RingfenceError} `config_invalid` where there are no two tenants; `database_unsupported`.
 */
export async function standWithAdministrator(
  ringfence: Probed,
  administrator: Pick<Administrator, 'query'>,
  options: StandOptions,
): Promise<Ground> {
  requireRoles(ringfence);
  const reader = await beginReading(administrator);
  const catalog = await introspect(reader);
  const sides = options.planted?.sides ?? (await pickSides(reader, ringfence.policy, options));
  const made = rest(ringfence, catalog, sides, readLedger(reader, new Date()), options);
  return { ...made, knowledge: readAround(reader, catalog, ringfence.policy, sides) };
}

/**
 * Ground whose rows are known only as far as the gate shows them to each side.
 * @param gateway a connection that can read the catalogs, as the gateway's login can
 * @throws {RingfenceError} `config_invalid` where two tenants are not named.
 */
export async function standWithGateway(
  ringfence: Probed,
  gateway: Pick<Administrator, 'query'>,
  options: StandOptions,
): Promise<Ground> {
  requireRoles(ringfence);
  const [ours, theirs] = options.tenants;
  if (ours === undefined || theirs === undefined || ours === theirs) {
    throw new RingfenceError(
      'config_invalid',
      'Which two tenants? Without an administrator nobody can pick them.',
      {
        suggestion: 'Pass --tenant A --tenant B, or --url with an administrator’s login.',
      },
    );
  }
  const { workspace = null, user = 'ringfence-probe' } = options;
  const sides: Sides = {
    ours: { name: 'ours', tenant: ours, workspace, user },
    theirs: { name: 'theirs', tenant: theirs, workspace, user },
  };
  const ledger = 'the ledger is read by an administrator or an auditor, and only the gateway was given';
  const made = rest(ringfence, await introspect(gateway), sides, ledger, options);
  return { ...made, knowledge: readThrough(made) };
}

function requireRoles({ policy }: Probed): void {
  if (policy.roles.size === 0)
    throw new RingfenceError('config_invalid', 'The policy has no role, so there is nothing to probe.');
}
