import { z } from 'zod';
import { orDenial } from '../refusal.js';
import { assignments, requireWritable } from './assignments.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { referenceConditions } from './references.js';
import { keyConditions } from './row-key.js';
import type { PreparedCall, Tool, ToolContext } from './tool.js';
import { allColumns, writtenRow } from './written-row.js';

const inputSchema = z.strictObject({
  table: inputs.table,
  id: inputs.id,
  values: inputs.values,
  reason: inputs.reason,
});

type UpdateInput = z.infer<typeof inputSchema>;

/** `update`: some columns of one row. A row never leaves its boundary. */
export const update: Tool<UpdateInput> = {
  name: 'update',
  effect: 'write',
  description: 'Changes the given columns of one row and returns it.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareUpdate(input, context)),
};

function prepareUpdate(input: UpdateInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  requireWritable(draft, table, 'update', input.reason);
  const alias = draft.alias();
  const assigned = assignments(draft, table, 'update', input.values);
  const conditions = [
    ...draft.scope(table, alias),
    ...keyConditions(draft, table, alias, input.id),
    ...referenceConditions(draft, table, assigned, alias),
  ];
  const set = [...assigned.values()].map(({ ident, sql }) => `${ident} = ${sql}`).join(', ');
  const returned = allColumns(draft, table);
  return writtenRow(draft, returned, {
    text: `update ${table.view} as ${alias} set ${set} where ${conditions.join(' and ')} returning ${returned.list(alias)}`,
    written: { table: table.slice.name, columns: Object.keys(input.values) },
    absent: `Nothing was changed: there is no such ${table.slice.name}, or no such row that it refers to, among those you can see.`,
  });
}
