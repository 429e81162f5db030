import { z } from 'zod';
import { type Denial, RingfenceError } from '../errors.js';
import { guardSlice } from './guard-slice.js';
import { scopeProblem } from './scope.js';
import { sliceIndex } from './slice-index.js';
import { explainFailure, explainRefusal } from './sql-hints.js';
import { sqlAnswer } from './sql-rows.js';
import type { AgentStatement, Tool, ToolContext } from './tool.js';

const inputSchema = z.strictObject({ statement: z.string() });

type SqlInput = z.infer<typeof inputSchema>;

/** `sql`: one SELECT that the agent wrote. The guard judges it, the executor contains it. */
export const sql: Tool<SqlInput> = {
  name: 'sql',
  effect: 'read',
  description:
    'Runs one SELECT in PostgreSQL syntax over the tables of describe_schema: joins, CTEs, window functions, set operations. Only your own rows are there, no filter by tenant is needed; a row limit is added.',
  inputSchema,
  prepare: prepareSql,
};

function prepareSql({ statement }: SqlInput, context: ToolContext): AgentStatement | Denial {
  const { agentSql, boundary, tables, limits } = context;
  if (agentSql === null)
    throw new RingfenceError(
      'config_invalid',
      'No role of this policy has the tool sql, so there is no guard.',
    );
  const slice = guardSlice(context, agentSql.serverMajor);
  const guarded = agentSql.guard.judge(statement, slice);
  if ('rule' in guarded) return guarded;
  const index = sliceIndex(context);
  for (const name of guarded.tables) {
    const table = index.table(name);
    const problem = table === undefined ? undefined : scopeProblem(table.scope, boundary);
    if (problem !== undefined) return problem;
  }
  return {
    kind: 'sql',
    guarded,
    tables: guarded.tables,
    columns: guarded.columns,
    references: [],
    explain: (error) => explainRefusal(error, { slice, tables: guarded.tables, sent: guarded.opaque.text }),
    explainFailure,
    answer: (fields, result) => sqlAnswer(fields, result, tables, limits),
  };
}
