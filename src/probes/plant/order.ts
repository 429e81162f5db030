/** Which tables rows are planted in, and in what order: what is referred to comes first. */
import type { Catalog, CatalogForeignKey, CatalogTable } from '../../policy/catalog.js';
import type { CompiledPolicy, PolicyTable } from '../../policy/compiled.js';

/** A reference that a planted row is given: a foreign key, or the link that the policy says its rows belong through. */
export interface Reference {
  readonly columns: readonly string[];
  readonly to: string;
  readonly toColumns: readonly string[];
  /** Must be filled: a part of it may not be null, or the row belongs through it. */
  readonly hard: boolean;
}

export interface Bed {
  /** `schema.name`, with a NUL between. */
  readonly id: string;
  readonly table: CatalogTable;
  /** As the policy has it; null for a table that is only there because others refer to it. */
  readonly policy: PolicyTable | null;
  /** The column that is set to the tenant, where there is one. */
  readonly tenantColumn: string | null;
  /** Rows of nobody's: one that is there is taken, before one is planted. */
  readonly common: boolean;
  readonly references: readonly Reference[];
}

export function idOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}\u0000${name}`;
}

/** The beds in the order in which they are filled. Those that wait for each other come last, as they are. */
export function bedsOf(policy: CompiledPolicy, catalog: Catalog): readonly Bed[] {
  const tables = new Map(catalog.tables.map((table) => [idOf(table), table]));
  const inPolicy = new Map(
    [...policy.tables.values()].map((table) => [idOf({ schema: table.schema, name: table.table }), table]),
  );
  const beds = new Map<string, Bed>();
  const waiting: { readonly id: string; readonly tenantColumn: string | null }[] = [...inPolicy].flatMap(
    ([id, table]) =>
      table.kind === 'table' && table.scope.kind === 'scoped' ? [{ id, tenantColumn: null }] : [],
  );
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { id, tenantColumn: asked } = next;
    const table = tables.get(id);
    const known = beds.get(id);
    if (table === undefined || (known !== undefined && (asked === null || known.tenantColumn !== null)))
      continue;
    const bed = bedOf(policy, table, inPolicy.get(id) ?? null, asked);
    beds.set(id, bed);
    for (const { to, toColumns, columns, hard } of bed.references) {
      // Whoever is referred to by the tenant's own column is the tenant.
      const at = bed.tenantColumn === null ? -1 : columns.indexOf(bed.tenantColumn);
      const asTenant = at !== -1 && columns.length === 1 ? (toColumns[at] ?? null) : null;
      if (hard || asTenant !== null) waiting.push({ id: to, tenantColumn: asTenant });
    }
  }
  return inOrder([...beds.values()]);
}

function bedOf(
  { tables }: CompiledPolicy,
  table: CatalogTable,
  own: PolicyTable | null,
  asked: string | null,
): Bed {
  const scope = own?.scope.kind === 'scoped' ? own.scope : null;
  const tenantColumn = scope?.columns.find(({ axis }) => axis === 'tenant')?.column ?? asked;
  const nullable = new Set(table.columns.filter(({ notNull }) => !notNull).map(({ name }) => name));
  const declared = table.foreignKeys.map((key: CatalogForeignKey) => ({
    columns: key.columns,
    to: idOf({ schema: key.refSchema, name: key.refTable }),
    toColumns: key.refColumns,
    hard: key.columns.every((column) => !nullable.has(column)),
  }));
  const parent = scope?.via === null || scope === null ? undefined : tables.get(scope.via.parent);
  const via =
    scope?.via === null || scope === null || parent === undefined
      ? []
      : [
          {
            columns: scope.via.columns,
            to: idOf({ schema: parent.schema, name: parent.table }),
            toColumns: scope.via.parentColumns,
            hard: true,
          },
        ];
  const same = (a: Reference, b: Reference): boolean =>
    a.to === b.to && a.columns.join() === b.columns.join();
  return {
    id: idOf(table),
    table,
    policy: own,
    tenantColumn,
    common: scope === null && tenantColumn === null,
    references: [...via, ...declared.filter((one) => !via.some((other) => same(one, other)))],
  };
}

function inOrder(beds: readonly Bed[]): readonly Bed[] {
  const left = new Map(beds.map((bed) => [bed.id, bed]));
  const order: Bed[] = [];
  const isFree = (bed: Bed, soft: boolean): boolean =>
    bed.references.every(({ to, hard }) => to === bed.id || !left.has(to) || (soft && !hard));
  while (left.size > 0) {
    const all = [...left.values()];
    const next = all.find((bed) => isFree(bed, false)) ?? all.find((bed) => isFree(bed, true)) ?? all[0];
    if (next === undefined) break;
    left.delete(next.id);
    order.push(next);
  }
  return order;
}
