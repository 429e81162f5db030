/**
 * Whether a read would visit more rows than it may: asked of the planner, and remembered for a minute for the same question of the same
 * boundary, since asking costs as much as a small read.
 */
import type { Gateway } from '../database/gateway.js';
import type { SealedCall } from '../database/session.js';

export interface Estimates {
  /** True where the read may go on; also where the planner cannot say, since the time limit still holds. */
  within(gateway: Pick<Gateway, 'estimate'>, call: SealedCall, limit: number): Promise<boolean>;
}

const REMEMBERED = 5_000;
const LIFE_MS = 60_000;

export function createEstimates(now: () => number = Date.now): Estimates {
  const known = new Map<string, { rows: number; until: number }>();
  return {
    async within(gateway, call, limit) {
      const { tenant, workspace, user } = call.boundary;
      const key = JSON.stringify([tenant, workspace, user, call.role.name, call.statement.text, call.statement.values]);
      const at = known.get(key);
      if (at !== undefined && at.until > now()) return at.rows <= limit;
      known.delete(key);
      const rows = await gateway.estimate(call);
      if (rows === null) return true;
      if (known.size >= REMEMBERED) {
        const [oldest] = known.keys();
        if (oldest !== undefined) known.delete(oldest);
      }
      known.set(key, { rows, until: now() + LIFE_MS });
      return rows <= limit;
    },
  };
}
