/**
 * What `ringfence apply` would change in a database, without changing it.
 */
import type pg from 'pg';
import type { DesiredObject } from '../compile/desired-object.js';
import { planNotes } from '../compile/notes.js';
import { compileObjects } from '../compile/objects.js';
import { diffObjects, objectKey, type Plan, type PlanStep, planDigest } from '../compile/plan.js';
import { reachNotes } from '../compile/reach/notes.js';
import { exposureWith, reachOf } from '../compile/reach.js';
import type { Catalog } from '../policy/catalog.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { readFingerprints } from './apply/fingerprint.js';
import { readRecorded } from './apply/recorded.js';
import { readSituation, rolesUsedElsewhere } from './apply/situation.js';
import { readStrays } from './apply/strays.js';
import { inTransaction } from './apply/transaction.js';
import { type Migration, pendingMigrations } from './migrate.js';

/**
 * The steps from what a database holds to what a policy wants; none when it holds just that.
 * Reads only. The client must not be in a transaction.
 *
 * @param catalog of the same database, just introspected
 * @throws RingfenceError `policy_invalid` where the policy asks for what this database does not have or cannot fence.
 *
 * @example
 * ```ts
 * const catalog = await introspect(client);
 * const todo = await plan(client, compilePolicy(file, catalog), catalog);
 * console.log(renderPlan(todo, { color: false }));
 * ```
 */
export async function plan(client: pg.ClientBase, policy: CompiledPolicy, catalog: Catalog): Promise<Plan> {
  return inTransaction(client, { exclusive: false }, async () => {
    const { plan } = await planWithin(client, policy, catalog);
    return { commit: false, value: plan };
  });
}

/** A plan, and what carrying it out takes. */
export interface PlannedChange {
  readonly plan: Plan;
  readonly desired: readonly DesiredObject[];
  readonly migrations: readonly Migration[];
}

/** Plans inside the caller's transaction. */
export async function planWithin(
  client: pg.ClientBase,
  policy: CompiledPolicy,
  catalog: Catalog,
): Promise<PlannedChange> {
  const migrations = await pendingMigrations(client);
  const recorded = await readRecorded(client);
  const situation = await readSituation(client, recorded.objects);
  const desired = compileObjects(policy, catalog, situation);
  const strays = await readStrays(client, new Set([...desired, ...recorded.objects].map(objectKey)));
  const before = [...recorded.objects, ...strays];
  const present = await readFingerprints(
    client,
    [...desired, ...before].map(({ address }) => address),
  );
  const steps: PlanStep[] = [
    ...migrations.map(migrationStep),
    ...diffObjects(desired, before, present, await rolesUsedElsewhere(client)),
  ];
  if (recorded.policyHash !== policy.hash || steps.length > 0)
    steps.push(recordStep(policy, recorded.policyHash));
  const reach = reachOf(policy, exposureWith(catalog.exposure, desired));
  return {
    plan: {
      policyHash: policy.hash,
      digest: planDigest(policy.hash, steps),
      steps,
      notes: [...planNotes(policy, catalog, situation), ...reachNotes(policy, reach)],
      reach,
    },
    desired,
    migrations,
  };
}

function migrationStep(migration: Migration): PlanStep {
  return {
    sign: '+',
    kind: 'migration',
    identity: migration.name,
    words: migration.title,
    sql: [migration.sql],
    affects: [],
  };
}

function recordStep(policy: CompiledPolicy, before: string | null): PlanStep {
  return {
    sign: before === null ? '+' : '~',
    kind: 'policy_record',
    identity: 'policy in force',
    words:
      before === policy.hash
        ? `policy ${policy.hash}, applied again`
        : `policy ${policy.hash}${before === null ? '' : ` in place of ${before}`}`,
    sql: [],
    affects: [],
  };
}
