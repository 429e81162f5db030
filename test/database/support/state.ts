import type { TestDatabase } from '../../support/database.js';

/**
 * Everything in the catalog that applying a policy can touch, as text: relations, columns, rights, policies, functions, schemas, roles.
 * Rights are compared by what they mean: PostgreSQL writes default rights out once anything is granted.
 */
export async function catalogState(database: TestDatabase): Promise<unknown> {
  return database.query(`
    select 'relation' as kind, n.nspname || '.' || c.relname as name,
      concat_ws(' ', c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text,
        (select string_agg(e.grantee || '=' || e.privilege_type || e.is_grantable, ',' order by e.grantee, e.privilege_type)
         from aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) e),
        (select string_agg(concat_ws(' ', a.attname, a.atttypid::regtype, a.attacl::text), ',' order by a.attnum)
         from pg_attribute a where a.attrelid = c.oid)) as value
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    union all
    select 'policy', p.polrelid::regclass || ' ' || p.polname, p.polroles::text || pg_get_expr(p.polqual, p.polrelid) from pg_policy p
    union all
    select 'function', p.oid::regprocedure::text, coalesce(p.proacl::text, '') from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema')
    union all
    select 'schema', n.nspname, n.nspowner::regrole || coalesce((
      select string_agg(e.grantee || '=' || e.privilege_type, ',' order by e.grantee, e.privilege_type)
      from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) e), '') from pg_namespace n where n.nspname !~ '^pg_(toast_)?temp'
    union all
    select 'role', r.rolname, to_jsonb(r)::text from pg_roles r
    union all
    select 'setting', s.setrole::regrole || ' ' || s.setdatabase, s.setconfig::text from pg_db_role_setting s
    union all
    select 'membership', m.roleid::regrole || ' ' || m.member::regrole, (to_jsonb(m) - 'oid')::text from pg_auth_members m
    union all
    select 'database', d.datname, coalesce((
      select string_agg(e.grantee || '=' || e.privilege_type, ',' order by e.grantee, e.privilege_type)
      from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) e), '') from pg_database d where d.datname = current_database()
    order by 1, 2, 3`);
}
