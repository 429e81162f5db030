/** Whose rows are whose, as a policy file says; tables that it leaves out as far as the database shows. */
import type { ShapeFacts, TableName } from '../../../database/inspect/shape.js';
import type { CompiledPolicy, PolicyTable } from '../../../policy/compiled.js';
import type { TableTenancy, Tenancy } from '../tenancy.js';
import { withChildren } from './children.js';

export function policyTenancy(shape: ShapeFacts, policy: CompiledPolicy, guessed: Tenancy): Tenancy {
  const tables = new Map<string, TableTenancy>();
  const left = [...guessed.tables].map(([name, tenancy]): readonly [string, TableTenancy] => {
    const why = `it is not in the policy, and ${tenancy.why}`;
    return [
      name,
      policy.tenancy === 'single' ? { kind: 'unknown', why, sure: false } : { ...tenancy, why, sure: false },
    ];
  });
  for (const [name, tenancy] of left) tables.set(name, tenancy);
  for (const table of policy.tables.values())
    tables.set(`${table.schema}.${table.table}`, placeOf(shape, policy, table));
  const said = [...tables.values()].filter(({ sure }) => sure);
  const columns = said.flatMap((tenancy) => (tenancy.kind === 'column' ? [tenancy.column] : []));
  const keys = said.flatMap((tenancy) => (tenancy.kind === 'root' ? [tenancy.key] : []));
  return {
    source: 'policy',
    confidence: 'certain',
    why: 'the policy says whose rows each table holds',
    column: mostCommon(columns) ?? mostCommon(keys),
    root: rootName(shape, tables),
    tables: withChildren(shape.tables, tables),
  };
}

function placeOf(
  shape: ShapeFacts,
  policy: CompiledPolicy,
  { schema, table, scope }: PolicyTable,
): TableTenancy {
  const said = { why: 'the policy says so', sure: true };
  if (scope.kind === 'single')
    return { kind: 'shared', why: 'one tenant owns the whole database', sure: true };
  if (scope.kind === 'shared') return { kind: 'shared', ...said };
  const own = scope.columns.find(({ axis }) => axis === 'tenant')?.column;
  if (own !== undefined)
    return isRoot(shape, { schema, name: table }, own)
      ? { kind: 'root', key: own, ...said }
      : { kind: 'column', column: own, ...said };
  const parent = scope.via === null ? undefined : policy.tables.get(scope.via.parent);
  if (scope.via === null || parent === undefined)
    return { kind: 'shared', why: 'one tenant owns the whole database', sure: true };
  const { columns, parentColumns } = scope.via;
  return {
    kind: 'via',
    columns,
    parent: { schema: parent.schema, name: parent.table },
    parentColumns,
    ...said,
  };
}

/** The tenants themselves: the column is the whole key, and leads nowhere else. */
function isRoot(shape: ShapeFacts, { schema, name }: TableName, column: string): boolean {
  const table = shape.tables.find((one) => one.schema === schema && one.name === name);
  return (
    table?.primaryKey.length === 1 &&
    table.primaryKey[0] === column &&
    !table.foreignKeys.some((key) => key.columns.includes(column))
  );
}

function rootName(shape: ShapeFacts, tables: ReadonlyMap<string, TableTenancy>): TableName | null {
  const found = shape.tables.find(({ schema, name }) => tables.get(`${schema}.${name}`)?.kind === 'root');
  return found === undefined ? null : { schema: found.schema, name: found.name };
}

/** What occurs most often; the first of them where several do. */
export function mostCommon(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
