/** How things stand: is the database there, does it enforce the policy that is served, and does the ledger keep up? */
import type { Gateway } from './database/gateway.js';

export interface Health {
  /** `ok`: calls are served and recorded. `degraded`: they are, and somebody should look. `down`: they are not. */
  readonly status: 'ok' | 'degraded' | 'down';
  /** The hash of the policy that is served. */
  readonly policy: string;
  readonly database: {
    readonly status: 'up' | 'down';
    /** Whether the database enforces that policy. */
    readonly policyInForce: boolean;
  };
  readonly ledger: {
    readonly status: 'up' | 'behind' | 'down';
    /** Events that wait to be chained; 10 001 stands for more. */
    readonly pending: number;
    readonly oldestPendingMs: number;
  };
}

/** A ledger whose oldest event waits this long is behind: some process should have chained it by now. */
const BEHIND_MS = 60_000;

export async function healthOf(
  gateway: Pick<Gateway, 'appliedPolicy' | 'pendingEvents'>,
  policy: string,
): Promise<Health> {
  const [applied, pending] = await Promise.allSettled([gateway.appliedPolicy(), gateway.pendingEvents()]);
  const policyInForce = applied.status === 'fulfilled' && applied.value === policy;
  const database = { status: applied.status === 'fulfilled' ? 'up' : 'down', policyInForce } as const;
  const { events, waitingMs } = pending.status === 'fulfilled' ? pending.value : { events: 0, waitingMs: 0 };
  const ledger = {
    status: pending.status === 'rejected' ? 'down' : waitingMs > BEHIND_MS ? 'behind' : 'up',
    pending: events,
    oldestPendingMs: waitingMs,
  } as const;
  const status =
    database.status === 'down' || ledger.status === 'down' || !policyInForce
      ? 'down'
      : ledger.status === 'behind'
        ? 'degraded'
        : 'ok';
  return { status, policy, database, ledger };
}
