/** Keys written down again with the tenant in them. */
import { quoteIdent, quoteName } from '../../../../compile/quote.js';
import type { ShapeForeignKey, ShapeIndex, ShapeTable } from '../../../../database/inspect/shape.js';
import { newName, sqlName, sqlNames } from './tables.js';

/** Puts the tenant before the columns of a unique key; null where the key cannot be written down from what is known of it. */
export function keyWithTenant(
  table: ShapeTable,
  index: ShapeIndex,
  tenant: string,
): readonly string[] | null {
  if (!index.plain || index.method !== 'btree' || index.inherited) return null;
  const include = index.includes.length === 0 ? '' : ` include (${sqlNames(index.includes)})`;
  const nulls = index.nullsNotDistinct ? ' nulls not distinct' : '';
  const keys = [quoteIdent(tenant), ...index.keys].join(', ');
  if (index.constraint === null) {
    const where = index.predicate === null ? '' : ` where ${index.predicate}`;
    return [
      `drop index ${quoteName(table.schema, index.name)}`,
      `create unique index ${quoteIdent(index.name)} on ${sqlName(table)} (${keys})${include}${nulls}${where}`,
    ];
  }
  const kind = index.primary ? 'primary key' : `unique${nulls}`;
  const deferring = index.deferrable ? ` deferrable${index.deferred ? ' initially deferred' : ''}` : '';
  return [
    `alter table ${sqlName(table)} drop constraint ${quoteIdent(index.constraint)}`,
    `alter table ${sqlName(table)} add constraint ${quoteIdent(index.constraint)} ${kind} (${keys})${include}${deferring}`,
  ];
}

/** Lets a foreign key carry the tenant: a unique key for it to lead to, where there is none yet, and the key itself. */
export function foreignKeyWithTenant(
  child: ShapeTable,
  parent: ShapeTable,
  key: ShapeForeignKey,
  tenants: { readonly child: string; readonly parent: string },
): readonly string[] {
  const columns = [tenants.child, ...key.columns];
  const refColumns = [tenants.parent, ...key.refColumns];
  const leadsThere = parent.indexes.some(
    (index) =>
      index.unique &&
      index.valid &&
      !index.partial &&
      !index.deferrable &&
      index.columns.length === refColumns.length &&
      refColumns.every((name) => index.columns.includes(name)),
  );
  const unique = newName(parent.name, ...refColumns, 'key');
  return [
    ...(leadsThere
      ? []
      : [
          `create unique index if not exists ${quoteIdent(unique)} on ${sqlName(parent)} (${sqlNames(refColumns)})`,
        ]),
    `alter table ${sqlName(child)} drop constraint ${quoteIdent(key.name)}`,
    foreignKey(child, key, columns, sqlName(parent), refColumns),
  ];
}

/** The same key, with what happens on delete reaching no further than its own columns. */
export function foreignKeyThatSets(
  child: ShapeTable,
  key: ShapeForeignKey,
  sets: readonly string[] | null,
): readonly string[] {
  const changed = sets === null ? { onDelete: 'no action' as const, sets: [] } : { sets };
  return [
    `alter table ${sqlName(child)} drop constraint ${quoteIdent(key.name)}`,
    foreignKey(
      child,
      { ...key, ...changed },
      key.columns,
      quoteName(key.refSchema, key.refTable),
      key.refColumns,
    ),
  ];
}

function foreignKey(
  child: ShapeTable,
  key: ShapeForeignKey,
  columns: readonly string[],
  parent: string,
  refColumns: readonly string[],
): string {
  // Without a list, SET NULL would take the tenant with it.
  const sets =
    key.onDelete === 'set null' || key.onDelete === 'set default'
      ? ` (${sqlNames(key.sets.length === 0 ? key.columns : key.sets)})`
      : '';
  return [
    `alter table ${sqlName(child)} add constraint ${quoteIdent(key.name)} foreign key (${sqlNames(columns)}) references ${parent} (${sqlNames(refColumns)})`,
    ...(key.full ? ['match full'] : []),
    ...(key.onUpdate === 'no action' ? [] : [`on update ${key.onUpdate}`]),
    ...(key.onDelete === 'no action' ? [] : [`on delete ${key.onDelete}${sets}`]),
    ...(key.deferrable ? [`deferrable${key.deferred ? ' initially deferred' : ''}`] : []),
  ].join(' ');
}
