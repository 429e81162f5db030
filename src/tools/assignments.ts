/** What a write sets: the agent's values judged by the slice, and beside them the boundary's own, which the agent cannot name. */
import { quoteIdent } from '../compile/quote.js';
import type { Preset } from '../policy/compiled.js';
import { pointer, quoted, refuse } from '../refusal.js';
import type { Draft } from './draft.js';
import { boundaryValue } from './scope.js';
import type { IndexedTable } from './slice-index.js';
import { encodeStored } from './value.js';

export interface Assignment {
  readonly ident: string;
  readonly sql: string;
  /** What the call gave; missing where the session sets it. */
  readonly text?: string;
  readonly isNull: boolean;
}

/** By column name. */
export type Assignments = ReadonlyMap<string, Assignment>;

export type WriteOperation = 'create' | 'update' | 'delete';

/** Refuses a write that the slice does not allow, and one without its reason. */
export function requireWritable(
  draft: Draft,
  table: IndexedTable,
  operation: WriteOperation,
  reason: string | undefined,
): void {
  const { write } = table.slice;
  const allowed = { create: write.create !== null, update: write.update !== null, delete: write.delete };
  if (!allowed[operation]) {
    const others = (['create', 'update', 'delete'] as const).filter((other) => allowed[other]);
    refuse(
      'not_writable',
      draft.rule(table, operation),
      `${table.label} does not take ${operation} from this role.`,
      others.length === 0 ? `It can only be read.` : `It takes: ${others.join(', ')}.`,
    );
  }
  if (write.reasonRequired && (reason ?? '').trim() === '') {
    refuse(
      'reason_required',
      draft.rule(table, 'reason'),
      `${operation === 'update' ? 'An' : 'A'} ${operation} on ${table.slice.name} needs a reason.`,
      'Say in "reason", in one sentence, why this is done.',
    );
  }
}

/** The agent's values for a create or an update, in the order given, followed by what the boundary sets. */
export function assignments(
  draft: Draft,
  table: IndexedTable,
  operation: 'create' | 'update',
  values: Readonly<Record<string, unknown>>,
): Assignments {
  const assigned = new Map<string, Assignment>();
  const writable = table.slice.write[operation] ?? [];
  for (const [name, value] of Object.entries(values)) {
    assigned.set(name, agentValue(draft, table, operation, writable, name, value));
  }
  if (assigned.size === 0) {
    refuse(
      'input_invalid',
      'input.values',
      'There are no values to write.',
      pointer('', writable, 'writable columns'),
    );
  }
  if (operation === 'create') scopeValues(draft, table, assigned);
  for (const preset of table.slice.write.presets) {
    if (!isSet(preset, operation) || table.scopeColumns.has(preset.column)) continue;
    assigned.set(preset.column, {
      ident: quoteIdent(preset.column),
      sql: presetValue(draft, preset),
      isNull: false,
    });
  }
  return assigned;
}

/** A new row belongs to the boundary on every axis it has, however far the role reaches. */
function scopeValues(draft: Draft, table: IndexedTable, assigned: Map<string, Assignment>): void {
  const { scope } = table.slice;
  if (scope.kind !== 'scoped') return;
  const { boundary } = draft.context;
  for (const { axis, column, castType } of scope.columns) {
    const sql = boundaryValue(axis, boundary[axis], castType, draft.parameters);
    assigned.set(column, { ident: quoteIdent(column), sql, isNull: false });
  }
}

function agentValue(
  draft: Draft,
  table: IndexedTable,
  operation: 'create' | 'update',
  writable: readonly string[],
  name: string,
  value: unknown,
): Assignment {
  const column = draft.column(table, name);
  if (table.slice.write.presets.some((preset) => preset.column === name && isSet(preset, operation))) {
    return refuse(
      'not_writable',
      draft.rule(table, 'presets'),
      `${quoted(name)} is set by the session, and a call cannot set it.`,
      `Leave ${quoted(name)} out.`,
    );
  }
  if (!writable.includes(name) || column.column.mask !== null) {
    return refuse(
      'not_writable',
      draft.rule(table, operation),
      `Column ${quoted(name)} is not one that this role may set on ${operation}.`,
      pointer(name, writable, 'writable columns'),
    );
  }
  const { castType, type, notNull } = column.column;
  if (value === null) {
    if (notNull) return refuse('type_mismatch', 'input.values', `${name} is ${type} and cannot be null.`);
    return { ident: column.ident, sql: draft.parameters.bind(null, castType), isNull: true };
  }
  const encoded = encodeStored(column.column, value);
  if ('text' in encoded) {
    const { text } = encoded;
    return { ident: column.ident, sql: draft.parameters.bind(text, castType), text, isNull: false };
  }
  return refuse('type_mismatch', 'input.values', `${name} is ${type}: ${encoded.problem}.`);
}

function isSet(preset: Preset, operation: 'create' | 'update'): boolean {
  return operation === 'create' || preset.onUpdate;
}

function presetValue(draft: Draft, { source, castType }: Preset): string {
  const { boundary } = draft.context;
  const { parameters } = draft;
  switch (source) {
    case 'now':
      return `pg_catalog.now()::${castType}`;
    case 'run':
      return boundaryValue(source, boundary.runId, castType, parameters);
    case 'actor':
      return boundaryValue(source, boundary.actor.id, castType, parameters);
    default:
      return boundaryValue(source, boundary[source], castType, parameters);
  }
}
