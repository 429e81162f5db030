/**
 * What a role may change of a table: which columns, which presets, which foreign keys must stay inside the boundary.
 */
import type { CatalogColumn, CatalogForeignKey, CatalogTable } from './catalog.js';
import type { GuardedKey, Preset, PresetSource, Scope, ScopeColumn, WriteRules } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import { qualified } from './denial.js';
import { findColumn, type ListedTable, type References } from './references.js';
import type { ReadSlice, SliceContext } from './slice.js';
import { type Acknowledged, whatKeyTells } from './telling-keys.js';
import { kindOf } from './value.js';

/** What every table's writing rules of one policy are made with. */
export interface WriteContext extends SliceContext {
  readonly references: References;
  /** Every table of the database. */
  readonly database: readonly CatalogTable[];
  readonly scopes: ReadonlyMap<ListedTable, Scope>;
  readonly acknowledged: Acknowledged;
}

/** Compiles what a role may write of a table; complains about every column that it may not. */
export function writeRules(context: WriteContext, slice: ReadSlice): WriteRules {
  const { entry, path } = slice;
  if (slice.listed.source.kind === 'materialized_view')
    return readOnlyRules(
      context,
      slice,
      'a materialised view',
      'take it away, or write to the tables beneath',
    );
  if (slice.scope.kind === 'shared')
    return readOnlyRules(context, slice, 'shared', 'take it away, or give the table a tenant');
  const presets = presetsOf(context, slice);
  const create = writable(context, slice, presets, 'create');
  const update = writable(context, slice, presets, 'update');
  const rules: WriteRules = {
    create,
    update,
    delete: entry.delete,
    presets,
    reasonRequired: entry.reasonRequired,
    guardedKeys: guardedKeys(context, slice, new Set([...(create ?? []), ...(update ?? [])])),
  };
  if (create !== null) noteUnfilled(context, slice, rules, create);
  if ((update !== null || entry.delete) && slice.primaryKey.length === 0)
    context.findings.note(
      path,
      `the role sees no primary key of ${slice.listed.name}, so it cannot say which row to change`,
    );
  if (presets.length > 0 && create === null && update === null)
    context.findings.note([...path, 'presets'], 'are never set: the role may neither create nor update');
  if (entry.delete) noteCascades(context, slice);
  return rules;
}

const READ_ONLY: WriteRules = {
  create: null,
  update: null,
  delete: false,
  presets: [],
  reasonRequired: false,
  guardedKeys: [],
};

function readOnlyRules(
  { findings }: WriteContext,
  { entry, path, listed }: ReadSlice,
  what: string,
  suggestion: string,
): WriteRules {
  for (const action of ['create', 'update', 'delete'] as const)
    if (entry[action] !== null && entry[action] !== false)
      findings.complain([...path, action], `${listed.name} is ${what}, and so read-only`, { suggestion });
  return { ...READ_ONLY, reasonRequired: entry.reasonRequired };
}

function writable(
  context: WriteContext,
  slice: ReadSlice,
  presets: readonly Preset[],
  action: 'create' | 'update',
): readonly string[] | null {
  const { entry, listed } = slice;
  const wanted = entry[action];
  if (wanted === null) return null;
  const path = [...slice.path, action];
  const judge = (column: CatalogColumn): Refusal | undefined =>
    whyNotWritable(context, slice, presets, column);
  if (wanted === 'all') {
    const meant = listed.source.columns.filter(
      (column) => !isOwnNumber(column) && !isFixedKey(slice, column, action),
    );
    for (const column of meant) {
      const refusal = judge(column);
      if (refusal?.byConstraint) context.findings.note(path, `all leaves out a column: ${refusal.message}`);
    }
    return meant.filter((column) => judge(column) === undefined).map(({ name }) => name);
  }
  const allowed = new Set<CatalogColumn>();
  for (const [index, name] of wanted.entries()) {
    const column = findColumn(listed.source, name, [...path, index], context.findings);
    if (column === undefined) continue;
    const refusal = judge(column);
    if (refusal === undefined) allowed.add(column);
    else context.findings.complain([...path, index], refusal.message, refusal);
  }
  return listed.source.columns.filter((column) => allowed.has(column)).map(({ name }) => name);
}

interface Refusal {
  readonly message: string;
  readonly suggestion?: string;
  /** Whether only a constraint that tells of hidden rows stands in the way, which nobody sees in the policy. */
  readonly byConstraint?: boolean;
}

function whyNotWritable(
  context: WriteContext,
  slice: ReadSlice,
  presets: readonly Preset[],
  column: CatalogColumn,
): Refusal | undefined {
  const { name } = column;
  const axis = slice.scopeColumns.get(name);
  const pattern = context.denials.ofColumn(slice.listed, column);
  const shown = slice.columns.find((visible) => visible.name === name);
  if (axis !== undefined)
    return { message: `${name} holds the ${axis}: the boundary sets it, never the agent` };
  if (pattern !== undefined)
    return {
      message: `${name} is denied by the pattern ${pattern}`,
      suggestion: `where the pattern is wrong about it, deny: { except: [${qualified(slice.listed, name)}] }`,
    };
  if (shown === undefined)
    return { message: `${name} is not among the columns the role reads`, suggestion: 'add it to columns' };
  if (shown.mask !== null)
    return {
      message: `${name} is masked, and what is masked cannot be written`,
      suggestion: 'take away the mask or the right',
    };
  if (column.generated) return { message: `${name} is generated: PostgreSQL computes it` };
  if (column.identity === 'always')
    return { message: `${name} is an identity column: PostgreSQL numbers it` };
  if (presets.some((preset) => preset.column === name))
    return {
      message: `${name} is a preset: the boundary sets it, never the agent`,
      suggestion: 'keep it in one of the two',
    };
  const key = whatKeyTells(context, slice, name);
  return key === undefined ? undefined : { ...key, byConstraint: true };
}

/** A column that numbers itself; writable where it is named, never meant by `all`. */
function isOwnNumber(column: CatalogColumn): boolean {
  return column.identity !== null || column.defaultSequence !== null;
}

/** A row keeps its key when everything about it may be updated. */
function isFixedKey(slice: ReadSlice, column: CatalogColumn, action: 'create' | 'update'): boolean {
  return action === 'update' && slice.listed.source.primaryKey.includes(column.name);
}

function presetsOf(context: WriteContext, slice: ReadSlice): readonly Preset[] {
  const found: Preset[] = [];
  for (const [name, { source, onUpdate }] of Object.entries(slice.entry.presets)) {
    const path = [...slice.path, 'presets', name];
    const column = findColumn(slice.listed.source, name, path, context.findings);
    if (column === undefined) continue;
    const problem = whyNotPreset(slice, column, source);
    if (problem !== undefined) context.findings.complain(path, problem.message, problem);
    else if (found.some((preset) => preset.column === column.name))
      context.findings.complain(path, `${column.name} is preset twice`);
    else found.push({ column: column.name, castType: column.castType, source, onUpdate });
  }
  return found;
}

function whyNotPreset(slice: ReadSlice, column: CatalogColumn, source: PresetSource): Refusal | undefined {
  const { name } = column;
  const axis = slice.scopeColumns.get(name);
  const shown = slice.columns.find((visible) => visible.name === name);
  if (axis !== undefined)
    return {
      message: `${name} holds the ${axis}, and the boundary sets it already`,
      suggestion: 'take the preset away',
    };
  if (column.generated || column.identity === 'always')
    return { message: `${name} is computed by PostgreSQL` };
  if (shown !== undefined && shown.mask !== null)
    return { message: `${name} is masked, and what is masked cannot be written` };
  return fits(source, column)
    ? undefined
    : { message: `$${source} does not fit ${name}, which is ${column.type}` };
}

function fits(source: PresetSource, column: CatalogColumn): boolean {
  const kind = kindOf(column);
  switch (source) {
    case 'now':
      return kind === 'date';
    case 'tenant':
    case 'workspace':
    case 'user':
      return !['opaque', 'boolean', 'date', 'time'].includes(kind);
    case 'run':
      return ['text', 'uuid', 'other'].includes(kind);
    case 'role':
    case 'actor':
      return ['text', 'enum', 'other'].includes(kind);
  }
}

function guardedKeys(
  context: WriteContext,
  slice: ReadSlice,
  settable: ReadonlySet<string>,
): readonly GuardedKey[] {
  const guarded = new Map<string, GuardedKey>();
  for (const key of slice.listed.source.foreignKeys) {
    if (!key.columns.some((name) => settable.has(name))) continue;
    const parent = context.references.listed(key.refSchema, key.refTable);
    const scope = parent === undefined ? undefined : context.scopes.get(parent);
    if (parent === undefined || scope?.kind !== 'scoped') continue;
    const guard = { columns: key.columns, parent: parent.name, parentColumns: key.refColumns };
    guarded.set(JSON.stringify(guard), guard);
  }
  return [...guarded.values()];
}

function noteUnfilled(
  context: WriteContext,
  slice: ReadSlice,
  rules: WriteRules,
  create: readonly string[],
): void {
  const filled = new Set([
    ...create,
    ...rules.presets.map(({ column }) => column),
    ...slice.scopeColumns.keys(),
  ]);
  const needed = slice.listed.source.columns.filter(
    (column) =>
      column.notNull &&
      !column.hasDefault &&
      !column.generated &&
      column.identity === null &&
      !filled.has(column.name),
  );
  const path = [...slice.path, 'create'];
  if (needed.length > 0)
    context.findings.note(
      path,
      `a new row needs ${needed.map(({ name }) => name).join(', ')}, which nothing here sets: unless a trigger does, creating fails`,
    );
  const via = slice.scope.kind === 'scoped' ? slice.scope.via : null;
  const open = (via?.columns ?? []).filter(
    (name) => !filled.has(name) && !needed.some((column) => column.name === name),
  );
  if (open.length > 0)
    context.findings.note(
      path,
      `a new row cannot say whose it is without ${open.join(', ')}: unless a trigger does, creating fails`,
    );
  noteComputedScope(context, slice, path);
}

/** The boundary's value is written into scope columns, so one that PostgreSQL computes lets no row in. */
function noteComputedScope(context: WriteContext, slice: ReadSlice, path: PolicyPath): void {
  const own: readonly ScopeColumn[] = slice.scope.kind === 'scoped' ? slice.scope.columns : [];
  for (const { column: name, axis } of own) {
    const column = slice.listed.source.columns.find((candidate) => candidate.name === name);
    if (column?.generated || column?.identity === 'always')
      context.findings.complain(
        path,
        `${name} holds the ${axis} and is computed by PostgreSQL, so no agent can create a row`,
      );
  }
}

/** What goes with a deleted row is deleted by PostgreSQL itself, past every boundary. */
function noteCascades(context: WriteContext, slice: ReadSlice): void {
  const { schema, name } = slice.listed.source;
  const gone = context.database
    .filter((table) =>
      table.foreignKeys.some((key) => pointsAt(key, schema, name) && key.onDelete === 'cascade'),
    )
    .map((table) => context.references.print(table));
  if (gone.length > 0)
    context.findings.note(
      [...slice.path, 'delete'],
      `deleting a row deletes its rows in ${gone.join(', ')} as well (on delete cascade)`,
    );
}

function pointsAt(key: CatalogForeignKey, schema: string, name: string): boolean {
  return key.refSchema === schema && key.refTable === name;
}
