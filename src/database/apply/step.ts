/**
 * One step of a plan, carried out.
 */
import type { PlanStep } from '../../compile/plan.js';
import { RingfenceError } from '../../errors.js';
import type { Queryable } from '../migrate.js';
import type { BorrowedRoles } from './borrowed-roles.js';
import { failure } from './transaction.js';

/**
 * Runs a step's statements inside the caller's transaction.
 *
 * @param run what to do instead of running the statements as they are
 * @throws RingfenceError `apply_failed` or `database_busy`, naming the step; the cause is kept.
 */
export async function runStep(
  client: Queryable,
  roles: BorrowedRoles,
  step: PlanStep,
  run?: () => Promise<void>,
): Promise<void> {
  try {
    // Dropping what a role owns takes its rights.
    if (step.kind === 'role' && step.sign === '-' && step.sql.length > 0) await roles.borrow(step.identity);
    if (run !== undefined) await run();
    else if (step.sql.length > 0) await client.query(step.sql.join(';\n'));
    if (step.kind !== 'role') return;
    if (step.sign === '-') roles.dropped(step.identity);
    else await roles.borrow(step.identity);
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    throw failure(
      error,
      `Stopped at "${step.sign} ${step.kind.replace('_', ' ')} ${step.identity}" (${step.words}).`,
    );
  }
}
