/**
 * Row-level security: which base tables get it, the policies of each role, and what keeps everybody else where they were.
 *
 * A row is inside when one restrictive policy says so. A permissive one lets the view role past PostgreSQL's default refusal; it is
 * not what decides, so that another permissive policy beside it, `using (true)` for PUBLIC even, opens nothing.
 */
import { RingfenceError } from '../errors.js';
import type { CatalogTable } from '../policy/catalog.js';
import type { CompiledPolicy, PolicyTable, Scope } from '../policy/compiled.js';
import type { CatalogIndex } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { guardedKeyChecks } from './guarded-keys.js';
import {
  ANY_ROLE,
  boundaryPolicy,
  CLOSED_POLICY,
  FENCE_POLICY,
  GATEWAY_ROLE,
  openPolicy,
  passThroughPolicy,
} from './names.js';
import { quoteIdent, quoteName } from './quote.js';
import { rowRule } from './row-rule.js';
import { ancestors, policyTable, type RoleScope, scopeCondition } from './scope.js';

/** The policy tables of one base table that Ringfence protects. */
export interface ProtectedTable {
  readonly table: CatalogTable;
  readonly policyTable: PolicyTable;
}

/**
 * The base tables that get row security: those whose rows belong to somebody and that a slice or a parent chain needs; and reference
 * data only where a row rule narrows it or the product itself protects it.
 */
export function protectedTables(
  policy: CompiledPolicy,
  index: CatalogIndex,
): ReadonlyMap<string, ProtectedTable> {
  const names = new Map<string, boolean>();
  for (const role of policy.roles.values()) {
    for (const slice of role.tables.values()) {
      const guarded = slice.write.guardedKeys.map(({ parent }) => parent);
      for (const name of [slice.name, ...guarded].flatMap((one) => [one, ...ancestors(policy, one)])) {
        names.set(name, (names.get(name) ?? false) || (name === slice.name && slice.rows !== null));
      }
    }
  }
  // The product's own tools reach every table of the policy.
  if (policy.ownTools.size > 0)
    for (const name of policy.tables.keys()) names.set(name, names.get(name) ?? false);
  const found = new Map<string, ProtectedTable>();
  for (const [name, narrowed] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const of = policyTable(policy, name);
    const table = index.table(of.schema, of.table);
    // Its slice views hold the boundary themselves.
    if (table.kind === 'materialized_view') continue;
    if (of.scope.kind === 'shared' && !narrowed && !table.rowSecurity) continue;
    if (table.kind !== 'table' && table.kind !== 'partitioned') {
      throw new RingfenceError(
        'policy_invalid',
        `${table.schema}.${table.name} is a ${table.kind.replace('_', ' ')}: PostgreSQL has no row security for it, so it cannot be fenced. Name the tables it reads instead, or leave it out.`,
      );
    }
    found.set(name, { table, policyTable: of });
  }
  return found;
}

/** Switches row security on for a table, and leaves those who could use it before exactly where they were. */
export function protection(
  { table }: ProtectedTable,
  members: ReadonlySet<string>,
  policy: CompiledPolicy,
): readonly DesiredObject[] {
  const on = quoteName(table.schema, table.name);
  const label = `${table.schema}.${table.name}`;
  const objects: DesiredObject[] = [];
  if (!table.rowSecurity) {
    for (const grantee of existingGrantees(table, members)) {
      const name = passThroughPolicy(grantee);
      const to = grantee === 'public' ? 'public' : quoteIdent(grantee);
      objects.push({
        address: { kind: 'policy', schema: table.schema, name: table.name, policy: name },
        identity: `${label}: ${name}`,
        create: [
          `create policy ${quoteIdent(name)} on ${on} as permissive for all to ${to} using (true) with check (true)`,
        ],
        drop: [`drop policy ${quoteIdent(name)} on ${on}`],
        for: [grantee],
        why: `${grantee === 'public' ? 'every role' : grantee} uses ${label} as before; it passes the boundary by`,
      });
    }
    objects.push({
      address: { kind: 'row_security', schema: table.schema, name: table.name },
      identity: label,
      create: [`alter table ${on} enable row level security`],
      drop: [`alter table ${on} disable row level security`],
      for: existingGrantees(table, members),
      why: `rows of ${label} are judged one by one; its owner ${table.owner} is not affected`,
    });
  }
  const closed = [...[...policy.roles.values()].map(({ sliceRole }) => sliceRole).sort(), GATEWAY_ROLE];
  const fence = table.rowSecurity ? CLOSED_POLICY : FENCE_POLICY;
  objects.push({
    address: { kind: 'policy', schema: table.schema, name: table.name, policy: fence },
    identity: `${label}: ${fence}`,
    create: [
      `create policy ${quoteIdent(fence)} on ${on} as restrictive for all to ${closed.map(quoteIdent).join(', ')} using (false) with check (false)`,
    ],
    drop: [`drop policy ${quoteIdent(fence)} on ${on}`],
    for: closed,
    why: `agents reach ${label} through their views only, whatever PUBLIC is granted`,
  });
  return objects;
}

/** Who, beside the owner, may read or write a table: by its grants, and by membership in PostgreSQL's own reader and writer roles. */
export function existingGrantees(table: CatalogTable, members: ReadonlySet<string>): readonly string[] {
  // FORCE, set while row security was off, would catch the owner too.
  const affected = new Set<string>(table.forceRowSecurity ? [table.owner] : []);
  for (const { grantee, privilege } of table.grants) {
    if (grantee === table.owner) continue;
    if (['select', 'insert', 'update', 'delete'].includes(privilege)) affected.add(grantee);
  }
  for (const group of ['pg_read_all_data', 'pg_write_all_data']) if (members.has(group)) affected.add(group);
  return [...affected].sort();
}

/** One role's policies on one table. */
export function rolePolicies(
  of: RoleScope,
  { table, policyTable: name }: ProtectedTable,
): readonly DesiredObject[] {
  const { role } = of;
  const on = quoteName(table.schema, table.name);
  const label = `${table.schema}.${table.name}`;
  const prefix = quoteIdent(table.name);
  const whose = role.name === ANY_ROLE ? "the product's tools" : role.name;
  const slice = role.tables.get(name.name);
  const rule = slice?.rows ? [rowRule(of, slice, slice.rows, prefix)] : [];
  const using = [scopeCondition(of, name.name, prefix), ...rule].join(' and ');
  const guards = slice === undefined ? { checks: [], functions: [] } : guardedKeyChecks(of, slice, prefix);
  const check = [using, ...guards.checks].join(' and ');
  const policy = (name: string, kind: string, using: string, check: string, why: string): DesiredObject => ({
    address: { kind: 'policy', schema: table.schema, name: table.name, policy: name },
    identity: `${label}: ${name}`,
    create: [
      `create policy ${quoteIdent(name)} on ${on} as ${kind} for all to ${quoteIdent(role.viewRole)}\n  using (${using})\n  with check (${check})`,
    ],
    drop: [`drop policy ${quoteIdent(name)} on ${on}`],
    for: [role.viewRole],
    why,
  });
  return [
    ...guards.functions,
    policy(
      boundaryPolicy(role.name),
      'restrictive',
      using,
      check,
      `${whose} reach${whose === role.name ? 'es' : ''} rows of ${label} ${scopeWords(name.scope)}${rule.length > 0 ? ', as far as its row rule says' : ''}`,
    ),
    policy(
      openPolicy(role.name),
      'permissive',
      'true',
      'true',
      `lets ${whose} past the default refusal; the boundary decides`,
    ),
  ];
}

function scopeWords(scope: Scope): string {
  if (scope.kind !== 'scoped') return 'while a boundary is open';
  const parts = scope.columns.map(({ axis, column }) => `whose ${column} is its ${axis}`);
  if (scope.via !== null) parts.push(`whose ${scope.via.parent} it reaches`);
  return parts.join(' and ');
}
