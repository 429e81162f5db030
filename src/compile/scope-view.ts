/**
 * Scope views: for each parent that another table's rows belong through, its key beside the boundary it is in. The structured tools
 * join their own condition to them, independent of row security beneath.
 */
import type { PolicyTable, ScopeAxis } from '../policy/compiled.js';
import type { DesiredObject } from './desired-object.js';
import { viewName } from './names.js';
import { comparison } from './operator.js';
import { quoteIdent, quoteName } from './quote.js';
import { ancestors, columnsInReach, policyTable, type RoleScope, sealOpen } from './scope.js';

const AXES: readonly ScopeAxis[] = ['tenant', 'workspace', 'user'];

/** The scope views of one role, by parent. */
export function scopeViews(of: RoleScope): readonly DesiredObject[] {
  return [...parentKeys(of)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, keys]) => scopeView(of, name, [...keys].sort()));
}

/** Each parent in some chain of the slice, and those of its columns that children refer to. */
function parentKeys(of: RoleScope): ReadonlyMap<string, ReadonlySet<string>> {
  const keys = new Map<string, Set<string>>();
  for (const slice of of.role.tables.keys()) {
    for (const name of [slice, ...ancestors(of.policy, slice)]) {
      const { scope } = policyTable(of.policy, name);
      if (scope.kind !== 'scoped' || scope.via === null) continue;
      const known = keys.get(scope.via.parent) ?? new Set();
      for (const column of scope.via.parentColumns) known.add(column);
      keys.set(scope.via.parent, known);
    }
  }
  return keys;
}

function scopeView(of: RoleScope, name: string, keys: readonly string[]): DesiredObject {
  const chain = [name, ...ancestors(of.policy, name)].map((one) => policyTable(of.policy, one));
  const axes = AXES.flatMap((axis) => {
    const level = chain.findIndex(({ scope }) =>
      columnsInReach(scope, of.role.reach).some((own) => own.axis === axis),
    );
    const own = chain[level]?.scope;
    const column = own?.kind === 'scoped' ? own.columns.find((one) => one.axis === axis)?.column : undefined;
    return column === undefined ? [] : [{ axis, level, column }];
  });
  const joined = chain.slice(0, 1 + Math.max(0, ...axes.map(({ level }) => level)));
  const parent = policyTable(of.policy, name);
  read(of, parent, keys);
  const from = joined.map((table, level) => {
    const relation = `${quoteName(table.schema, table.table)} as t${level}`;
    const child = joined[level - 1];
    if (child === undefined || child.scope.kind !== 'scoped' || child.scope.via === null) return relation;
    const { columns, parentColumns } = child.scope.via;
    read(of, child, columns);
    read(of, table, parentColumns);
    const there = of.index.table(table.schema, table.table);
    const on = columns.map((column, at) => {
      const key = parentColumns[at] ?? column;
      const operator = comparison('=', of.index.column(there, key));
      return `t${level}.${quoteIdent(key)} ${operator} t${level - 1}.${quoteIdent(column)}`;
    });
    return `join ${relation} on ${on.join(' and ')}`;
  });
  for (const { level, column } of axes) {
    const table = joined[level];
    if (table !== undefined) read(of, table, [column]);
  }
  const columns = [...keys.map(quoteIdent), ...axes.map(({ axis }) => quoteIdent(`ringfence_${axis}`))];
  const values = [
    ...keys.map((key) => `t0.${quoteIdent(key)}`),
    ...axes.map(({ level, column }) => `t${level}.${quoteIdent(column)}`),
  ];
  const view = quoteName(of.role.scopeSchema, viewName(name));
  const where = parent.scope.kind === 'scoped' ? '' : `\nwhere ${sealOpen(of.role)}`;
  return {
    address: { kind: 'view', schema: of.role.scopeSchema, name: viewName(name) },
    identity: `${of.role.scopeSchema}.${viewName(name)}`,
    create: [
      `create view ${view} (${columns.join(', ')}) as\nselect ${values.join(', ')}\nfrom ${from.join('\n')}${where}`,
      `alter view ${view} owner to ${quoteIdent(of.role.viewRole)}`,
      // ALTER DEFAULT PRIVILEGES of whoever applies may have given everybody more than is granted next.
      `revoke all on ${view} from public`,
      `grant select on ${view} to ${quoteIdent(of.role.sliceRole)}`,
    ],
    drop: [`drop view ${view}`],
    for: [of.role.sliceRole],
    why: `tables that belong through ${parent.schema}.${parent.table} are judged by its key and the boundary it is in`,
  };
}

function read(of: RoleScope, table: PolicyTable, columns: readonly string[]): void {
  of.reads(of.index.table(table.schema, table.table), columns);
}
