/**
 * What agent-written SQL may name, for one role: its slice as the guard reads it. Kept as long as the slice itself; a slice narrowed by
 * a boundary's data sources has its own.
 *
 * Each table stands for a SELECT of the agent's columns with the boundary's values as conditions, the same that the other tools write:
 * the layer above row-level security.
 */
import type { GuardSlice, GuardTable, QualifiedName } from '../guard/slice.js';
import { parseName } from '../policy/name.js';
import { type AxisValue, scopeConditions } from './scope.js';
import { type IndexedTable, sliceIndex } from './slice-index.js';
import type { ToolContext } from './tool.js';

const slices = new WeakMap<ToolContext['tables'], GuardSlice>();

/** The tables that a call may reach, as the guard reads them. */
export function guardSlice(context: ToolContext, serverMajor: number): GuardSlice {
  const known = slices.get(context.tables);
  if (known !== undefined) return known;
  const { role, limits } = context;
  const index = sliceIndex(context);
  const tables = index.names.flatMap((name) => index.table(name) ?? []);
  const slice: GuardSlice = {
    tables: new Map(tables.map((table) => [table.slice.name, guardTable(table)])),
    types: ownTypes(tables),
    functions: role.sql?.functions ?? [],
    limits: { rows: limits.rows, joinDepth: limits.joinDepth },
    serverMajor,
    rule: `roles.${role.name}`,
  };
  slices.set(context.tables, slice);
  return slice;
}

/** The boundary's values in the executor: always the same three parameters, as text. See `GuardTable.scoped`. */
const PARAMETERS = { tenant: '$1', workspace: '$2', user: '$3' } as const;
const asParameter: AxisValue = (axis, castType) => `${PARAMETERS[axis]}::pg_catalog.text::${castType}`;

function guardTable({ slice, view, columns, scopeColumns, scope }: IndexedTable): GuardTable {
  const shown = [...columns.values()];
  const conditions = scopeConditions(scope, asParameter, 't');
  return {
    name: slice.name,
    schema: slice.schema,
    table: slice.table,
    columns: shown.map(({ name }) => name),
    scopeColumns: [...scopeColumns.keys()],
    scoped:
      `select ${shown.map(({ ident }) => `t.${ident}`).join(', ')} from ${view} t` +
      (conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`),
  };
}

/** Types of columns that are not PostgreSQL's own: an array is known by its element. */
function ownTypes(tables: readonly IndexedTable[]): readonly QualifiedName[] {
  const types = new Map<string, QualifiedName>();
  for (const { castType } of tables.flatMap(({ slice }) => slice.columns)) {
    const element = castType.replace(/\[\]$/, '');
    const name = parseName(element);
    const [schema, type] = 'parts' in name ? name.parts : [];
    if (schema === undefined || type === undefined || schema.name === 'pg_catalog') continue;
    types.set(element, { schema: schema.name, name: type.name });
  }
  return [...types.values()];
}
