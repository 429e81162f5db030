/**
 * What of a policy a database serves at this moment.
 *
 * `columns: all` means every column there is, and a product adds columns without telling Ringfence. Until the policy is applied again
 * the slice's views do not have them: they are left out of the slice, so that nothing asks for what is not there.
 */
import type { CompiledPolicy, CompiledRole, SliceTable } from '../policy/compiled.js';
import { viewName } from './names.js';

/** The columns of a slice's view, or undefined where there is no such view. */
export type ViewColumns = (schema: string, view: string) => ReadonlySet<string> | undefined;

export interface Served {
  readonly policy: CompiledPolicy;
  /** Columns, as `role: table.column`, and tables, as `role: table`, that wait for the policy to be applied again. */
  readonly waiting: readonly string[];
}

/** The policy without what the database does not serve yet. Pure. */
export function servedPolicy(policy: CompiledPolicy, columnsOf: ViewColumns): Served {
  const waiting: string[] = [];
  const roles = new Map(
    [...policy.roles].map(([name, role]) => [name, servedRole(role, columnsOf, waiting)]),
  );
  return waiting.length === 0 ? { policy, waiting } : { policy: { ...policy, roles }, waiting };
}

function servedRole(role: CompiledRole, columnsOf: ViewColumns, waiting: string[]): CompiledRole {
  const tables = new Map<string, SliceTable>();
  for (const [name, table] of role.tables) {
    const there = columnsOf(role.sliceSchema, viewName(name));
    if (there === undefined) {
      waiting.push(`${role.name}: ${name}`);
      continue;
    }
    const absent = table.columns.filter((column) => !there.has(column.name)).map((column) => column.name);
    waiting.push(...absent.map((column) => `${role.name}: ${name}.${column}`));
    tables.set(name, absent.length === 0 ? table : withoutColumns(table, new Set(absent)));
  }
  const reachable = (table: SliceTable): SliceTable =>
    table.relations.every((relation) => tables.has(relation.table))
      ? table
      : { ...table, relations: table.relations.filter((relation) => tables.has(relation.table)) };
  return { ...role, tables: new Map([...tables].map(([name, table]) => [name, reachable(table)])) };
}

function withoutColumns(table: SliceTable, absent: ReadonlySet<string>): SliceTable {
  const kept = (name: string): boolean => !absent.has(name);
  const { write } = table;
  return {
    ...table,
    columns: table.columns.filter(({ name }) => kept(name)),
    primaryKey: table.primaryKey.every(kept) ? table.primaryKey : [],
    relations: table.relations.filter(({ columns }) => columns.every(kept)),
    indexes: table.indexes.filter((columns) => columns.every(kept)),
    write: {
      ...write,
      create: write.create?.filter(kept) ?? null,
      update: write.update?.filter(kept) ?? null,
      presets: write.presets.filter(({ column }) => kept(column)),
    },
  };
}
