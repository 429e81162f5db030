import { z } from 'zod';
import type { ResultRows } from '../database/statement.js';
import { orDenial } from '../refusal.js';
import { Draft } from './draft.js';
import { parseProjection } from './include.js';
import { inputs } from './inputs.js';
import { readRows, selectList } from './projection.js';
import { keyConditions } from './row-key.js';
import type { PreparedCall, Tool, ToolAnswer, ToolContext } from './tool.js';

const inputSchema = z.strictObject({
  table: inputs.table,
  id: inputs.id,
  columns: inputs.columns,
  include: inputs.include,
});

type GetInput = z.infer<typeof inputSchema>;

/** `get`: one row by its primary key. A row outside the boundary and one that is not there are the same answer. */
export const get: Tool<GetInput> = {
  name: 'get',
  effect: 'read',
  description: 'One row by its primary key, with related rows included.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareGet(input, context)),
};

function prepareGet(input: GetInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  const alias = draft.alias();
  const projection = parseProjection(draft, table, alias, input, { level: 0, parents: 1 });
  const conditions = [...draft.scope(table, alias), ...keyConditions(draft, table, alias, input.id)];
  const select = selectList(projection, alias).join(', ');
  return {
    kind: 'read',
    statement: {
      text: `select ${select} from ${table.view} ${alias} where ${conditions.join(' and ')} limit 1`,
      values: draft.parameters.values,
    },
    ...draft.touched,
    rowLimit: 1,
    estimate: projection.includes.length > 0,
    answer(result: ResultRows): ToolAnswer {
      const rows = readRows(projection, result, 1);
      if (rows.length > 0) return { rows, truncated: false };
      return {
        rows,
        truncated: false,
        code: 'not_found',
        suggestion: `There is no such ${table.slice.name} among the rows you can see: find it with "query".`,
      };
    },
  };
}
