/** The executor with no guard before it: a model’s text straight into the engine. */
import { randomUUID } from 'node:crypto';
import type { AgentSqlError, DescribeOutcome, ExecuteOutcome } from '../../../../src/database/agent-sql.js';
import { describeAgentSql } from '../../../../src/database/describe-agent-sql.js';
import { executeAgentSql } from '../../../../src/database/execute-agent-sql.js';
import type { Answer } from './attack.js';
import type { GovernedWorld } from './governed-world.js';

/** Little, since attacks are meant to run into it. */
const BYTE_LIMIT = 50_000;
const ROW_LIMIT = 50;

export interface ContainedOutcome extends Answer {
  readonly described: DescribeOutcome;
  readonly executed: ExecuteOutcome;
  /** Events that the engine must have written: none where it says that the call itself failed. */
  readonly events: number;
}

export async function runContained(
  world: GovernedWorld,
  text: string,
  timeoutMs: number,
): Promise<ContainedOutcome> {
  const call = { boundary: world.boundary, role: world.role, timeoutMs };
  const described = await describeAgentSql(world.pool, world.claims, {
    ...call,
    opaque: text,
  });
  const executed = await executeAgentSql(world.pool, world.claims, {
    ...call,
    text,
    columns: described.kind === 'described' ? described.fields.length : 1,
    rowLimit: ROW_LIMIT,
    byteLimit: BYTE_LIMIT,
    event: {
      id: randomUUID(),
      allowed: '{"action":"sql","decision":{"effect":"allowed"}}',
      failed: '{"action":"sql","decision":{"effect":"failed","sqlstate":"00000"}}',
    },
  });
  return {
    described,
    executed,
    said: `${told(described)}\n${told(executed)}`,
    state: stateOf(executed),
    events: executed.kind === 'verdict' ? 0 : 1,
  };
}

/** The rows as the data of an attack writes them, or what went wrong. */
export function told(outcome: DescribeOutcome | ExecuteOutcome): string {
  switch (outcome.kind) {
    case 'rows':
      return JSON.stringify(outcome.rows);
    case 'described':
      return outcome.fields.map(({ name }) => name).join(', ');
    case 'error':
      return errorText(outcome.error);
    case 'verdict':
      return `${outcome.verdict.code} ${outcome.cause.message}`;
  }
}

function errorText({ sqlstate, message }: AgentSqlError): string {
  return `${sqlstate} ${message}`;
}

function stateOf(outcome: ExecuteOutcome): string {
  if (outcome.kind === 'rows') return 'ok';
  return outcome.kind === 'error' ? outcome.error.sqlstate : outcome.verdict.code;
}
