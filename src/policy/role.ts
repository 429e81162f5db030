/**
 * One role of the policy, compiled: its tables, its tools, its limits.
 */
import type { CompiledRole, Scope, SliceTable, ToolName } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { RolePolicy } from './defaults.js';
import type { ListedTable } from './references.js';
import { relationsOf } from './relations.js';
import { rowRules } from './row-rules.js';
import { type ReadSlice, readSlice } from './slice.js';
import { type WriteContext, writeRules } from './writes.js';

/** Compiles a role; complains about every table of it that has no tenancy, and everything in its slices that cannot be. */
export function compileRole(context: WriteContext, name: string, role: RolePolicy): CompiledRole {
  const slices = slicesOf(context, name, role);
  const relations = relationsOf([...slices.values()]);
  const scopes = new Map([...context.scopes].map(([table, scope]) => [table.name, scope] as const));
  const rules = rowRules({ slices, relations, scopes }, context.findings);
  const tables = new Map<string, SliceTable>();
  for (const slice of slices.values()) {
    const { source } = slice.listed;
    tables.set(slice.listed.name, {
      name: slice.listed.name,
      schema: source.schema,
      table: source.name,
      comment: source.comment,
      scope: slice.scope,
      columns: slice.columns,
      primaryKey: slice.primaryKey,
      relations: relations.get(slice.listed.name) ?? [],
      rows: rules.get(slice.listed.name) ?? null,
      write: writeRules(context, slice),
      samples: slice.samples,
      indexes: slice.indexes,
    });
  }
  noteIdleTools(context, ['roles', name], role, [...tables.values()]);
  return {
    name,
    description: role.description,
    sliceRole: `ringfence_slice_${name}`,
    viewRole: `ringfence_view_${name}`,
    sliceSchema: `slice_${name}`,
    scopeSchema: `scope_${name}`,
    reach: role.reach,
    tools: new Set(role.tools),
    sql: role.tools.includes('sql') ? { functions: [] } : null,
    limits: {
      rows: role.limits.rows,
      scannedRows: role.limits.scanned_rows,
      timeoutMs: role.limits.timeout_ms,
      joinDepth: role.limits.join_depth,
    },
    tables,
  };
}

function slicesOf(context: WriteContext, name: string, role: RolePolicy): ReadonlyMap<string, ReadSlice> {
  const slices = new Map<string, ReadSlice>();
  for (const [key, entry] of Object.entries(role.tables)) {
    const path = ['roles', name, 'tables', key];
    const table = tableOf(context, key, path);
    if (table === undefined) continue;
    const { listed, scope } = table;
    const earlier = slices.get(listed.name);
    if (earlier !== undefined)
      context.findings.complain(path, `is the table ${String(earlier.path.at(-1))}, which is there already`);
    else slices.set(listed.name, readSlice(context, listed, entry, path, { scope, reach: role.reach }));
  }
  return slices;
}

/** The table a role names, if a role may name it. A table that is broken under `tables` has its complaint there. */
function tableOf(
  { references, scopes, denials, findings }: WriteContext,
  key: string,
  path: PolicyPath,
): { readonly listed: ListedTable; readonly scope: Scope } | undefined {
  const reference = references.table(key);
  switch (reference.kind) {
    case 'broken':
      return undefined;
    case 'unknown':
      findings.complain(path, reference.message, reference);
      return undefined;
    case 'unlisted':
      findings.complain(path, `${key} has no tenancy in this policy, so no role may have it`, {
        suggestion:
          'add it under tables: { tenant: { column: … } }, { tenant: { via: … } } or { tenant: shared }',
      });
      return undefined;
    case 'listed': {
      const pattern = denials.ofTable(reference.table);
      const scope = scopes.get(reference.table);
      if (pattern !== undefined)
        findings.complain(path, `is denied by the pattern ${pattern} in deny.tables`, {
          suggestion: 'take it out of the role, or narrow the pattern',
        });
      return pattern !== undefined || scope === undefined ? undefined : { listed: reference.table, scope };
    }
  }
}

function noteIdleTools(
  { findings }: WriteContext,
  path: PolicyPath,
  role: RolePolicy,
  tables: readonly SliceTable[],
): void {
  const sampled = tables.filter(({ samples }) => samples.length > 0).map((table) => table.name);
  if (sampled.length > 0 && !role.tools.includes('describe_schema'))
    findings.note(
      [...path, 'tools'],
      `samples of ${sampled.join(', ')} are shown by the tool describe_schema, which the role does not have`,
    );
  const may: Readonly<Record<'create' | 'update' | 'delete', (table: SliceTable) => boolean>> = {
    create: ({ write }) => write.create !== null,
    update: ({ write }) => write.update !== null,
    delete: ({ write }) => write.delete,
  };
  for (const [tool, allows] of Object.entries(may)) {
    const names = tables.filter(allows).map((table) => table.name);
    const has = role.tools.includes(tool as ToolName);
    if (has && names.length === 0)
      findings.note([...path, 'tools'], `the tool ${tool} has no table to work on`);
    if (!has && names.length > 0)
      findings.note(
        [...path, 'tools'],
        `${names.join(', ')} may be written with the tool ${tool}, which the role does not have`,
      );
  }
}
