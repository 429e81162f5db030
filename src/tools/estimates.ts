/**
 * Whether a read would visit more rows than it may: asked of the planner, and remembered for a minute for the same shape of question in
 * the same boundary, since asking costs as much as a small read. The planner is not shown the values of the call: see `ToolContext.opaque`.
 */
import type { Gateway } from '../database/gateway.js';
import type { SealedCall } from '../database/session.js';
import type { Statement } from '../database/statement.js';

export interface Estimates {
  /**
   * True where the read may go on; also where the planner cannot say, since the time limit still holds.
   * @param opaque The same statement without the call's values in sight.
   */
  within(
    gateway: Pick<Gateway, 'estimate'>,
    call: SealedCall,
    limit: number,
    opaque: () => Statement | null,
  ): Promise<boolean>;
}

const REMEMBERED = 5_000;
const LIFE_MS = 60_000;

export function createEstimates(now: () => number = Date.now): Estimates {
  const known = new Map<string, { rows: number; until: number }>();
  return {
    async within(gateway, call, limit, opaque) {
      const { tenant, workspace, user } = call.boundary;
      const key = JSON.stringify([tenant, workspace, user, call.role.name, call.statement.text]);
      const at = known.get(key);
      if (at !== undefined && at.until > now()) return at.rows <= limit;
      known.delete(key);
      const statement = opaque();
      const rows = statement === null ? null : await gateway.estimate({ ...call, statement });
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
