import { quoteIdent } from '../../../compile/quote.js';
import type { CompiledRole, SliceTable } from '../../../policy/compiled.js';
import { type Attempt, codeOf, type Made, rowsOf } from '../attempt.js';
import type { Probe } from '../contract.js';
import type { Ground } from '../ground.js';

/** Questions without bounds: answered within the role's limits, or refused in words that an agent can act on. */
export const budget: Probe = {
  id: 'budget',
  title: 'questions without bounds: everything of the largest table, products of tables, endless relations',
  advice:
    'Look at the limits of the role in the policy, and at statement_timeout of the login ringfence_gateway.',
  none: 'no role reads',
  cases: (ground) =>
    [...ground.policy.roles.values()].flatMap((role) => {
      const table = largest(ground, role);
      return table === null
        ? []
        : ['query', 'aggregate', 'sql']
            .filter((tool) => role.tools.has(tool))
            .map((tool) => ({
              subject: { role: role.name, tool, table: table.name },
              run: (attempt: Attempt) => ask(attempt, role, table, tool),
            }));
    }),
};

function largest({ catalog }: Ground, role: CompiledRole): SliceTable | null {
  const rows = ({ schema, table }: SliceTable): number =>
    catalog.tables.find((one) => one.schema === schema && one.name === table)?.estimatedRows ?? -1;
  return [...role.tables.values()].sort((a, b) => rows(b) - rows(a))[0] ?? null;
}

/** Beyond a call's own time: for a connection, the event, and a busy machine. */
const GRACE_MS = 10_000;
const REFUSALS = new Set([
  'too_broad',
  'limit_exceeded',
  'join_too_deep',
  'sql_refused',
  'timeout',
  'too_large',
  'too_complex',
  'busy',
  'input_invalid',
]);

async function ask(attempt: Attempt, role: CompiledRole, table: SliceTable, tool: string): Promise<void> {
  const { limits } = role;
  const hold = (made: Made): void => {
    const { decision } = made;
    if (decision === null) return;
    if (decision.decision !== 'allowed' && !REFUSALS.has(decision.code))
      attempt.fault(
        `A question without bounds came to ${codeOf(made)}, which tells nobody to ask for less.`,
        made,
      );
    if (rowsOf(made).length > limits.rows)
      attempt.fault(`An answer had ${rowsOf(made).length} rows, and the role may have ${limits.rows}.`, made);
    if (decision.ms > limits.timeoutMs + GRACE_MS)
      attempt.fault(
        `A call took ${Math.round(decision.ms)} ms, and the role has ${limits.timeoutMs} ms.`,
        made,
      );
  };
  const call = async (input: unknown): Promise<Made> => {
    const made = await attempt.call({ role: role.name, tool, input });
    hold(made);
    return made;
  };
  const name = quoteIdent(table.name);
  switch (tool) {
    case 'query': {
      const count = await attempt.ground.knowledge.count(role.name, table).catch(() => null);
      for (const input of [{ table: table.name }, { table: table.name, limit: 999_999_999 }]) {
        const { decision } = await call(input);
        if (decision?.decision === 'allowed' && count !== null && count > limits.rows && !decision.truncated)
          attempt.fault('More rows matched than were given, and the answer does not say so.', {
            role: role.name,
            tool,
            input,
            inside: 'ours',
            decision,
            thrown: null,
          });
      }
      const include = deeper(role, table, limits.joinDepth + 1);
      if (include !== null) {
        const made = await call({ table: table.name, include, limit: 1 });
        if (codeOf(made) !== 'join_too_deep')
          attempt.fault(
            `Relations were followed deeper than the ${limits.joinDepth} levels that the role may.`,
            made,
          );
      }
      return;
    }
    case 'aggregate':
      await call({
        table: table.name,
        metrics: [{ fn: 'count' }],
        ...(table.primaryKey.length > 0 ? { group_by: [...table.primaryKey] } : {}),
        limit: 999_999_999,
      });
      return;
    default:
      await call({ statement: `select * from ${name}` });
      await call({ statement: `select a.* from ${name} a, ${name} b` });
      await call({ statement: `select count(*) from ${name} a, ${name} b, ${name} c, ${name} d` });
  }
}

/** Relations inside relations, so many levels deep; null where none leads so far. */
function deeper(
  role: CompiledRole,
  table: SliceTable,
  levels: number,
): Readonly<Record<string, unknown>> | null {
  const steps = (at: SliceTable, left: number): Readonly<Record<string, unknown>> | null => {
    for (const relation of at.relations) {
      const other = role.tables.get(relation.table);
      if (other === undefined) continue;
      if (left === 1) return { [relation.name]: true };
      const below = steps(other, left - 1);
      if (below !== null) return { [relation.name]: { limit: 1, include: below } };
    }
    return null;
  };
  return steps(table, levels);
}
