/**
 * What compiling and planning need to know of a database beyond its catalog.
 */
import { tableKey } from '../../compile/catalog-index.js';
import { FENCE_POLICY } from '../../compile/names.js';
import type { RecordedObject } from '../../compile/plan.js';
import type { Situation } from '../../compile/situation.js';
import type { Queryable } from '../migrate.js';

/** Which schemas everybody may name, and where row security is Ringfence's doing. */
export async function readSituation(
  client: Queryable,
  recorded: readonly RecordedObject[],
): Promise<Situation> {
  const { rows } = await client.query(
    `select n.nspname as name from pg_catalog.pg_namespace n where pg_catalog.has_schema_privilege('public', n.oid, 'usage')`,
  );
  const fenced = await client.query(
    `select n.nspname as schema, c.relname as name
     from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where p.polname = $1`,
    [FENCE_POLICY],
  );
  return {
    publicSchemas: new Set((rows as readonly { readonly name: string }[]).map(({ name }) => name)),
    enabledByRingfence: new Set([
      ...recorded.flatMap(({ address }) =>
        address.kind === 'row_security' ? [tableKey(address.schema, address.name)] : [],
      ),
      // A table that was renamed since.
      ...(fenced.rows as readonly { readonly schema: string; readonly name: string }[]).map((row) =>
        tableKey(row.schema, row.name),
      ),
    ]),
  };
}

/** Ringfence's roles that other databases of the cluster use, and which: a role belongs to the whole cluster. */
export async function rolesUsedElsewhere(client: Queryable): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query(
    `select r.rolname::text as role, pg_catalog.array_agg(distinct d.datname::text) as databases
     from pg_catalog.pg_shdepend s
     join pg_catalog.pg_roles r on r.oid = s.refobjid
     join pg_catalog.pg_database d on d.oid = s.dbid
     where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
       and d.datname <> pg_catalog.current_database() and pg_catalog.starts_with(r.rolname, 'ringfence_')
     group by r.rolname`,
  );
  return new Map(
    (rows as readonly { readonly role: string; readonly databases: readonly string[] }[]).map((row) => [
      row.role,
      row.databases,
    ]),
  );
}
