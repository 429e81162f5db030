/**
 * Which columns a role that writes may set without anything to be acknowledged: what compiles, and leaks nothing.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { idOf, type Tenancy, type WritableColumns } from './guess.js';
import { looksLikeKey, snake } from './words.js';

interface WritableInput {
  readonly table: CatalogTable;
  readonly tenancy: Tenancy;
  /** The columns that the boundary fills in. */
  readonly boundary: ReadonlySet<string>;
  /** Columns the role does not see as they are: masked, denied. */
  readonly hidden: ReadonlySet<string>;
  /** The tables that have a tenancy, by `idOf`. */
  readonly listed: ReadonlySet<string>;
}

const STAMP_CREATED = /(^|_)(created|inserted|added|creation)(_?(at|on|date|time|datetime|timestamp|utc))*$/;
const STAMP_UPDATED =
  /(^|_)(updated|modified|changed|last_update|last_modified)(_?(at|on|date|time|datetime|timestamp|utc))*$/;
const BOOKKEEPING =
  /(^|_)((created|updated|modified|deleted|archived|inserted|last_updated|last_modified)_(by|at|on)|deleted|row_?version|lock_?version|version|search_vector|tsv)(_(id|name))?$/;
/** Whoever writes these decides what others may do. */
const RIGHTS =
  /(^|_)(roles?|permissions?|privileges?|admin|administrator|superuser|staff|scopes?|acl|rights|grants?|entitlements?|verified|approved)$/;
const TIMES = new Set([1082, 1114, 1184]);

/**
 * The triggers that would fail under an agent's write. They run as its slice role, which has no right on any table: one that reads or
 * writes tables takes the write down with it.
 */
export function hinderingTriggers(table: CatalogTable, on: 'insert' | 'update'): readonly string[] {
  return table.triggers
    .filter(
      (trigger) => trigger.usesTables === true && !trigger.definer && (trigger.on?.includes(on) ?? true),
    )
    .map(({ name }) => name);
}

/** What may be written; null for a table that nobody owns, or where nothing may. */
export function writableColumns(input: WritableInput): WritableColumns | null {
  const { table, tenancy } = input;
  if (tenancy.kind === 'shared') return null;
  const stamps = table.columns.flatMap((column) => {
    if (input.hidden.has(column.name) || isFixed(input, column) || !TIMES.has(column.typeOid)) return [];
    const name = snake(column.name);
    if (STAMP_UPDATED.test(name)) return [{ column: column.name, onUpdate: true }];
    if (STAMP_CREATED.test(name) && column.notNull && !column.hasDefault)
      return [{ column: column.name, onUpdate: false }];
    return [];
  });
  const stamped = new Set(stamps.map(({ column }) => column));
  const free = table.columns.filter((column) => !stamped.has(column.name) && isFree(input, column));
  const toParent = new Set(tenancy.kind === 'via' ? tenancy.columns : []);
  // Without the whole of the primary key in sight there is no saying which row to change.
  const canBeNamed = table.primaryKey.length > 0 && table.primaryKey.every((name) => !input.hidden.has(name));
  const canUpdate = canBeNamed && hinderingTriggers(table, 'update').length === 0;
  const update = canUpdate ? free.filter(({ name }) => !toParent.has(name)).map(({ name }) => name) : [];
  const given = new Set([...free.map(({ name }) => name), ...stamped, ...input.boundary]);
  const complete = table.columns.every(
    (column) =>
      !column.notNull ||
      column.hasDefault ||
      column.identity !== null ||
      column.generated ||
      given.has(column.name),
  );
  const placed = [...toParent].every((name) => given.has(name));
  // The boundary writes the tenant into a new row, and cannot where PostgreSQL computes it.
  const computed = table.columns.some(
    ({ name, generated, identity }) => input.boundary.has(name) && (generated || identity === 'always'),
  );
  const canCreate = hinderingTriggers(table, 'insert').length === 0;
  const create = canCreate && complete && placed && !computed ? free.map(({ name }) => name) : [];
  if (create.length === 0 && update.length === 0) return null;
  const usable = stamps.filter(({ onUpdate }) => create.length > 0 || (onUpdate && update.length > 0));
  return { create, update, stamps: usable };
}

/** Set by the engine or the boundary, or part of what identifies the row. */
function isFixed({ table, boundary }: WritableInput, column: CatalogColumn): boolean {
  if (column.generated || column.identity !== null || table.primaryKey.includes(column.name)) return true;
  return boundary.has(column.name);
}

function isFree(input: WritableInput, column: CatalogColumn): boolean {
  const { table, hidden, listed } = input;
  if (hidden.has(column.name) || isFixed(input, column) || BOOKKEEPING.test(snake(column.name))) return false;
  if (RIGHTS.test(snake(column.name))) return false;
  if (STAMP_CREATED.test(snake(column.name))) return false;
  if (tellsOfHiddenRows(input, column.name)) return false;
  const keys = table.foreignKeys.filter((key) => key.columns.includes(column.name));
  // A key that is not declared cannot be guarded: it could be set to another tenant's row.
  if (keys.length === 0 && looksLikeKey(column.name)) return false;
  return keys.every((key) => listed.has(idOf({ schema: key.refSchema, name: key.refTable })));
}

/**
 * A unique key over all tenants answers "taken" for rows that the role cannot see, whatever part of it is written. One that holds
 * the tenant column, or the whole of the link to the parent, can only collide inside the tenant.
 */
function tellsOfHiddenRows({ table, tenancy }: WritableInput, column: string): boolean {
  if (tenancy.kind === 'single' || tenancy.kind === 'shared') return false;
  const fixed = tenancy.kind === 'column' ? [tenancy.column] : tenancy.columns;
  const within = (columns: readonly (string | null)[]): boolean =>
    fixed.every((name) => columns.includes(name));
  return (
    table.uniqueKeys.some((key) => key.columns.includes(column) && !within(key.columns)) ||
    table.indexes.some(
      (index) =>
        (index.unique || index.exclusion === true) &&
        (index.columns.includes(column) || index.touches?.includes(column) === true) &&
        !within(index.columns),
    )
  );
}
