import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { ResultRows } from '../database/statement.js';
import { orDenial, refuse } from '../refusal.js';
import { whereConditions } from './conditions.js';
import { Draft } from './draft.js';
import { parseProjection } from './include.js';
import { inputs } from './inputs.js';
import { afterCondition, type Ordering, orderClause, parseOrder } from './ordering.js';
import { readRows, selectList } from './projection.js';
import type { IndexedTable } from './slice-index.js';
import type { PreparedCall, Tool, ToolAnswer, ToolContext } from './tool.js';

const inputSchema = z.strictObject({
  table: inputs.table,
  columns: inputs.columns,
  where: inputs.where,
  include: inputs.include,
  order: inputs.order,
  limit: inputs.limit,
  cursor: z
    .string()
    .max(20_000)
    .meta({ description: 'nextCursor of the answer before, all else unchanged' })
    .optional(),
});

type QueryInput = z.infer<typeof inputSchema>;

/** `query`: rows of one table by conditions, with related rows included, page by page. */
export const query: Tool<QueryInput> = {
  name: 'query',
  effect: 'read',
  description: 'Rows of one table by conditions, in order, with related rows included, page by page.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareQuery(input, context)),
};

function prepareQuery(input: QueryInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  const alias = draft.alias();
  const limit = Math.min(input.limit ?? context.limits.rows, context.limits.rows);
  const projection = parseProjection(draft, table, alias, input, { level: 0, parents: limit });
  const ordering = parseOrder(draft, table, input.order);
  const conditions = [
    ...draft.scope(table, alias),
    ...whereConditions(draft, table, alias, input.where, 0),
    ...pageConditions(draft, ordering, alias, input),
  ];

  const shown = projection.columns.length + projection.includes.length;
  // The values that the next page starts after, where they are not shown anyway.
  const positions = ordering.keys.map(({ column }) => projection.columns.indexOf(column));
  const hidden = ordering.total ? ordering.keys.filter((_, index) => positions[index] === -1) : [];
  let next = shown;
  const cells = positions.map((position) => (position === -1 ? next++ : position));
  const select = [
    ...selectList(projection, alias),
    ...hidden.map(({ column }) => `${alias}.${column.ident}`),
  ];

  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const text = `select ${select.join(', ')} from ${table.view} ${alias}${where}${orderClause(ordering, alias)} limit ${limit + 1}`;
  return {
    kind: 'read',
    statement: { text, values: draft.parameters.values },
    ...draft.touched,
    rowLimit: limit,
    estimate: true,
    answer(result: ResultRows): ToolAnswer {
      const rows = readRows(projection, result, limit);
      if (result.rows.length <= limit) return { rows, truncated: false };
      const last = result.rows[limit - 1];
      if (!ordering.total || last === undefined)
        return { rows, truncated: true, suggestion: withoutKey(table) };
      const after = cells.map((cell) => last[cell] ?? null);
      return {
        rows,
        truncated: true,
        nextCursor: context.cursors.encode({ shape: shapeOf(input, context), after }),
      };
    },
  };
}

function pageConditions(draft: Draft, ordering: Ordering, alias: string, input: QueryInput): string[] {
  if (input.cursor === undefined) return [];
  const { cursors } = draft.context;
  const position = cursors.decode(input.cursor, { shape: shapeOf(input, draft.context) });
  if (position === 'expired') {
    return refuse(
      'cursor_expired',
      'input.cursor',
      'The cursor is too old.',
      'Start again without a cursor.',
    );
  }
  if (position === 'invalid' || !ordering.total || position.after.length !== ordering.keys.length) {
    return refuse(
      'cursor_invalid',
      'input.cursor',
      'The cursor is not one that was given out for this query in this session.',
      'Repeat the query exactly, with the nextCursor of its last answer, or start again without a cursor.',
    );
  }
  return [afterCondition(draft, ordering, alias, position.after)];
}

/** What a cursor belongs to: the boundary and everything that decides which rows come in which order. */
function shapeOf({ table, where, order }: QueryInput, { boundary }: ToolContext): string {
  const { tenant, workspace, user, role, policyHash } = boundary;
  const parts = [tenant, workspace, user, role, policyHash, table, where ?? {}, order ?? []];
  return createHash('sha256')
    .update(canonicalize(parts) ?? '')
    .digest('base64url');
}

function withoutKey(table: IndexedTable): string {
  return `${table.slice.name} has no key to page by: narrow the conditions or raise the limit.`;
}
