/**
 * What carries Ringfence's name in the product's part of the database, recorded or not: policies on a table that was renamed since, row
 * security switched on with them, rights that somebody gave to a slice or view role. Where no policy asks for it, it goes.
 */
import type { ObjectAddress } from '../../compile/desired-object.js';
import { FENCE_POLICY } from '../../compile/names.js';
import { objectKey, type RecordedObject } from '../../compile/plan.js';
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Queryable } from '../migrate.js';

const POLICIES = `
select n.nspname as schema, c.relname as name, p.polname as policy, c.relrowsecurity as enabled
from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where pg_catalog.starts_with(p.polname, 'ringfence_')
order by 1, 2, 3`;

/** Views of a slice carry their rights with them; schema ringfence is judged by function. */
const GRANTS = `
select distinct n.nspname as schema, c.relname as name, r.rolname as role, c.relkind = 'S' as sequence
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select e.grantee from pg_catalog.aclexplode(c.relacl) e
  union
  select e.grantee from pg_catalog.pg_attribute a cross join lateral pg_catalog.aclexplode(a.attacl) e where a.attrelid = c.oid
) g
join pg_catalog.pg_roles r on r.oid = g.grantee and r.rolname ~ '^ringfence_(view|slice)_'
where n.nspname <> 'ringfence' and not pg_catalog.starts_with(pg_catalog.pg_get_userbyid(c.relowner), 'ringfence_')
order by 1, 2, 3`;

/** The same on functions and schemas: a function of PostgreSQL's own is one too. */
const FUNCTION_GRANTS = `
select distinct n.nspname as schema, p.proname as name, pg_catalog.oidvectortypes(p.proargtypes) as arguments, r.rolname as role
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
cross join lateral pg_catalog.aclexplode(p.proacl) e
join pg_catalog.pg_roles r on r.oid = e.grantee and r.rolname ~ '^ringfence_(view|slice)_'
where n.nspname <> 'ringfence' and not pg_catalog.starts_with(pg_catalog.pg_get_userbyid(p.proowner), 'ringfence_')
order by 1, 2, 3, 4`;

const SCHEMA_GRANTS = `
select distinct n.nspname as schema, r.rolname as role
from pg_catalog.pg_namespace n
cross join lateral pg_catalog.aclexplode(n.nspacl) e
join pg_catalog.pg_roles r on r.oid = e.grantee and r.rolname ~ '^ringfence_(view|slice)_'
where n.nspname <> 'ringfence' and not pg_catalog.starts_with(pg_catalog.pg_get_userbyid(n.nspowner), 'ringfence_')
order by 1, 2`;

/** Everything of that kind which is not among `known`, as if it had been recorded. */
export async function readStrays(
  client: Queryable,
  known: ReadonlySet<string>,
): Promise<readonly RecordedObject[]> {
  const policies = await client.query(POLICIES);
  const grants = await client.query(GRANTS);
  const functions = await client.query(FUNCTION_GRANTS);
  const schemas = await client.query(SCHEMA_GRANTS);
  const found: RecordedObject[] = [];
  const add = (address: ObjectAddress, identity: string, drop: string): void => {
    if (known.has(objectKey({ address, identity }))) return;
    found.push({
      address,
      identity,
      definition: '',
      fingerprint: null,
      drop: [drop],
      position: -found.length,
    });
  };
  for (const { schema, name, policy, enabled } of policies.rows as readonly PolicyRow[]) {
    const on = quoteName(schema, name);
    add(
      { kind: 'policy', schema, name, policy },
      `${schema}.${name}: ${policy}`,
      `drop policy ${quoteIdent(policy)} on ${on}`,
    );
    if (policy === FENCE_POLICY && enabled) {
      add(
        { kind: 'row_security', schema, name },
        `${schema}.${name}`,
        `alter table ${on} disable row level security`,
      );
    }
  }
  for (const { schema, name, role, sequence } of grants.rows as readonly GrantRow[]) {
    const on = `${sequence ? 'sequence' : 'table'} ${quoteName(schema, name)}`;
    add(
      { kind: 'table_grant', schema, name, role },
      `${schema}.${name} to ${role}`,
      `revoke all on ${on} from ${quoteIdent(role)}`,
    );
  }
  for (const row of functions.rows as readonly FunctionGrantRow[]) {
    const { schema, name, role } = row;
    const signature = `${name}(${row.arguments})`;
    add(
      { kind: 'function_grant', schema, function: signature, role },
      `${schema}.${signature} to ${role}`,
      `revoke all on routine ${quoteName(schema, name)}(${row.arguments}) from ${quoteIdent(role)}`,
    );
  }
  for (const { schema, role } of schemas.rows as readonly SchemaGrantRow[]) {
    add(
      { kind: 'schema_grant', schema, role },
      `schema ${schema} to ${role}`,
      `revoke all on schema ${quoteIdent(schema)} from ${quoteIdent(role)}`,
    );
  }
  return found;
}

interface PolicyRow {
  readonly schema: string;
  readonly name: string;
  readonly policy: string;
  readonly enabled: boolean;
}

interface GrantRow {
  readonly schema: string;
  readonly name: string;
  readonly role: string;
  readonly sequence: boolean;
}

interface FunctionGrantRow {
  readonly schema: string;
  readonly name: string;
  readonly arguments: string;
  readonly role: string;
}

interface SchemaGrantRow {
  readonly schema: string;
  readonly role: string;
}
