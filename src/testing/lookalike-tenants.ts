/** Two tenants that are easily taken for each other, planted in a database for a test, and taken away after it. */
import { readFile } from 'node:fs/promises';
import { connectAdministrator } from '../database/administrator.js';
import { introspect } from '../database/introspect.js';
import { RingfenceError } from '../errors.js';
import { compilePolicy } from '../policy/compile.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { type PolicyFile, parsePolicy } from '../policy/file.js';
import { clearAbandoned, takeAway } from '../probes/plant/journal.js';
import { whyLive } from '../probes/plant/looks-live.js';
import { marksOf } from '../probes/plant/marks.js';
import { type PlantedTenant, plant } from '../probes/plant/plant.js';
import { pickSides } from '../probes/probe/pick-sides.js';
import type { Ringfence } from '../ringfence.js';

export interface LookalikeOptions {
  /** An administrator's: planting writes past the gate. Default: RINGFENCE_ADMIN_URL, else DATABASE_URL, of the environment. */
  readonly url?: string;
  /** Where no Ringfence is given: the policy file's path, or the file as `parsePolicy` read it. Default `ringfence.policy.yaml`. */
  readonly policy?: string | PolicyFile;
  /** Plants in a database that looks live. */
  readonly evenIfLive?: boolean;
}

export interface LookalikeTenant {
  readonly tenant: string;
  /** The workspace that its rows belong to, where rows belong to one. */
  readonly workspace: string | null;
  /** The user that its rows belong to, where rows belong to one. */
  readonly user: string;
  /** Stands in every text of its rows that takes one, in full or, where there is little room, its first eight characters. */
  readonly canary: string;
  /** Its rows by table, as the policy names it: columns by name, each value as PostgreSQL prints it. */
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, string | null>>[]>>;
}

/** The pair. `a` has two rows in most tables and `b` has three, so that a count tells whose it is. */
export interface Lookalikes extends AsyncDisposable {
  readonly a: LookalikeTenant;
  readonly b: LookalikeTenant;
  /** Tables that took no row, and why. */
  readonly unplanted: readonly { readonly table: string; readonly why: string }[];
  /** One more row of b's wherever there is room: what a is told must not change. */
  grow(): Promise<number>;
  /** Takes every planted row away again. Safe to call twice. */
  remove(): Promise<void>;
}

/**
 * Plants two lookalike tenants: rows that satisfy the schema's constraints, the same on both sides but for one letter, with a canary in
 * every text. They are journalled in the database: what a crash leaves there, the next call takes away.
 *
 * @param where the Ringfence that is tested, or the URL of an administrator
 * @throws {RingfenceError} `config_invalid` where there is no administrator's URL, the database looks live, or no tenant can be planted;
 * `policy_unapplied` where the policy has not been applied.
 * @example
 * ```ts
 * const tenants = await lookalikeTenants(ringfence);
 * try {
 *   await expectIsolated(ringfence, 'query', { table: 'invoice' }, { tenants, role: 'support' });
 * } finally {
 *   await tenants.remove();
 * }
 * ```
 */
export async function lookalikeTenants(
  where: Pick<Ringfence, 'policy'> | string,
  options: LookalikeOptions = {},
): Promise<Lookalikes> {
  const url = typeof where === 'string' ? where : administratorUrl(options.url);
  const live = options.evenIfLive === true ? null : whyLive(url, process.env);
  if (live !== null) {
    throw new RingfenceError(
      'config_invalid',
      `Rows are not planted where customers are, and this database looks live: ${live}.`,
      { suggestion: 'Test on another database, or pass evenIfLive.' },
    );
  }
  const administrator = await connectAdministrator(url);
  try {
    const catalog = await introspect(administrator.client);
    const policy = typeof where === 'string' ? await policyOf(options.policy, catalog) : where.policy;
    await clearAbandoned(administrator);
    const planting = await plant(administrator, policy, catalog);
    const { ours, theirs } = await pickSides(administrator, policy, {
      tenants: [planting.ours.tenant, planting.theirs.tenant],
    });
    let removed: Promise<void> | null = null;
    const remove = (): Promise<void> => {
      removed ??= takeAllAway(administrator, planting.batch);
      return removed;
    };
    return {
      a: tenantOf(planting.ours, ours),
      b: tenantOf(planting.theirs, theirs),
      unplanted: planting.unplanted,
      grow: () => planting.grow(),
      remove,
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    // Asked before it is closed, which would look like a connection that was lost.
    const told = administrator.explain(error);
    await administrator.close();
    throw told;
  }
}

/** @internal What of a tenant must not be seen by another. */
export function marksOfTenant({ canary }: Pick<LookalikeTenant, 'canary'>): readonly string[] {
  return marksOf(canary);
}

function tenantOf(
  { tenant, canary, rows }: PlantedTenant,
  { workspace, user }: { readonly workspace: string | null; readonly user: string },
): LookalikeTenant {
  const told = [...rows].map(
    ([table, stored]) => [table, stored.map((row) => Object.fromEntries(row))] as const,
  );
  return { tenant, workspace, user, canary, rows: Object.fromEntries(told) };
}

async function takeAllAway(
  administrator: Awaited<ReturnType<typeof connectAdministrator>>,
  batch: string,
): Promise<void> {
  try {
    const { kept } = await takeAway(administrator, batch);
    if (kept.length > 0) {
      const said = kept.map(({ table, why }) => `${table}: ${why}`).join('; ');
      throw new RingfenceError('database_refused', `Planted rows could not be taken away: ${said}.`, {
        suggestion:
          'Delete what the test made in these tables, then remove again: the rows stand in ringfence.planted.',
      });
    }
  } finally {
    await administrator.close();
  }
}

function administratorUrl(given: string | undefined): string {
  const url = given ?? process.env.RINGFENCE_ADMIN_URL ?? process.env.DATABASE_URL ?? '';
  if (url !== '') return url;
  throw new RingfenceError('config_invalid', 'Planting takes an administrator, and no URL was given.', {
    suggestion: 'Pass { url: postgres://admin:…@host/database }, or set RINGFENCE_ADMIN_URL.',
  });
}

async function policyOf(
  given: string | PolicyFile | undefined,
  catalog: Awaited<ReturnType<typeof introspect>>,
): Promise<CompiledPolicy> {
  if (typeof given === 'object') return compilePolicy(given, catalog);
  const path = given ?? 'ringfence.policy.yaml';
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RingfenceError('config_invalid', `Cannot read the policy file ${path}.`, { cause });
  });
  return compilePolicy(parsePolicy(text, { filename: path }), catalog);
}
