/**
 * Whose the rows of each table are: the `tenant`, `workspace` and `user` of the policy, resolved to columns and chains of parents.
 */
import type { CatalogColumn, CatalogForeignKey, CatalogTable } from './catalog.js';
import type { Scope, ScopeAxis, ScopeColumn, ScopeVia } from './compiled.js';
import type { PolicyPath } from './complaint.js';
import type { Policy, TablePolicyTenancy } from './defaults.js';
import type { Findings } from './findings.js';
import { findColumn, type ListedTable, type References } from './references.js';
import { kindOf } from './value.js';

/** The axes, widest first. */
const AXES: readonly ScopeAxis[] = ['tenant', 'workspace', 'user'];

/** The scope of every table of the policy that has one; complains about those that cannot have what they ask for. */
export function resolveScopes(
  policy: Policy,
  references: References,
  findings: Findings,
): ReadonlyMap<ListedTable, Scope> {
  const resolver = new ScopeResolver(policy, references, findings);
  const scopes = new Map<ListedTable, Scope>();
  for (const table of references.tables) {
    const scope = resolver.scopeOf(table, []);
    if (scope !== undefined) scopes.set(table, scope);
  }
  return scopes;
}

/**
 * The part of a scope that a role of this reach is held to: axes narrower than the reach are dropped, and their columns are
 * ordinary ones then. What a parent brings stays: its own axes are dropped where the parent is looked at.
 */
export function scopeWithin(scope: Scope, reach: ScopeAxis): Scope {
  if (scope.kind !== 'scoped') return scope;
  const columns = scope.columns.filter(({ axis }) => AXES.indexOf(axis) <= AXES.indexOf(reach));
  return columns.length === 0 && scope.via === null ? { kind: 'single' } : { ...scope, columns };
}

class ScopeResolver {
  readonly #policy: Policy;
  readonly #references: References;
  readonly #findings: Findings;
  readonly #known = new Map<ListedTable, Scope | undefined>();

  constructor(policy: Policy, references: References, findings: Findings) {
    this.#policy = policy;
    this.#references = references;
    this.#findings = findings;
  }

  /** Undefined where a complaint says why. `children` are the tables whose chains led here. */
  scopeOf(table: ListedTable, children: readonly ListedTable[]): Scope | undefined {
    if (this.#known.has(table)) return this.#known.get(table);
    const start = children.indexOf(table);
    if (start !== -1) {
      const circle = [...children.slice(start), table].map(({ name }) => name);
      this.#findings.complain(
        ['tables', table.key, 'tenant', 'via'],
        `leads in a circle: ${circle.join(' → ')}`,
        {
          suggestion: 'one of them needs a tenant column of its own',
        },
      );
      return undefined;
    }
    const scope = this.#resolve(table, children);
    this.#known.set(table, scope);
    return scope;
  }

  #resolve(table: ListedTable, children: readonly ListedTable[]): Scope | undefined {
    const { tenant } = table.entry;
    const narrower = this.#narrowerColumns(table);
    if (tenant === 'shared') return this.#shared(table);
    if (tenant === null) return this.#withoutTenant(table, narrower);
    if ('column' in tenant) {
      const column = this.#ownTenantColumn(table, tenant.column);
      if (column === undefined || narrower === undefined) return undefined;
      return { kind: 'scoped', columns: [column, ...narrower], via: null };
    }
    const link =
      table.source.kind === 'materialized_view' ? this.#noVia(table) : this.#via(table, tenant, children);
    if (link === undefined || narrower === undefined) return undefined;
    const { parentScope, ...via } = link;
    const carried = carriedColumns(table.source, via, parentScope).filter(
      ({ axis }) => !narrower.some((column) => column.axis === axis),
    );
    return { kind: 'scoped', columns: [...carried, ...narrower], via };
  }

  #shared(table: ListedTable): Scope | undefined {
    const axis = (['workspace', 'user'] as const).find((name) => table.entry[name] !== null);
    if (axis === undefined) return { kind: 'shared' };
    this.#findings.complain(
      ['tables', table.key, axis],
      `a shared table belongs to nobody, so it has no ${axis}`,
    );
    return undefined;
  }

  #withoutTenant(table: ListedTable, narrower: readonly ScopeColumn[] | undefined): Scope | undefined {
    if (this.#policy.tenancy === 'single') {
      if (narrower === undefined) return undefined;
      return narrower.length === 0 ? { kind: 'single' } : { kind: 'scoped', columns: narrower, via: null };
    }
    this.#findings.complain(['tables', table.key], 'has no tenancy: whose are its rows?', {
      suggestion: 'tenant: { column: … }, { via: … } or shared',
    });
    return undefined;
  }

  #ownTenantColumn(table: ListedTable, column: string): ScopeColumn | undefined {
    const path = ['tables', table.key, 'tenant', 'column'];
    if (this.#policy.tenancy === 'single') {
      this.#findings.complain(path, 'tenancy is single: one tenant owns every row', {
        suggestion: 'leave tenant out, or write tenancy: multi',
      });
      return undefined;
    }
    return this.#scopeColumn(table, 'tenant', column, path);
  }

  #narrowerColumns(table: ListedTable): readonly ScopeColumn[] | undefined {
    const found: ScopeColumn[] = [];
    let complete = true;
    for (const axis of ['workspace', 'user'] as const) {
      const name = table.entry[axis];
      if (name === null) continue;
      const column = this.#scopeColumn(table, axis, name, ['tables', table.key, axis, 'column']);
      if (column === undefined) complete = false;
      else found.push(column);
    }
    return complete ? found : undefined;
  }

  #scopeColumn(table: ListedTable, axis: ScopeAxis, name: string, path: PolicyPath): ScopeColumn | undefined {
    const column = findColumn(table.source, name, path, this.#findings);
    if (column === undefined) return undefined;
    if (['opaque', 'boolean', 'date', 'time'].includes(kindOf(column))) {
      this.#findings.complain(path, `a ${axis} cannot be told from a column of type ${column.type}`);
      return undefined;
    }
    if (!column.notNull)
      this.#findings.note(
        path,
        `${column.name} may be null, and rows where it is are nobody’s: no agent sees them`,
      );
    if (axis === 'tenant') this.#noteMissingIndex(table, [column.name], path);
    return { axis, column: column.name, castType: column.castType };
  }

  /** Nothing but its own WHERE holds the boundary on a materialised view, and that asks no other table. */
  #noVia(table: ListedTable): undefined {
    this.#findings.complain(
      ['tables', table.key, 'tenant', 'via'],
      'is a materialised view, whose rows can only belong by a column of their own',
      { suggestion: 'select the tenant in its definition, and name that: tenant: { column: … }' },
    );
    return undefined;
  }

  #via(
    table: ListedTable,
    tenant: Extract<TablePolicyTenancy, { via: string }>,
    children: readonly ListedTable[],
  ): (ScopeVia & { readonly parentScope: Scope }) | undefined {
    const path = ['tables', table.key, 'tenant', 'via'];
    const reference = this.#references.table(tenant.via);
    if (reference.kind === 'broken') return undefined;
    if (reference.kind !== 'listed') {
      const unlisted = reference.kind === 'unlisted';
      this.#findings.complain(
        path,
        unlisted ? `${tenant.via} has no tenancy in this policy` : reference.message,
        unlisted ? { suggestion: 'add it under tables' } : reference,
      );
      return undefined;
    }
    const parent = reference.table;
    if (parent.source.kind === 'materialized_view') {
      this.#findings.complain(
        path,
        `${parent.key} is a materialised view: a copy that may be out of date, so nothing can belong through it`,
        { suggestion: 'name the table that it is made from' },
      );
      return undefined;
    }
    const scope = this.scopeOf(parent, [...children, table]);
    const pairs = this.#link(table, parent, tenant.on);
    if (scope === undefined || pairs === undefined) return undefined;
    if (scope.kind !== 'scoped') {
      const why =
        scope.kind === 'shared' ? 'is shared: it belongs to nobody' : 'has no workspace or user to inherit';
      this.#findings.complain(path, `${parent.name} ${why}`, {
        suggestion: scope.kind === 'shared' ? 'name a parent that has a tenant' : 'leave tenant out',
      });
      return undefined;
    }
    this.#noteMissingIndex(table, pairs.columns, path);
    const nullable = pairs.columns.filter((name) => !columnOf(table.source, name)?.notNull);
    if (nullable.length > 0)
      this.#findings.note(
        path,
        `${nullable.join(', ')} may be null, and rows without a parent are nobody’s: no agent sees them`,
      );
    return { parent: parent.name, ...pairs, parentScope: scope };
  }

  #link(
    table: ListedTable,
    parent: ListedTable,
    on: Readonly<Record<string, string>> | null,
  ): Omit<ScopeVia, 'parent'> | undefined {
    if (on !== null) return this.#explicitLink(table, parent, on);
    const path = ['tables', table.key, 'tenant', 'via'];
    const keys = distinctKeys(table.source.foreignKeys.filter((key) => leadsTo(key, parent.source)));
    const [only, ...more] = keys;
    if (only === undefined) {
      this.#findings.complain(path, `no foreign key leads from ${table.key} to ${parent.key}`, {
        suggestion: 'say which columns link them: on: { own_column: parent_column }',
      });
      return undefined;
    }
    if (more.length > 0) {
      const choices = keys.map((key) => `on: { ${pairsOf(key).join(', ')} }`);
      this.#findings.complain(path, `${keys.length} foreign keys lead from ${table.key} to ${parent.key}`, {
        suggestion: `choose one: ${choices.join(' or ')}`,
      });
      return undefined;
    }
    return { columns: only.columns, parentColumns: only.refColumns };
  }

  #explicitLink(
    table: ListedTable,
    parent: ListedTable,
    on: Readonly<Record<string, string>>,
  ): Omit<ScopeVia, 'parent'> | undefined {
    const path = ['tables', table.key, 'tenant', 'on'];
    const columns: string[] = [];
    const parentColumns: string[] = [];
    let complete = true;
    for (const [own, other] of Object.entries(on)) {
      const column = findColumn(table.source, own, [...path, own], this.#findings);
      const parentColumn = findColumn(parent.source, other, [...path, own], this.#findings);
      if (column === undefined || parentColumn === undefined) complete = false;
      else if (!comparable(column, parentColumn)) {
        this.#findings.complain(
          [...path, own],
          `${column.name} is ${column.type} and ${parentColumn.name} is ${parentColumn.type}: they cannot be compared`,
        );
        complete = false;
      } else {
        columns.push(column.name);
        parentColumns.push(parentColumn.name);
      }
    }
    if (!complete) return undefined;
    if (columns.length === 0) {
      this.#findings.complain(path, 'names no columns', { suggestion: 'on: { own_column: parent_column }' });
      return undefined;
    }
    if (!isUnique(parent.source, parentColumns)) {
      this.#findings.complain(
        path,
        `${parentColumns.join(', ')} is not unique in ${parent.key}: a row could have two owners`,
        {
          suggestion: `link to a unique key of ${parent.key}, or give it one`,
        },
      );
      return undefined;
    }
    return { columns, parentColumns };
  }

  #noteMissingIndex(table: ListedTable, columns: readonly string[], path: PolicyPath): void {
    const served = table.source.indexes.some(
      (index) =>
        !index.partial && columns.every((name) => index.columns.slice(0, columns.length).includes(name)),
    );
    if (!served)
      this.#findings.note(
        path,
        `no index of ${table.key} leads with ${columns.join(', ')}: each call reads the whole table`,
      );
  }
}

/**
 * The columns of a composite link that hold the parent's own scope: `(org, order_no)` to a parent scoped by `org` carries the tenant in the
 * child as well. They are the boundary's there too: hidden, filled in on create, and compared without asking the parent.
 */
function carriedColumns(table: CatalogTable, via: ScopeVia, parent: Scope): readonly ScopeColumn[] {
  if (parent.kind !== 'scoped') return [];
  return via.columns.flatMap((name, at) => {
    const held = parent.columns.find(({ column }) => column === via.parentColumns[at]);
    const own = columnOf(table, name);
    return held === undefined || own === undefined
      ? []
      : [{ axis: held.axis, column: name, castType: own.castType }];
  });
}

/** Whether the columns hold the whole of a unique key, partial indexes not counted. */
function isUnique(table: CatalogTable, columns: readonly string[]): boolean {
  const partial = new Set(table.indexes.filter((index) => index.partial).map((index) => index.name));
  return table.uniqueKeys.some(
    (key) =>
      !partial.has(key.name) && key.columns.length > 0 && key.columns.every((name) => columns.includes(name)),
  );
}

function comparable(a: CatalogColumn, b: CatalogColumn): boolean {
  if (a.castType === b.castType) return true;
  const kinds = [kindOf(a), kindOf(b)];
  return kinds.every((kind) => kind === 'integer') || kinds.every((kind) => kind === 'text');
}

function leadsTo(key: CatalogForeignKey, table: CatalogTable): boolean {
  return key.refSchema === table.schema && key.refTable === table.name;
}

/** Foreign keys, those over the same columns counted once. */
function distinctKeys(keys: readonly CatalogForeignKey[]): readonly CatalogForeignKey[] {
  const byColumns = new Map<string, CatalogForeignKey>();
  for (const key of keys) {
    const columns = JSON.stringify(pairsOf(key).sort());
    if (!byColumns.has(columns)) byColumns.set(columns, key);
  }
  return [...byColumns.values()];
}

function pairsOf(key: CatalogForeignKey): string[] {
  return key.columns.map((column, index) => `${column}: ${key.refColumns[index] ?? ''}`);
}

function columnOf(table: CatalogTable, name: string): CatalogColumn | undefined {
  return table.columns.find((column) => column.name === name);
}
