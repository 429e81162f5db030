/** The whole path: a call of the tool `sql`, as a model makes it. */
import type { Decision } from '../../../../src/tools/decision.js';
import type { Answer } from './attack.js';
import type { GovernedWorld } from './governed-world.js';
import { TENANT } from './world-schema.js';

export interface WholeAnswer extends Answer {
  readonly decision: Decision;
}

export async function callSql(world: GovernedWorld, statement: string): Promise<WholeAnswer> {
  const decision = await world.governed.call(TENANT, 'sql', { statement });
  return { decision, said: sayings(decision), state: decision.decision === 'allowed' ? 'ok' : decision.code };
}

/** Everything that the agent is given, rows as the data of an attack writes them. */
function sayings({ event: _, ms: __, ...told }: Decision): string {
  const rows =
    'rows' in told && told.rows !== undefined
      ? JSON.stringify(told.rows.map((row) => Object.values(row).map(asText)))
      : '';
  return `${rows}\n${JSON.stringify(told)}`;
}

function asText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
