/**
 * Takes Ringfence out of a database again.
 */
import type pg from 'pg';
import { APP_ROLE, GATEWAY_ROLE, OWNER_ROLE } from '../compile/names.js';
import { diffObjects, objectKey, type PlanStep } from '../compile/plan.js';
import { quoteIdent } from '../compile/quote.js';
import { RingfenceError } from '../errors.js';
import { BorrowedRoles } from './apply/borrowed-roles.js';
import { readFingerprints } from './apply/fingerprint.js';
import { readRecorded } from './apply/recorded.js';
import { rolesUsedElsewhere } from './apply/situation.js';
import { runStep } from './apply/step.js';
import { readStrays } from './apply/strays.js';
import { inTransaction } from './apply/transaction.js';
import { introspect } from './introspect.js';
import type { Queryable } from './migrate.js';

export interface RemoveOptions {
  /** `drop` takes the ledger out as well, though it holds events. There is no way back. */
  readonly ledger?: 'drop';
  readonly lockTimeoutMs?: number;
  /** Told of each step before it runs. */
  readonly onStep?: (step: PlanStep, at: number, of: number) => void;
}

export interface Removed {
  /** What was done; empty where Ringfence was not there. */
  readonly steps: readonly PlanStep[];
  /** Roles that stay because other databases of the cluster use them. */
  readonly keptRoles: readonly string[];
}

/** The roles of the installation itself, the owner last: the others' rights are on what it owns. */
const INSTALLATION_ROLES = [GATEWAY_ROLE, APP_ROLE, 'ringfence_auditor', OWNER_ROLE];

/**
 * Takes out everything that was applied: policies, row security where Ringfence switched it on and only there, views, schemas, rights,
 * roles, and schema `ringfence` with its ledger. Tables and their rows, and everybody else's rights, are as they were before.
 *
 * @throws RingfenceError `database_refused` while the ledger holds events, unless `ledger` is `drop`, and while rows that probes planted are
 * in tables of the product: only the journal in schema `ringfence` knows which they are; `database_busy` where a lock was not
 * free; `apply_failed` naming the step that failed. Nothing is changed then.
 */
export async function remove(client: pg.ClientBase, options: RemoveOptions = {}): Promise<Removed> {
  const { lockTimeoutMs } = options;
  return inTransaction(
    client,
    { exclusive: true, ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }) },
    async () => {
      const recorded = await readRecorded(client);
      const objects = [
        ...recorded.objects,
        ...(await readStrays(client, new Set(recorded.objects.map(objectKey)))),
      ];
      const planted = await countRows(client, ['planted']);
      if (planted > 0) {
        throw new RingfenceError(
          'database_refused',
          `Your tables hold ${planted} ${planted === 1 ? 'row' : 'rows'} that probes or tests planted, and only the journal that would go knows which. Nothing was changed.`,
          {
            suggestion:
              'Wait for probes and tests that still run, or run "ringfence probe --seconds 0", which takes them away. Then remove again.',
          },
        );
      }
      const events = options.ledger === 'drop' ? 0 : await countRows(client, ['leaf', 'event_pending']);
      if (events > 0) {
        throw new RingfenceError(
          'database_refused',
          `The ledger holds ${events} events, which would be lost. Nothing was changed.`,
          { suggestion: 'Export what you must keep, then run "ringfence remove --drop-ledger".' },
        );
      }
      const catalog = await introspect(client);
      const used = await rolesUsedElsewhere(client);
      const present = await readFingerprints(
        client,
        objects.map(({ address }) => address),
      );
      const steps = [...diffObjects([], objects, present, used), ...(await installationSteps(client, used))];
      const roles = new BorrowedRoles(client, catalog);
      for (const { address } of objects) {
        if (address.kind === 'role' && present(address) !== null) await roles.borrow(address.role);
      }
      for (const [at, step] of steps.entries()) {
        options.onStep?.(step, at + 1, steps.length);
        await runStep(client, roles, step);
      }
      await roles.giveBack();
      const keptRoles = steps.flatMap((step) =>
        step.kind === 'role' && used.has(step.identity) ? [step.identity] : [],
      );
      return { commit: steps.length > 0, value: { steps, keptRoles } };
    },
  );
}

/** Rows in tables of schema `ringfence`, as far as those are there. */
async function countRows(client: Queryable, names: readonly string[]): Promise<number> {
  const tables = await client.query(
    `select c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'ringfence' and c.relname = any ($1)`,
    [names],
  );
  let count = 0;
  for (const { name } of tables.rows as readonly { readonly name: string }[]) {
    const { rows } = await client.query(
      `select pg_catalog.count(*)::int as count from ringfence.${quoteIdent(name)}`,
    );
    count += (rows[0] as { readonly count: number } | undefined)?.count ?? 0;
  }
  return count;
}

/** Schema `ringfence` and the installation's roles. */
async function installationSteps(
  client: Queryable,
  used: ReadonlyMap<string, readonly string[]>,
): Promise<readonly PlanStep[]> {
  const { rows } = await client.query(
    'select rolname::text as name from pg_catalog.pg_roles where rolname = any ($1)',
    [INSTALLATION_ROLES],
  );
  const existing = new Set((rows as readonly { readonly name: string }[]).map(({ name }) => name));
  return INSTALLATION_ROLES.filter((role) => existing.has(role)).map((role) => {
    const others = used.get(role);
    const owned = role === OWNER_ROLE ? 'schema ringfence, its keys and its ledger go' : 'its rights go';
    return {
      sign: '-',
      kind: 'role',
      identity: role,
      words:
        others === undefined
          ? `${owned}, and the role`
          : `${owned}; the role stays: ${others.join(', ')} of the same cluster use it`,
      // Refused if anything that Ringfence did not make depends on it.
      sql: [
        `drop owned by ${quoteIdent(role)}`,
        ...(others === undefined ? [`drop role ${quoteIdent(role)}`] : []),
      ],
      affects: [role],
    };
  });
}
