/** Foreign keys between rows of tenants, and whether one can lead from a tenant's row to another tenant's. */
import type { ShapeFacts, ShapeForeignKey, ShapeTable } from '../../../../database/inspect/shape.js';
import { type TableTenancy, type Tenancy, tenancyOf } from '../../tenancy.js';
import { tableNamed } from './tables.js';

/** A key that nothing keeps inside a tenant. */
export interface Crossing {
  readonly child: ShapeTable;
  readonly parent: ShapeTable;
  readonly key: ShapeForeignKey;
  /** The column that says whose the row is; null where a parent does. */
  readonly childTenant: string | null;
  readonly parentTenant: string | null;
}

/** Every foreign key from a tenant's row to a tenant's row that does not carry the tenant. */
export function* crossings(shape: ShapeFacts, tenancy: Tenancy): Generator<Crossing> {
  for (const child of shape.tables) {
    const own = tenancyOf(tenancy, child);
    if (own.kind !== 'column' && own.kind !== 'via') continue;
    for (const key of child.foreignKeys) {
      const parent = tableNamed(shape, { schema: key.refSchema, name: key.refTable });
      if (parent === undefined || key.inherited) continue;
      const other = tenancyOf(tenancy, parent);
      if ((other.kind !== 'column' && other.kind !== 'via') || staysInside(own, other, key)) continue;
      yield {
        child,
        parent,
        key,
        childTenant: own.kind === 'column' ? own.column : null,
        parentTenant: other.kind === 'column' ? other.column : null,
      };
    }
  }
}

function staysInside(own: TableTenancy, other: TableTenancy, key: ShapeForeignKey): boolean {
  const leadsTo = (column: string): string | undefined => key.refColumns[key.columns.indexOf(column)];
  if (own.kind === 'column') return other.kind === 'column' && leadsTo(own.column) === other.column;
  if (own.kind !== 'via') return false;
  // The link to the parent is what says whose the row is.
  if (key.columns.length === own.columns.length && own.columns.every((name) => key.columns.includes(name)))
    return own.parent.schema === key.refSchema && own.parent.name === key.refTable;
  return (
    other.kind === 'via' &&
    other.parent.schema === own.parent.schema &&
    other.parent.name === own.parent.name &&
    own.columns.every((name, at) => {
      const there = other.columns.indexOf(leadsTo(name) ?? '');
      return there !== -1 && other.parentColumns[there] === own.parentColumns[at];
    })
  );
}
