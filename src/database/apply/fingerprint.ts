/**
 * What the catalog holds where an object should be, as one text per object: its definition, owner and rights. Two fingerprints that
 * differ mean that somebody altered the object.
 */
import type { ObjectAddress, ObjectKind } from '../../compile/desired-object.js';
import { type Present, sha256 } from '../../compile/plan.js';
import type { Queryable } from '../migrate.js';

/** Rights as text, whoever granted them, in an order that does not depend on when. */
const RIGHTS = (acl: string): string => `(
  select string_agg(coalesce(g.rolname, 'public') || '=' || e.privilege_type || case when e.is_grantable then '*' else '' end, ','
    order by g.rolname, e.privilege_type)
  from aclexplode(${acl}) e left join pg_roles g on g.oid = e.grantee)`;

/**
 * One statement per kind. Each takes three text arrays (up to three names of each object, as {@link namesOf} gives them) and answers
 * a row for each object that is there: its place in the arrays, and the fingerprint.
 */
const STATEMENTS: Readonly<Record<ObjectKind, string>> = {
  role: `
    select x.at, concat_ws(' ', case when r.rolcanlogin then 'login' else 'nologin' end,
      case when r.rolsuper then 'superuser' else 'nosuperuser' end, case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
      case when r.rolinherit then 'inherit' else 'noinherit' end, case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
      case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
      case when r.rolreplication then 'replication' else 'noreplication' end) as print
    from x join pg_roles r on r.rolname = x.a`,
  membership: `
    select x.at, string_agg((to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])::text, ' '
      order by (to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])::text) as print
    from x join pg_roles r on r.rolname = x.a join pg_roles g on g.rolname = x.b
    join pg_auth_members m on m.roleid = r.oid and m.member = g.oid group by x.at`,
  schema: `
    select x.at, concat_ws(' ', pg_get_userbyid(n.nspowner), ${RIGHTS('n.nspacl')}) as print
    from x join pg_namespace n on n.nspname = x.a`,
  function_grants: `
    select x.at, string_agg(q.granted, ' ' order by q.granted) as print
    from x join pg_namespace n on n.nspname = x.a join pg_roles r on r.rolname = x.b
    cross join lateral (
      select e.privilege_type || case when e.is_grantable then '*' else '' end as granted
      from aclexplode(n.nspacl) e where e.grantee = r.oid
      union all
      select p.oid::regprocedure::text || case when e.is_grantable then '*' else '' end
      from pg_proc p cross join lateral aclexplode(p.proacl) e where p.pronamespace = n.oid and e.grantee = r.oid
    ) q group by x.at`,
  schema_grant: `
    select x.at, string_agg(e.privilege_type || case when e.is_grantable then '*' else '' end, ' ' order by e.privilege_type) as print
    from x join pg_namespace n on n.nspname = x.a join pg_roles r on r.rolname = x.b
    cross join lateral aclexplode(n.nspacl) e where e.grantee = r.oid group by x.at`,
  function_grant: `
    select x.at, string_agg(e.privilege_type || case when e.is_grantable then '*' else '' end, ' ' order by e.privilege_type) as print
    from x join pg_namespace n on n.nspname = x.a
    join pg_proc p on p.pronamespace = n.oid and p.proname || '(' || oidvectortypes(p.proargtypes) || ')' = x.b
    join pg_roles r on r.rolname = x.c cross join lateral aclexplode(p.proacl) e where e.grantee = r.oid group by x.at`,
  table_grant: `
    select x.at, string_agg(q.granted, ' ' order by q.granted) as print
    from x join pg_namespace n on n.nspname = x.a join pg_class c on c.relnamespace = n.oid and c.relname = x.b
    join pg_roles r on r.rolname = x.c
    cross join lateral (
      select e.privilege_type || case when e.is_grantable then '*' else '' end as granted
      from aclexplode(c.relacl) e where e.grantee = r.oid
      union all
      select e.privilege_type || case when e.is_grantable then '*' else '' end || '(' || quote_ident(a.attname) || ')'
      from pg_attribute a cross join lateral aclexplode(a.attacl) e
      where a.attrelid = c.oid and not a.attisdropped and e.grantee = r.oid
    ) q group by x.at`,
  row_security: `
    select x.at, 'enabled' as print
    from x join pg_namespace n on n.nspname = x.a join pg_class c on c.relnamespace = n.oid and c.relname = x.b
    where c.relrowsecurity`,
  policy: `
    select x.at, concat_ws(' ', p.polcmd, p.polpermissive,
      (select string_agg(coalesce(r.rolname, 'public'), ',' order by r.rolname)
       from unnest(p.polroles) as g (id) left join pg_roles r on r.oid = g.id),
      pg_get_expr(p.polqual, p.polrelid), '/', pg_get_expr(p.polwithcheck, p.polrelid)) as print
    from x join pg_namespace n on n.nspname = x.a join pg_class c on c.relnamespace = n.oid and c.relname = x.b
    join pg_policy p on p.polrelid = c.oid and p.polname = x.c`,
  function: `
    select x.at, string_agg(concat_ws(' ', pg_get_userbyid(p.proowner), pg_get_functiondef(p.oid), ${RIGHTS('p.proacl')}), ' '
      order by p.oid::regprocedure::text) as print
    from x join pg_namespace n on n.nspname = x.a join pg_proc p on p.pronamespace = n.oid and p.proname = x.b group by x.at`,
  view: `
    select x.at, concat_ws(' ', pg_get_userbyid(c.relowner), c.relkind, c.reloptions::text, pg_get_viewdef(c.oid), ${RIGHTS('c.relacl')},
      (select string_agg(quote_ident(a.attname) || ':' || ${RIGHTS('a.attacl')}, ' ' order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped)) as print
    from x join pg_namespace n on n.nspname = x.a join pg_class c on c.relnamespace = n.oid and c.relname = x.b`,
};

/** Fingerprints that the plan looks into: what a role may do, who owns a schema. The others are digests. */
const READ_AS_TEXT: ReadonlySet<ObjectKind> = new Set(['role', 'schema']);

/** Reads the fingerprints of many objects. The caller has set `search_path` to pg_catalog, which decides how names are printed. */
export async function readFingerprints(
  client: Queryable,
  addresses: readonly ObjectAddress[],
): Promise<Present> {
  const byKind = new Map<ObjectKind, ObjectAddress[]>();
  // What is wanted and what is recorded is mostly the same.
  for (const address of new Map(addresses.map((one) => [addressKey(one), one])).values()) {
    const known = byKind.get(address.kind);
    if (known === undefined) byKind.set(address.kind, [address]);
    else known.push(address);
  }
  const found = new Map<string, string>();
  for (const [kind, all] of byKind) {
    const names = all.map(namesOf);
    const { rows } = await client.query(
      `with x (at, a, b, c) as materialized (
         select u.at, u.a, u.b, u.c from unnest($1::text[], $2::text[], $3::text[]) with ordinality u (a, b, c, at)
       ) ${STATEMENTS[kind]}`,
      [0, 1, 2].map((at) => names.map((parts) => parts[at] ?? null)),
    );
    for (const row of rows as readonly { readonly at: string | number; readonly print: string }[]) {
      const address = all[Number(row.at) - 1];
      if (address !== undefined)
        found.set(addressKey(address), READ_AS_TEXT.has(kind) ? row.print : sha256(row.print));
    }
  }
  return (address) => found.get(addressKey(address)) ?? null;
}

function namesOf(address: ObjectAddress): readonly string[] {
  switch (address.kind) {
    case 'role':
      return [address.role];
    case 'membership':
      return [address.role, address.member];
    case 'schema':
      return [address.schema];
    case 'function_grants':
    case 'schema_grant':
      return [address.schema, address.role];
    case 'function_grant':
      return [address.schema, address.function, address.role];
    case 'table_grant':
      return [address.schema, address.name, address.role];
    case 'row_security':
    case 'function':
    case 'view':
      return [address.schema, address.name];
    case 'policy':
      return [address.schema, address.name, address.policy];
  }
}

const addressKey = (address: ObjectAddress): string => JSON.stringify([address.kind, ...namesOf(address)]);
