/**
 * Makes a database hold what a policy says: everything or nothing.
 */
import type pg from 'pg';
import type { Plan, PlanStep } from '../compile/plan.js';
import { RingfenceError } from '../errors.js';
import type { Catalog } from '../policy/catalog.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import { BorrowedRoles } from './apply/borrowed-roles.js';
import { readFingerprints } from './apply/fingerprint.js';
import { writeRecorded } from './apply/recorded.js';
import { runStep } from './apply/step.js';
import { inTransaction } from './apply/transaction.js';
import { introspect } from './introspect.js';
import { runMigration } from './migrate.js';
import { type PlannedChange, planWithin } from './plan.js';

export interface ApplyOptions {
  /** The digest of the plan that was approved: anything else is refused. By default whatever the plan is now is applied. */
  readonly expect?: string;
  /** How long to wait for a lock that the product holds, in milliseconds. Default 5000. */
  readonly lockTimeoutMs?: number;
  /** Told of each step before it runs. */
  readonly onStep?: (step: PlanStep, at: number, of: number) => void;
  /** Work of the caller's in the same transaction, after the steps. Says whether it changed something. */
  readonly alongside?: () => Promise<boolean>;
}

export interface Applied {
  /** What was done; without steps where nothing had to be. */
  readonly plan: Plan;
  /** When, or null where nothing had to be done. */
  readonly appliedAt: Date | null;
}

/**
 * Plans and applies a policy in one transaction, from a catalog read inside it. Applying again changes nothing.
 *
 * Works as a superuser, and as a role with CREATEROLE that owns the tables and may create in the database. Each protected table is
 * locked from its first step to the end of the transaction, which is short; a lock that is not free in time stops the apply.
 *
 * @param compile makes the policy from the catalog as it is inside the transaction: `(catalog) => compilePolicy(file, catalog)`
 * @throws RingfenceError `plan_changed` where the plan is not the expected one, `database_busy` where a lock was not free,
 * `database_read_only` on a standby, `policy_invalid`, and `apply_failed` naming the step that failed. Nothing is changed then.
 */
export async function apply(
  client: pg.ClientBase,
  compile: (catalog: Catalog) => CompiledPolicy,
  options: ApplyOptions = {},
): Promise<Applied> {
  const { lockTimeoutMs } = options;
  return inTransaction<Applied>(
    client,
    { exclusive: true, ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }) },
    async () => {
      const catalog = await introspect(client);
      const policy = compile(catalog);
      const change = await planWithin(client, policy, catalog);
      const { plan } = change;
      if (options.expect !== undefined && options.expect !== plan.digest) {
        throw new RingfenceError(
          'plan_changed',
          'The database or the policy changed since the plan was made: what would be applied now is not what was planned. Nothing was changed.',
          { suggestion: 'Run "ringfence plan" again, read it, and apply that.' },
        );
      }
      const appliedAt =
        plan.steps.length === 0 ? null : await carryOut(client, policy, catalog, change, options);
      const more = (await options.alongside?.()) ?? false;
      return { commit: appliedAt !== null || more, value: { plan, appliedAt } };
    },
  );
}

async function carryOut(
  client: pg.ClientBase,
  policy: CompiledPolicy,
  catalog: Catalog,
  { plan, desired, migrations }: PlannedChange,
  options: ApplyOptions,
): Promise<Date> {
  const roles = new BorrowedRoles(client, catalog);
  const migration = new Map(migrations.map((one) => [one.name, one]));
  const existing = new Set(catalog.roles.map(({ name }) => name));
  // Both of the policy and of what it no longer has: views and executors are replaced and dropped with their owner's rights.
  const leaving = plan.steps.flatMap(({ kind, sign, identity }) =>
    kind === 'role' && sign === '-' ? [identity] : [],
  );
  const owners = [...policy.roles.values()].flatMap(({ viewRole, sliceRole }) => [viewRole, sliceRole]);
  for (const role of [...owners, ...leaving]) {
    if (existing.has(role)) await roles.borrow(role);
  }
  for (const [at, step] of plan.steps.entries()) {
    options.onStep?.(step, at + 1, plan.steps.length);
    const file = step.kind === 'migration' ? migration.get(step.identity) : undefined;
    await runStep(client, roles, step, file === undefined ? undefined : () => runMigration(client, file));
  }
  const present = await readFingerprints(
    client,
    desired.map(({ address }) => address),
  );
  const appliedAt = await writeRecorded(client, policy, plan, desired, present);
  await roles.giveBack();
  return appliedAt;
}
