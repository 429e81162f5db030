import { z } from 'zod';
import type { Relation, SliceColumn, SliceTable, WriteRules } from '../policy/compiled.js';
import { Draft } from './draft.js';
import { inputs } from './inputs.js';
import { preparing } from './refusal.js';
import type { IndexedTable } from './slice-index.js';
import type { PreparedCall, Tool, ToolContext } from './tool.js';

const inputSchema = z.strictObject({ tables: inputs.names.optional() });

type DescribeInput = z.infer<typeof inputSchema>;
type Row = Readonly<Record<string, unknown>>;

/** `describe_schema`: what there is to see and do, from the slice alone: nothing outside it, nothing of the boundary. */
export const describeSchema: Tool<DescribeInput> = {
  name: 'describe_schema',
  effect: 'read',
  description:
    'Tables with their columns, relations and what may be written. Call it first; name tables for types, enum values, masks and defaults in full.',
  inputSchema,
  prepare: (input, context) => preparing(() => prepareDescribe(input, context)),
};

function prepareDescribe(input: DescribeInput, context: ToolContext): PreparedCall {
  const draft = new Draft(context);
  const describe = input.tables === undefined ? inBrief : inFull;
  const rows = [...new Set(input.tables ?? context.tables.keys())].map((name) => describe(draft.table(name)));
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

function inBrief({ slice, columns, relations, key }: IndexedTable): Row {
  return {
    table: slice.name,
    ...about(slice),
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

function inFull({ slice, columns, relations, key, scopeColumns }: IndexedTable): Row {
  const { write } = slice;
  const isShown = (name: string) => !scopeColumns.has(name);
  const indexed = slice.indexes
    .map((columns) => columns.filter(isShown))
    .filter((columns) => columns.length > 0);
  return {
    table: slice.name,
    ...about(slice),
    columns: [...columns.values()].map(({ column }) => columnInFull(column)),
    key: key.map(({ name }) => name),
    relations: [...relations.values()].map((relation) => relationInFull(relation, isShown)),
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

function about({ comment }: SliceTable): Row {
  return comment === null ? {} : { comment };
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

function relationInFull(
  { name, kind, table, columns, otherColumns }: Relation,
  isShown: (name: string) => boolean,
): Row {
  const on = columns.flatMap((column, index) => {
    const other = otherColumns[index];
    return other === undefined || !isShown(column) ? [] : [[column, other] as const];
  });
  return { name, kind, table, on: Object.fromEntries(on) };
}
