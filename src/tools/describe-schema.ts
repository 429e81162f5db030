import { z } from 'zod';
import type { Relation, SliceColumn, SliceTable, WriteRules } from '../policy/compiled.js';
import { orDenial } from '../refusal.js';
import { prepareWords } from './describe-in-words.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { namedPairs } from './schema-wording.js';
import type { IndexedTable } from './slice-index.js';
import type { PreparedCall, Tool, ToolContext } from './tool.js';

const inputSchema = z.strictObject({
  tables: inputs.names.optional(),
  question: z.string().max(10_000).optional(),
  tokens: inputs.count.optional(),
});

type DescribeInput = z.infer<typeof inputSchema>;
type Row = Readonly<Record<string, unknown>>;

/** `describe_schema`: what there is to see and do, from the slice alone: nothing outside it, nothing of the boundary. */
export const describeSchema: Tool<DescribeInput> = {
  name: 'describe_schema',
  effect: 'read',
  description:
    'Tables with their columns, relations and what may be written. Call it first. Give the user’s question for compact text of what it needs, within so many tokens; or name tables for types, enum values, masks and defaults in full.',
  inputSchema,
  prepare: (input, context) => orDenial(() => prepareDescribe(input, context)),
};

function prepareDescribe(input: DescribeInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  if (input.question !== undefined || input.tokens !== undefined) return prepareWords(draft, input);
  const describe = input.tables === undefined ? inBrief : inFull;
  const rows = [...new Set(input.tables ?? context.tables.keys())].map((name) =>
    describe(draft.table(name), draft),
  );
  return {
    kind: 'local',
    statement: null,
    ...draft.touched,
    references: [],
    rowLimit: Number.MAX_SAFE_INTEGER,
    estimate: false,
    answer: () => ({ rows, truncated: false }),
  };
}

function inBrief({ slice, columns, relations, key }: IndexedTable, { context }: Draft): Row {
  return {
    table: slice.name,
    ...about(slice, context),
    columns: [...columns.values()].map(({ column }) => columnInBrief(column)).join(', '),
    ...(key.length === 0 ? {} : { key: key.map(({ name }) => name).join(', ') }),
    ...(relations.size === 0 ? {} : { relations: [...relations.values()].map(relationInBrief).join(', ') }),
    write: writeInBrief(slice.write),
  };
}

/** Labels of an enum that a brief description still lists. */
const BRIEF_LABELS = 8;

function columnInBrief({ name, type, notNull, mask, enumLabels }: SliceColumn): string {
  const labels = enumLabels !== null && enumLabels.length <= BRIEF_LABELS ? ` ${enumLabels.join('|')}` : '';
  return `${name} ${type}${labels}${notNull ? '' : '?'}${mask === null ? '' : ' (masked)'}`;
}

function relationInBrief({ name, kind, table }: Relation): string {
  return `${name} (${kind}${name === table ? '' : ` ${table}`})`;
}

function writeInBrief({ create, update, delete: remove }: WriteRules): string {
  const parts = [
    ...(create === null ? [] : [`create (${create.join(', ')})`]),
    ...(update === null ? [] : [`update (${update.join(', ')})`]),
    ...(remove ? ['delete'] : []),
  ];
  return parts.length === 0 ? 'no' : parts.join(', ');
}

function inFull(table: IndexedTable, draft: Draft): Row {
  const { slice, columns, relations, key, scopeColumns } = table;
  const { write } = slice;
  const isShown = (name: string) => !scopeColumns.has(name);
  const indexed = slice.indexes
    .map((columns) => columns.filter(isShown))
    .filter((columns) => columns.length > 0);
  return {
    table: slice.name,
    ...about(slice, draft.context),
    columns: [...columns.values()].map(({ column }) => columnInFull(column)),
    key: key.map(({ name }) => name),
    relations: [...relations.values()].map((relation) => ({
      name: relation.name,
      kind: relation.kind,
      table: relation.table,
      on: Object.fromEntries(namedPairs(table, relation, draft.reachable(relation.table))),
    })),
    write: {
      create: write.create ?? false,
      update: write.update ?? false,
      delete: write.delete,
      ...(write.presets.length === 0 ? {} : { set_by_session: write.presets.map(({ column }) => column) }),
      ...(write.reasonRequired ? { reason: 'required' } : {}),
    },
    indexed: [...new Set(indexed.map((names) => names.join(', ')))],
  };
}

function about({ name, comment }: SliceTable, { policy }: ToolContext): Row {
  const source = policy.tables.get(name);
  return {
    ...(comment === null ? {} : { comment }),
    ...(source?.kind === 'materialized_view' ? { refreshed: howOften(source.refreshMinutes) } : {}),
  };
}

/** A materialised view answers with rows of its last refresh. */
function howOften(minutes: number | null): string {
  if (minutes === null) return 'by the product';
  return minutes === 1 ? 'every minute' : `every ${minutes} minutes`;
}

function columnInFull({ name, type, notNull, hasDefault, mask, enumLabels, comment }: SliceColumn): Row {
  return {
    name,
    type,
    nullable: !notNull,
    ...(hasDefault ? { default: true } : {}),
    ...(enumLabels === null ? {} : { values: enumLabels }),
    ...(mask === null ? {} : { masked: mask }),
    ...(comment === null ? {} : { comment }),
  };
}
