import { z } from 'zod';
import type { ResultRows } from '../database/statement.js';
import { orDenial, quoted, refuse } from '../refusal.js';
import { whereConditions } from './conditions.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { compileGroup, compileMetric, type OutputColumn } from './metrics.js';
import { orderClause, parseOrder } from './ordering.js';
import { readRows } from './projection.js';
import type { IndexedTable } from './slice-index.js';
import type { PreparedCall, Tool, ToolAnswer, ToolContext } from './tool.js';

const inputSchema = z.strictObject({
  table: inputs.table,
  metrics: z
    .array(
      z.strictObject({
        fn: z.enum(['count', 'sum', 'avg', 'min', 'max', 'count_distinct']),
        column: inputs.name.optional(),
        as: inputs.name.optional(),
      }),
    )
    .min(1)
    .max(50),
  group_by: z
    .array(
      z.union([
        inputs.name,
        z.strictObject({ column: inputs.name, by: z.enum(['day', 'week', 'month', 'quarter', 'year']) }),
      ]),
    )
    .max(20)
    .optional(),
  where: inputs.sameWhere,
  having: inputs.having,
  order: inputs.order,
  limit: inputs.limit,
});

type AggregateInput = z.infer<typeof inputSchema>;

/** `aggregate`: counts, sums and the like over the rows of one table, by groups. */
export const aggregate: Tool<AggregateInput> = {
  name: 'aggregate',
  effect: 'read',
  description:
    'Counts, sums, averages and extremes over one table, by groups. Results are named like count, sum_total, invoice_date_month, or by "as"; having and order use these names.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareAggregate(input, context)),
};

function prepareAggregate(input: AggregateInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const table = draft.table(input.table);
  const alias = draft.alias();
  const limit = Math.min(input.limit ?? context.limits.rows, context.limits.rows);

  const groups = (input.group_by ?? []).map((asked, index) =>
    compileGroup(draft, table, alias, asked, `g${index}`),
  );
  const metrics = input.metrics.map((asked, index) => compileMetric(draft, table, alias, asked, `m${index}`));
  const outputs = [...groups, ...metrics];
  const where = [...draft.scope(table, alias), ...whereConditions(draft, table, alias, input.where, 0)];

  const result = resultTable(table, groups, outputs);
  const having = whereConditions(draft, result, 'a', input.having, 0);
  const order = orderClause(parseOrder(draft, result, input.order), 'a');
  const text =
    `select ${outputs.map(({ indexed }) => `a.${indexed.ident}`).join(', ')} from (` +
    `select ${outputs.map(({ sql, indexed }) => `${sql} as ${indexed.ident}`).join(', ')} from ${table.view} ${alias}` +
    `${clause('where', where)}${groupClause(groups.length)}) a${clause('where', having)}${order} limit ${limit + 1}`;
  return {
    kind: 'read',
    statement: { text, values: draft.parameters.values },
    ...draft.touched,
    rowLimit: limit,
    estimate: true,
    answer(answered: ResultRows): ToolAnswer {
      const rows = readRows(
        { columns: outputs.map(({ indexed }) => indexed), includes: [] },
        answered,
        limit,
      );
      if (answered.rows.length <= limit) return { rows, truncated: false };
      return {
        rows,
        truncated: true,
        suggestion: 'Narrow the groups with "where" or "having", or order by what matters most.',
      };
    },
  };
}

/** The groups as a table of their own, so that `having` and `order` are judged and written like any condition and order. */
function resultTable(
  table: IndexedTable,
  groups: readonly OutputColumn[],
  outputs: readonly OutputColumn[],
): IndexedTable {
  const columns = new Map(outputs.map(({ indexed }) => [indexed.name, indexed]));
  if (columns.size < outputs.length) {
    const names = outputs.map(({ indexed }) => indexed.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index) ?? '';
    refuse(
      'input_invalid',
      'input.metrics',
      `Two results are called ${quoted(twice)}.`,
      'Name one of them with "as".',
    );
  }
  return {
    ...table,
    label: 'The result',
    columns,
    relations: new Map(),
    key: groups.map(({ indexed }) => indexed),
    filterScope: {
      columns: new Map([...columns].map(([name, { column }]) => [name, column])),
      relations: new Map(),
    },
  };
}

function groupClause(groups: number): string {
  if (groups === 0) return '';
  return ` group by ${Array.from({ length: groups }, (_, index) => index + 1).join(', ')}`;
}

function clause(word: 'where', conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` ${word} ${conditions.join(' and ')}`;
}
