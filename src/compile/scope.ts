/**
 * Which rows are inside a boundary, as SQL conditions.
 *
 * A table's scope is its own columns, a parent's, or both. Each condition compares with what the seal says, asked once per
 * statement: `(select ringfence.tenant('support')::pg_catalog.uuid)` answers NULL, and so no row, unless the seal is genuine and was
 * opened for that role.
 */
import { RingfenceError } from '../errors.js';
import type { CatalogTable } from '../policy/catalog.js';
import type {
  CompiledPolicy,
  CompiledRole,
  PolicyTable,
  Scope,
  ScopeAxis,
  ScopeColumn,
} from '../policy/compiled.js';
import type { CatalogIndex } from './catalog-index.js';
import { ANY_ROLE } from './names.js';
import { comparison, hasCoreOperators } from './operator.js';
import { quoteIdent, quoteLiteral, quoteName } from './quote.js';

/** One role's view of a policy, and what its conditions turn out to read of other tables. */
export interface RoleScope {
  readonly policy: CompiledPolicy;
  readonly index: CatalogIndex;
  readonly role: CompiledRole;
  /** Told of every column that a condition reads in a table other than the one it is for. */
  readonly reads: (table: CatalogTable, columns: readonly string[]) => void;
}

const ACCESSORS: Readonly<Record<ScopeAxis, string>> = {
  tenant: 'tenant',
  workspace: 'workspace',
  user: 'user_id',
};

const WITHIN_REACH: Readonly<Record<ScopeAxis, readonly ScopeAxis[]>> = {
  tenant: ['tenant'],
  workspace: ['tenant', 'workspace'],
  user: ['tenant', 'workspace', 'user'],
};

/** The boundary's value on an axis, as a value of a type. */
export function boundaryValue(role: CompiledRole, axis: ScopeAxis, castType: string): string {
  return `(select ringfence.${ACCESSORS[axis]}(${askedAs(role)})::${castType})`;
}

/** True while a genuine seal for the role is open. */
export function sealOpen(role: CompiledRole): string {
  return `(select ringfence.tenant(${askedAs(role)})) is not null`;
}

/** A slice's role asks for a seal of its own; the product's tools serve whatever role a call came from. */
function askedAs({ name }: CompiledRole): string {
  return name === ANY_ROLE ? '' : quoteLiteral(name);
}

/** A table's own scope columns that the role's reach does not pass over. */
export function columnsInReach(scope: Scope, reach: ScopeAxis): readonly ScopeColumn[] {
  if (scope.kind !== 'scoped') return [];
  return scope.columns.filter((column) => WITHIN_REACH[reach].includes(column.axis));
}

/** @throws RingfenceError `policy_invalid` where the policy has no such table. */
export function policyTable(policy: CompiledPolicy, name: string): PolicyTable {
  const table = policy.tables.get(name);
  if (table === undefined)
    throw new RingfenceError('policy_invalid', `The policy has no table ${JSON.stringify(name)}.`);
  return table;
}

/**
 * The condition under which a row of a table is inside the role's boundary.
 *
 * @param prefix what the row is called in the statement, as SQL: a table name or an alias
 */
export function scopeCondition(of: RoleScope, name: string, prefix: string, depth = 0): string {
  const { scope, schema, table } = policyTable(of.policy, name);
  if (ancestors(of.policy, name).includes(name)) {
    throw new RingfenceError(
      'policy_invalid',
      `The parents of table ${JSON.stringify(name)} lead back to it. Give one of them a column.`,
    );
  }
  if (scope.kind !== 'scoped') return sealOpen(of.role);
  const here = of.index.table(schema, table);
  const conditions = columnsInReach(scope, of.role.reach).map((own) => {
    const operator = comparison('=', of.index.column(here, own.column));
    return `${prefix}.${quoteIdent(own.column)} ${operator} ${boundaryValue(of.role, own.axis, own.castType)}`;
  });
  if (scope.via !== null) {
    const { parent, columns, parentColumns } = scope.via;
    const keys = columns.map((column) => `${prefix}.${quoteIdent(column)}`);
    conditions.push(keyInside(of, keys, parent, parentColumns, depth + 1));
  }
  return conditions.length === 0 ? sealOpen(of.role) : conditions.join(' and ');
}

/**
 * The condition under which a key leads to a row that exists and is inside the boundary. A parent that is hidden and one that is
 * absent are the same to it.
 *
 * @param keys the referencing values, as SQL, each qualified
 */
export function keyInside(
  of: RoleScope,
  keys: readonly string[],
  parent: string,
  parentColumns: readonly string[],
  depth = 0,
  also: (alias: string) => string | null = () => null,
): string {
  const { schema, table } = policyTable(of.policy, parent);
  const there = of.index.table(schema, table);
  const alias = quoteIdent(`ringfence_${depth}`);
  of.reads(there, [...parentColumns, ...columnsReadByScope(of, parent)]);
  const extra = also(alias);
  const inside = scopeCondition(of, parent, alias, depth) + (extra === null ? '' : ` and ${extra}`);
  const from = `from ${quoteName(schema, table)} as ${alias}`;
  const types = parentColumns.map((column) => of.index.column(there, column));
  if (types.every(hasCoreOperators)) {
    const selected = parentColumns.map((column) => `${alias}.${quoteIdent(column)}`).join(', ');
    return `${keys.length === 1 ? keys[0] : `(${keys.join(', ')})`} in (select ${selected} ${from} where ${inside})`;
  }
  // IN looks its operator up by search path; an extension's type needs its own.
  const matches = types.map(
    (type, at) => `${alias}.${quoteIdent(type.name)} ${comparison('=', type)} ${keys[at]}`,
  );
  return `exists (select ${from} where ${matches.join(' and ')} and ${inside})`;
}

/** The columns of a table's own that its scope condition looks at. */
function columnsReadByScope(of: RoleScope, name: string): readonly string[] {
  const { scope } = policyTable(of.policy, name);
  if (scope.kind !== 'scoped') return [];
  return [...columnsInReach(scope, of.role.reach).map((own) => own.column), ...(scope.via?.columns ?? [])];
}

/** The policy names of a table's parents, nearest first. */
export function ancestors(policy: CompiledPolicy, name: string): readonly string[] {
  const found: string[] = [];
  for (let at = policyTable(policy, name); at.scope.kind === 'scoped' && at.scope.via !== null; ) {
    const { parent } = at.scope.via;
    if (found.includes(parent)) break;
    found.push(parent);
    at = policyTable(policy, parent);
  }
  return found;
}
