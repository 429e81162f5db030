/**
 * The views of a slice: one plain projection per table. Denied columns are absent, masked ones are expressions.
 *
 * Not security barriers, which would keep an index from serving ORDER BY and LIMIT, and need not be: every row rule is in row
 * security beneath. Not security invokers: the view role, and nobody else, holds rights on the base tables.
 *
 * A materialised view has no row security. Its slice view holds boundary and row rule in its own WHERE, and is a security barrier:
 * PostgreSQL then lets no function or operator that could tell of a row see one before that WHERE has.
 */
import { RingfenceError } from '../errors.js';
import type { CatalogTable } from '../policy/catalog.js';
import type { CompiledRole, SliceTable } from '../policy/compiled.js';
import type { DesiredObject } from './desired-object.js';
import { maskExpression } from './mask.js';
import { viewName } from './names.js';
import { quoteIdent, quoteName } from './quote.js';
import { columnsOf, rowRule } from './row-rule.js';
import { type RoleScope, scopeCondition, sealOpen } from './scope.js';
import type { RoleNeeds } from './table-needs.js';

/** One table's view, and what it needs of the base table. */
export function sliceView(of: RoleScope, slice: SliceTable, needs: RoleNeeds): DesiredObject {
  const { index, role } = of;
  const table = index.table(slice.schema, slice.table);
  const barrier = table.kind === 'materialized_view';
  const { readable, insert, update, remove } = viewColumns(role, slice);
  const columns = table.columns.filter(
    ({ name }) => readable.has(name) || insert.has(name) || update.has(name),
  );
  for (const name of [...readable, ...insert, ...update]) index.column(table, name);

  const rights = needs.of(table);
  // PostgreSQL asks the view's owner for every column that the view mentions, read or not.
  const mentioned = columns.filter(({ name }) => maskOf(slice, name) !== 'null');
  // And for one at least, where it mentions none.
  needs.read(
    table,
    (mentioned.length === 0 ? columns.slice(0, 1) : mentioned).map(({ name }) => name),
  );
  for (const name of insert) rights.insert.add(name);
  for (const name of update) rights.update.add(name);
  rights.delete ||= remove;

  const view = quoteName(role.sliceSchema, viewName(slice.name));
  const list = columns.map(({ name }) => quoteIdent(name)).join(', ');
  const values = columns.map((column) => {
    const reference = `t.${quoteIdent(column.name)}`;
    const mask = maskOf(slice, column.name);
    return mask === null ? reference : maskExpression(mask, reference, column);
  });
  const base = `${quoteName(slice.schema, slice.table)} as t`;
  const conditions = barrier
    ? [scopeCondition(of, slice.name, 't'), ...ruleOf(of, slice, needs)]
    : slice.scope.kind === 'scoped'
      ? []
      : [sealOpen(role)];
  const where = conditions.length === 0 ? '' : `\nwhere ${conditions.join(' and ')}`;
  const to = quoteIdent(role.sliceRole);
  const only = (names: ReadonlySet<string>): string =>
    columns.flatMap(({ name }) => (names.has(name) ? [quoteIdent(name)] : [])).join(', ');
  const grants = [
    columns.every(({ name }) => readable.has(name)) ? 'select' : `select (${only(readable)})`,
    ...(insert.size > 0 ? [`insert (${only(insert)})`] : []),
    ...(update.size > 0 ? [`update (${only(update)})`] : []),
    ...(remove ? ['delete'] : []),
  ];
  return {
    address: { kind: 'view', schema: role.sliceSchema, name: viewName(slice.name) },
    identity: `${role.sliceSchema}.${viewName(slice.name)}`,
    create: [
      `create view ${view} (${list})${barrier ? ' with (security_barrier)' : ''} as\nselect ${values.join(',\n  ')}\nfrom ${base}${where}`,
      `alter view ${view} owner to ${quoteIdent(role.viewRole)}`,
      // ALTER DEFAULT PRIVILEGES of whoever applies may have given everybody more than is granted next.
      `revoke all on ${view} from public`,
      `grant ${grants.join(', ')} on ${view} to ${to}`,
    ],
    drop: [`drop view ${view}`],
    for: [role.sliceRole],
    why: viewWords(role, slice, table),
  };
}

/** The row rule of a view that holds it itself. PostgreSQL asks the view's owner for the columns that it looks at. */
function ruleOf(of: RoleScope, slice: SliceTable, needs: RoleNeeds): readonly string[] {
  if (slice.rows === null) return [];
  needs.read(of.index.table(slice.schema, slice.table), columnsOf(slice.rows));
  return [rowRule(of, slice, slice.rows, 't')];
}

interface ViewColumns {
  readonly readable: ReadonlySet<string>;
  readonly insert: ReadonlySet<string>;
  readonly update: ReadonlySet<string>;
  readonly remove: boolean;
}

function viewColumns(role: CompiledRole, slice: SliceTable): ViewColumns {
  const { create, update, presets, delete: remove } = slice.write;
  const scope = slice.scope.kind === 'scoped' ? slice.scope.columns.map(({ column }) => column) : [];
  // The tools ask the scope views about the key that leads to the parent.
  const via = slice.scope.kind === 'scoped' ? (slice.scope.via?.columns ?? []) : [];
  const columns = {
    readable: new Set([...slice.columns.map(({ name }) => name), ...scope, ...via]),
    insert: new Set(create === null ? [] : [...create, ...scope, ...presets.map(({ column }) => column)]),
    update: new Set(
      update === null
        ? []
        : [...update, ...presets.filter(({ onUpdate }) => onUpdate).map(({ column }) => column)],
    ),
    remove,
  };
  for (const name of [...columns.insert, ...columns.update]) {
    if (maskOf(slice, name) !== null) {
      throw new RingfenceError(
        'policy_invalid',
        `Role ${role.name} may write column ${name} of ${slice.name} and sees it masked: a masked column cannot be written. Drop one of the two.`,
      );
    }
  }
  return columns;
}

function maskOf(slice: SliceTable, name: string): SliceTable['columns'][number]['mask'] {
  return slice.columns.find((column) => column.name === name)?.mask ?? null;
}

function viewWords(role: CompiledRole, slice: SliceTable, table: CatalogTable): string {
  const masked = slice.columns.filter(({ mask }) => mask !== null).length;
  const { create, update, delete: remove } = slice.write;
  const may = [
    `read ${slice.columns.length} of ${table.columns.length} columns${masked === 0 ? '' : ` (${masked} masked)`}`,
    ...(create === null ? [] : ['create rows']),
    ...(update === null ? [] : [`update ${update.length} columns`]),
    ...(remove ? ['delete rows'] : []),
  ];
  return `${role.name} may ${may.join(', ')} of ${table.schema}.${table.name}`;
}
