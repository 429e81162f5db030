/** What the rules about shape ask of a table, and how they write its names. */
import { quoteIdent, quoteName } from '../../../../compile/quote.js';
import type {
  ShapeColumn,
  ShapeFacts,
  ShapeIndex,
  ShapeTable,
  TableName,
} from '../../../../database/inspect/shape.js';
import { printName } from '../../../../policy/name.js';
import type { World } from '../../rule.js';
import { type TableTenancy, tenancyOf } from '../../tenancy.js';

type Kind = TableTenancy['kind'];

/** A table whose rows are somebody's. */
export interface Owned<K extends Kind = Kind> {
  readonly table: ShapeTable;
  readonly tenancy: Extract<TableTenancy, { readonly kind: K }>;
}

const remembered = new WeakMap<World, readonly Owned[]>();

/** The tables of these kinds that somebody can reach, partitions and children included. */
export function tablesOf<K extends Kind>(world: World, ...kinds: readonly K[]): readonly Owned<K>[] {
  let all = remembered.get(world);
  if (all === undefined) {
    const open = reach(world);
    all = world.shape.tables
      .filter((table) => (table.kind === 'table' || table.kind === 'partitioned') && open(table))
      .map((table) => ({ table, tenancy: tenancyOf(world.tenancy, table) }));
    remembered.set(world, all);
  }
  return all.flatMap(({ table, tenancy }) => {
    const kind = kinds.find((one) => one === tenancy.kind);
    return kind === undefined ? [] : [{ table, tenancy: tenancy as Owned<K>['tenancy'] }];
  });
}

/**
 * Whether anybody but a superuser can use a table: through a grant, as its owner, or through the table it is a part of. A table that
 * only its owner may use, and whose owner nobody can become, is behind the owner's functions.
 */
function reach({ shape }: World): (table: ShapeTable) => boolean {
  const { roles } = shape.catalog;
  const used = new Set(roles.flatMap(({ memberOf }) => memberOf));
  for (const { name, canLogin } of roles) if (canLogin || name === 'pg_database_owner') used.add(name);
  return function open({ owner, grants, parent }): boolean {
    if (used.has(owner) || grants.some(({ grantee }) => grantee !== owner)) return true;
    const whole = parent === null ? undefined : tableNamed(shape, parent);
    return whole !== undefined && open(whole);
  };
}

/** `shop.invoice`, as it is told. */
export function label({ schema, name }: TableName, ...parts: readonly string[]): string {
  return printName([schema, name, ...parts]);
}

/** `"shop"."invoice"`, as it stands in a statement. */
export function sqlName({ schema, name }: TableName): string {
  return quoteName(schema, name);
}

/** `"tenant_id", "id"`. */
export function sqlNames(columns: readonly string[]): string {
  return columns.map(quoteIdent).join(', ');
}

/** `tenant_id, id`. */
export function named(columns: readonly string[]): string {
  return columns.map((name) => printName([name])).join(', ');
}

/** One by its name, several by number and the first of their names. */
export function counted(names: readonly string[], noun: string): string {
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  return `${names.length} ${noun}s (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`;
}

export function column(table: ShapeTable, name: string): ShapeColumn | undefined {
  return table.columns.find((one) => one.name === name);
}

const indexed = new WeakMap<readonly ShapeTable[], ReadonlyMap<string, ShapeTable>>();

/** The table of that name. */
export function tableNamed({ tables }: ShapeFacts, { schema, name }: TableName): ShapeTable | undefined {
  let byName = indexed.get(tables);
  if (byName === undefined) {
    byName = new Map(tables.map((table) => [JSON.stringify([table.schema, table.name]), table]));
    indexed.set(tables, byName);
  }
  return byName.get(JSON.stringify([schema, name]));
}

export function sameTable(a: TableName, b: TableName | null): boolean {
  return a.schema === b?.schema && a.name === b.name;
}

/** Whether a row may have no value there: nothing says NOT NULL, neither the column nor a check that has been validated. */
export function nullable(table: ShapeTable, { name, notNull }: ShapeColumn): boolean {
  return (
    !notNull &&
    !table.checks.some(
      ({ definition, validated }) => validated && definition === `(${printName([name])} IS NOT NULL)`,
    )
  );
}

/** Whether rows can be found by these columns: an index for all rows that begins with one of them. */
export function serves(index: ShapeIndex, columns: readonly string[]): boolean {
  const [first] = index.columns;
  return (
    !index.partial &&
    (index.method === 'btree' || index.method === 'hash') &&
    first !== undefined &&
    first !== null &&
    columns.includes(first)
  );
}

/** A name for something new, from parts, that PostgreSQL does not cut off. */
export function newName(...parts: readonly string[]): string {
  const whole = parts.join('_');
  if (Buffer.byteLength(whole) <= 63) return whole;
  let end = whole.length;
  while (Buffer.byteLength(whole.slice(0, end)) > 54) end -= 1;
  return `${whole.slice(0, end)}_${sum(whole)}`;
}

/** A few letters that tell long names with one beginning apart. */
function sum(text: string): string {
  let hash = 0;
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 2_176_782_336;
  return hash.toString(36).padStart(6, '0').slice(-6);
}
