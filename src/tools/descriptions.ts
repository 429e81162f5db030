/**
 * What PostgreSQL makes of statements that agents wrote: the columns they give, and how many rows they would visit. Remembered for a minute
 * for statements that differ in their values alone, in the same boundary: the planner sees the boundary's values, and none of the agent's.
 */
import { createHash } from 'node:crypto';
import type { DescribeCall, DescribeOutcome } from '../database/agent-sql.js';
import type { Gateway } from '../database/gateway.js';
import { ShortMemory } from './short-memory.js';

export interface Descriptions {
  /** An error is not remembered: the tables may change, and whoever wrote the statement as well. */
  of(gateway: Pick<Gateway, 'describe'>, call: DescribeCall): Promise<DescribeOutcome>;
}

type Description = Extract<DescribeOutcome, { kind: 'described' }>;

export function createDescriptions(now?: () => number): Descriptions {
  const known = new ShortMemory<Description>(now);
  return {
    async of(gateway, call) {
      const { tenant, workspace, user } = call.boundary;
      const text = createHash('sha256').update(call.opaque).digest('base64');
      const key = JSON.stringify([tenant, workspace, user, call.role.name, text]);
      const before = known.get(key);
      if (before !== undefined) return before;
      const outcome = await gateway.describe(call);
      if (outcome.kind === 'described') known.set(key, outcome);
      return outcome;
    },
  };
}
