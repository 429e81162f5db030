import { z } from 'zod';
import { orDenial } from '../refusal.js';
import { requireWritable } from './assignments.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { keyConditions } from './row-key.js';
import type { PreparedCall, Tool, ToolContext } from './tool.js';
import { keyColumns, writtenRow } from './written-row.js';

const inputSchema = z.strictObject({ table: inputs.table, id: inputs.id, reason: inputs.reason });

type DeleteInput = z.infer<typeof inputSchema>;

/** `delete`: one row by its primary key. */
export const deleteRow: Tool<DeleteInput> = {
  name: 'delete',
  effect: 'write',
  description: 'Deletes one row by its primary key and returns the key.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareDelete(input, context)),
};

function prepareDelete(input: DeleteInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  requireWritable(draft, table, 'delete', input.reason);
  const alias = draft.alias();
  const conditions = [...draft.scope(table, alias), ...keyConditions(draft, table, alias, input.id)];
  const returned = keyColumns(draft, table);
  return writtenRow(draft, returned, {
    text: `delete from ${table.view} as ${alias} where ${conditions.join(' and ')} returning ${returned.list(alias)}`,
    written: { table: table.slice.name, columns: null },
    absent: `Nothing was deleted: there is no such ${table.slice.name} among the rows you can see.`,
  });
}
