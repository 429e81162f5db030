/**
 * Whether a read would visit more rows than it may: asked of the planner, and remembered for a minute for the same shape of question in
 * the same boundary, since asking costs as much as a small read. The planner is not shown the values of the call: see `ToolContext.opaque`.
 */
import type { Gateway } from '../database/gateway.js';
import type { SealedCall } from '../database/session.js';
import type { Statement } from '../database/statement.js';
import { ShortMemory } from './short-memory.js';

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

export function createEstimates(now?: () => number): Estimates {
  const known = new ShortMemory<number>(now);
  return {
    async within(gateway, call, limit, opaque) {
      const { tenant, workspace, user } = call.boundary;
      const key = JSON.stringify([tenant, workspace, user, call.role.name, call.statement.text]);
      const before = known.get(key);
      if (before !== undefined) return before <= limit;
      const statement = opaque();
      const rows = statement === null ? null : await gateway.estimate({ ...call, statement });
      if (rows === null) return true;
      known.set(key, rows);
      return rows <= limit;
    },
  };
}
