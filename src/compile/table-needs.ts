/**
 * What one role's views, rules and parents need of the base tables: the column-level rights of its view role, and no more.
 */
import type { CatalogTable } from '../policy/catalog.js';
import type { CompiledRole } from '../policy/compiled.js';
import { type CatalogIndex, tableKey } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { splitQualified } from './operator.js';
import { quoteIdent, quoteName } from './quote.js';

/** Rights on one base table. */
export interface TableNeeds {
  readonly table: CatalogTable;
  readonly select: Set<string>;
  readonly insert: Set<string>;
  readonly update: Set<string>;
  delete: boolean;
}

/** Collects rights while the statements that need them are written. */
export class RoleNeeds {
  readonly #tables = new Map<string, TableNeeds>();

  of(table: CatalogTable): TableNeeds {
    const key = tableKey(table.schema, table.name);
    let needs = this.#tables.get(key);
    if (needs === undefined) {
      needs = { table, select: new Set(), insert: new Set(), update: new Set(), delete: false };
      this.#tables.set(key, needs);
    }
    return needs;
  }

  readonly read = (table: CatalogTable, columns: readonly string[]): void => {
    const { select } = this.of(table);
    for (const column of columns) select.add(column);
  };

  /** By schema and name, so that the order never depends on how the policy was written. */
  all(): readonly TableNeeds[] {
    return [...this.#tables.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, needs]) => needs);
  }
}

/** The rights as grants to the role's view role, one object per table. */
export function tableGrants(role: CompiledRole, needs: RoleNeeds): readonly DesiredObject[] {
  return needs.all().map(({ table, select, insert, update, delete: deletes }) => {
    const on = `on table ${quoteName(table.schema, table.name)}`;
    const to = quoteIdent(role.viewRole);
    const inOrder = (columns: ReadonlySet<string>): string =>
      table.columns.flatMap(({ name }) => (columns.has(name) ? [quoteIdent(name)] : [])).join(', ');
    const rights: string[] = [];
    const words: string[] = [];
    for (const [right, columns] of [
      ['select', select],
      ['insert', insert],
      ['update', update],
    ] as const) {
      if (columns.size === 0) continue;
      rights.push(`${right} (${inOrder(columns)})`);
      words.push(`${right} on ${columns.size} of ${table.columns.length} columns`);
    }
    if (deletes) {
      rights.push('delete');
      words.push('delete');
    }
    return {
      address: { kind: 'table_grant', schema: table.schema, name: table.name, role: role.viewRole },
      identity: `${table.schema}.${table.name} to ${role.viewRole}`,
      create: [`grant ${rights.join(', ')} ${on} to ${to}`],
      // Takes the rights on columns with it.
      drop: [`revoke all ${on} from ${to}`],
      for: [role.viewRole],
      why: `the views of ${role.name} need ${words.join(', ')} of ${table.schema}.${table.name}; no other column can be reached through them`,
    };
  });
}

/** Rights on sequences behind the defaults of tables that the role may create rows in. */
export function sequenceGrants(index: CatalogIndex, role: CompiledRole): readonly DesiredObject[] {
  const names = new Set<string>();
  for (const slice of role.tables.values()) {
    if (slice.write.create === null) continue;
    for (const column of index.table(slice.schema, slice.table).columns) {
      if (column.defaultSequence !== null) names.add(column.defaultSequence);
    }
  }
  return [...names].sort().map((name) => {
    const [schema, sequence] = splitQualified(name);
    const on = `on sequence ${quoteName(schema, sequence)}`;
    return {
      address: { kind: 'table_grant', schema, name: sequence, role: role.sliceRole },
      identity: `${schema}.${sequence} to ${role.sliceRole}`,
      create: [`grant usage ${on} to ${quoteIdent(role.sliceRole)}`],
      drop: [`revoke all ${on} from ${quoteIdent(role.sliceRole)}`],
      for: [role.sliceRole],
      why: `rows that ${role.name} creates take their numbers from sequence ${schema}.${sequence}`,
    };
  });
}
