/**
 * Foreign keys that a write can set: the parent must exist inside the boundary. PostgreSQL's own check runs as the table's owner and
 * would accept another tenant's row, and tell by its refusal whether one exists.
 */
import type { GuardedKey, SliceTable } from '../policy/compiled.js';
import type { DesiredObject } from './desired-object.js';
import { guardFunction } from './names.js';
import { comparison } from './operator.js';
import { quoteIdent, quoteName } from './quote.js';
import { policiesAsked } from './row-rule.js';
import { keyInside, policyTable, type RoleScope } from './scope.js';

/** The conditions for WITH CHECK, and the functions that some of them call. */
export function guardedKeyChecks(
  of: RoleScope,
  slice: SliceTable,
  prefix: string,
): { readonly checks: readonly string[]; readonly functions: readonly DesiredObject[] } {
  const checks: string[] = [];
  const functions: DesiredObject[] = [];
  for (const key of slice.write.guardedKeys) {
    const own = key.columns.map((column) => `${prefix}.${quoteIdent(column)}`);
    const absent = own.map((column) => `${column} is null`);
    if (policiesAsked(of, key.parent).has(slice.name)) {
      const guard = guardKeyFunction(of, slice, key);
      functions.push(guard.object);
      checks.push(`(${[...absent, ...itself(of, slice, key, prefix), guard.call(own)].join(' or ')})`);
    } else {
      checks.push(`(${[...absent, keyInside(of, own, key.parent, key.parentColumns)].join(' or ')})`);
    }
  }
  return { checks, functions };
}

/** A row may refer to itself, which it cannot find in its table before it is there. */
function itself(of: RoleScope, slice: SliceTable, key: GuardedKey, prefix: string): readonly string[] {
  if (key.parent !== slice.name) return [];
  const table = of.index.table(slice.schema, slice.table);
  const same = key.columns.map((column, at) => {
    const other = key.parentColumns[at] ?? column;
    return `${prefix}.${quoteIdent(column)} ${comparison('=', of.index.column(table, other))} ${prefix}.${quoteIdent(other)}`;
  });
  return [same.length === 1 ? (same[0] ?? 'false') : `(${same.join(' and ')})`];
}

/**
 * PostgreSQL refuses a policy that reads its own table, directly or through the policies of a parent. A function of the view role's is
 * planned on its own, under the same row security.
 */
function guardKeyFunction(
  of: RoleScope,
  slice: SliceTable,
  key: GuardedKey,
): { readonly object: DesiredObject; readonly call: (keys: readonly string[]) => string } {
  const { role } = of;
  const table = of.index.table(slice.schema, slice.table);
  const types = key.columns.map((column) => of.index.column(table, column).castType);
  const name = guardFunction(slice.name, key.columns);
  const signature = `${quoteName(role.scopeSchema, name)}(${types.join(', ')})`;
  const keys = types.map((_, at) => `$${at + 1}`);
  const parent = policyTable(of.policy, key.parent);
  return {
    call: (own) =>
      `${quoteName(role.scopeSchema, name)}(${own.map((column, at) => `${column}::${types[at]}`).join(', ')})`,
    object: {
      address: { kind: 'function', schema: role.scopeSchema, name },
      identity: `${role.scopeSchema}.${name}(${types.join(', ')})`,
      create: guardSql(of, signature, keyInside(of, keys, key.parent, key.parentColumns)),
      repair: guardSql(of, signature, keyInside(of, keys, key.parent, key.parentColumns)),
      drop: [`drop function ${signature}`],
      for: [role.sliceRole],
      why: `a ${slice.name} that ${role.name} writes may refer to ${parent.schema}.${parent.table} inside the boundary only`,
    },
  };
}

function guardSql(of: RoleScope, signature: string, condition: string): readonly string[] {
  return [
    `create or replace function ${signature} returns pg_catalog.bool\nlanguage sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp\nbegin atomic\n  select ${condition};\nend`,
    `alter function ${signature} owner to ${quoteIdent(of.role.viewRole)}`,
    `revoke all on function ${signature} from public`,
    `grant execute on function ${signature} to ${quoteIdent(of.role.sliceRole)}`,
  ];
}
