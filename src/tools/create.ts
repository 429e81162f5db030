import { z } from 'zod';
import { orDenial } from '../refusal.js';
import { assignments, requireWritable } from './assignments.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { referenceConditions } from './references.js';
import type { PreparedCall, Tool, ToolContext } from './tool.js';
import { allColumns, writtenRow } from './written-row.js';

const inputSchema = z.strictObject({ table: inputs.table, values: inputs.values, reason: inputs.reason });

type CreateInput = z.infer<typeof inputSchema>;

/** `create`: one new row. The boundary's own columns are set by the boundary. */
export const create: Tool<CreateInput> = {
  name: 'create',
  effect: 'write',
  description: 'Creates one row and returns it. What the session sets (see describe_schema) cannot be given.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareCreate(input, context)),
};

function prepareCreate(input: CreateInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  requireWritable(draft, table, 'create', input.reason);
  const assigned = assignments(draft, table, 'create', input.values);
  const conditions = referenceConditions(draft, table, assigned, null);
  const alias = draft.alias();
  const columns = [...assigned.values()].map(({ ident }) => ident).join(', ');
  const values = [...assigned.values()].map(({ sql }) => sql).join(', ');
  const source =
    conditions.length === 0 ? `values (${values})` : `select ${values} where ${conditions.join(' and ')}`;
  const returned = allColumns(draft, table);
  return writtenRow(draft, returned, {
    text: `insert into ${table.view} as ${alias} (${columns}) ${source} returning ${returned.list(alias)}`,
    written: { table: table.slice.name, columns: Object.keys(input.values) },
    absent: `Nothing was created: a row that ${table.slice.name} refers to is not among those you can see.`,
  });
}
