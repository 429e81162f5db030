/**
 * The parts of the introspection that say what is open to slice roles beside their slices: `CatalogExposure`, and the functions that a
 * policy may name. One expression, so that it is read in the snapshot of the whole, or alone and again while Ringfence runs.
 *
 * Objects with an oid below 16384 are PostgreSQL's own (FirstNormalObjectId). What it grants on them by default is in pg_init_privs,
 * where that differs from what a new object of a user's would have.
 */

const agg = (list: string): string => `coalesce(pg_catalog.json_agg(${list}), '[]'::pg_catalog.json)`;

/** The names of those among PUBLIC and the slice roles that an ACL gives one of these privileges. */
const granteesOf = (acl: string, privileges: string, among = 'agent'): string => `(
  select pg_catalog.array_agg(distinct g.name) from pg_catalog.aclexplode(${acl}) e join ${among} g on g.oid = e.grantee
  where e.privilege_type in (${privileges}))`;

/** Whether PUBLIC has a privilege on an object of PostgreSQL's own from the start. */
const atFirst = (catalog: string, oid: string, privilege: string): string => `exists (
  select from pg_catalog.pg_init_privs i cross join lateral pg_catalog.aclexplode(i.initprivs) e
  where i.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass and i.objoid = ${oid} and i.privtype = 'i'
    and e.grantee = 0 and e.privilege_type = '${privilege}')`;

const CREATION_RECORDED = `exists (
  select from pg_catalog.pg_init_privs i
  where i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and i.objoid = p.oid and i.privtype = 'i')`;

const UNTRUSTED = `f.oid >= 16384 and not exists (
  select from pg_catalog.pg_language l where l.oid = f.prolang and l.lanpltrusted)`;

/** Trigger functions cannot be called. An aggregate runs its parts with no regard to whether the caller might. */
const DANGEROUS = `
  select p.oid, p.prosecdef as definer, p.proleakproof and p.oid >= 16384 as leakproof
  from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prokind <> 'a'
    and p.prorettype not in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
    and (p.prosecdef or (p.oid >= 16384 and (p.proleakproof or not l.lanpltrusted))
      or (p.oid < 16384 and p.proacl is not null and ${CREATION_RECORDED} and not ${atFirst('pg_proc', 'p.oid', 'EXECUTE')}))
  union all
  select a.aggfnoid, pg_catalog.bool_or(f.prosecdef), false
  from pg_catalog.pg_aggregate a
  cross join lateral pg_catalog.unnest(array[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
    a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) part (oid)
  join pg_catalog.pg_proc f on f.oid = part.oid
  where a.aggfnoid::oid >= 16384
    and (f.prosecdef or (${UNTRUSTED}) or (f.oid < 16384 and f.proacl is not null and not exists (
      select from pg_catalog.aclexplode(f.proacl) e where e.grantee = 0)))
  group by a.aggfnoid`;

/** A domain needs no name: a column of the slice may be of it, and JSON is read into the row type of a view. */
const WAYS = `
  select o.oprcode::oid as function, n.nspname as schema, false as unasked,
         pg_catalog.format('operator %I.%s (%s, %s)', n.nspname, o.oprname, coalesce(nullif(o.oprleft, 0)::pg_catalog.regtype::text, 'none'),
           o.oprright::pg_catalog.regtype) as by
  from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where o.oprcode::oid >= 16384
  union all
  select c.castfunc, null, false, pg_catalog.format('cast (%s as %s)', c.castsource::pg_catalog.regtype, c.casttarget::pg_catalog.regtype)
  from pg_catalog.pg_cast c where c.castfunc >= 16384
  union all
  select d.refobjid, null, false, pg_catalog.format('domain %s', c.contypid::pg_catalog.regtype)
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = c.oid
    and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  where c.contypid <> 0
  union all
  select m.amproc::oid, null, true, pg_catalog.format('operator family %I', f.opfname)
  from pg_catalog.pg_amproc m join pg_catalog.pg_opfamily f on f.oid = m.amprocfamily where m.amproc::oid >= 16384
  union all
  select io.oid, null, true, pg_catalog.format('type %s', t.oid::pg_catalog.regtype)
  from pg_catalog.pg_type t
  cross join lateral pg_catalog.unnest(array[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout,
    t.typsubscript]::oid[]) io (oid)
  where t.oid >= 16384 and io.oid >= 16384`;

const FUNCTIONS = `
  select case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end as kind, n.nspname as schema,
         p.proname as name, pg_catalog.oidvectortypes(p.proargtypes) as arguments, o.rolname as owner, l.lanname as language,
         d.definer, d.leakproof, p.oid < 16384 as system, x.extname as extension, coalesce(g.grantees, '{}') as grantees,
         coalesce(w.ways, '[]') as ways
  from dangerous d
  join pg_catalog.pg_proc p on p.oid = d.oid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  join pg_catalog.pg_roles o on o.oid = p.proowner
  left join member x on x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and x.objid = p.oid
  cross join lateral (
    select ${granteesOf(`coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))`, `'EXECUTE'`)} as grantees) g
  left join (
    select w.function, pg_catalog.bool_or(w.unasked) as unasked,
           pg_catalog.json_agg(pg_catalog.json_build_object('by', w.by, 'schema', w.schema, 'unasked', w.unasked) order by w.by) as ways
    from way w group by w.function
  ) w on w.function = p.oid
  where (x.extname is null or d.definer or d.leakproof) and (g.grantees is not null or w.unasked)
  order by 2, 3, 4`;

const EXTENSIONS = `
  select q.extname as name, q.schema, q.grantees,
         coalesce(pg_catalog.array_agg(distinct q.function) filter (where q.function is not null), '{}') as functions,
         coalesce(pg_catalog.array_agg(distinct q.relation) filter (where q.relation is not null), '{}') as relations,
         pg_catalog.bool_or(q.everywhere) as everywhere
  from (
    select x.extname, n.nspname as schema, g.grantees, p.proname as function, null as relation,
           w.function is not null as everywhere
    from dangerous d
    join pg_catalog.pg_proc p on p.oid = d.oid
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join member x on x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and x.objid = p.oid
    left join (select distinct function from way where not unasked and schema is null) w on w.function = p.oid
    cross join lateral (
      select ${granteesOf(`coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))`, `'EXECUTE'`)} as grantees) g
    where not d.definer and not d.leakproof and g.grantees is not null
    union all
    select r.extension, r.schema, r.grantees, null, r.name, false from readable r where r.extension is not null
  ) q
  group by q.extname, q.schema, q.grantees
  order by 1, 2, 3`;

/** The four views of information_schema that begin with _pg_ are for the others' use alone, and are not recorded as such. */
const READABLE = `
  select c.oid, c.relkind, n.nspname as schema, c.relname as name, o.rolname as owner, x.extname as extension, q.grantees, q.columns,
         c.oid < 16384 as system, c.relrowsecurity
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_roles o on o.oid = c.relowner
  left join member x on x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.objid = c.oid
  cross join lateral (
    select pg_catalog.array_agg(distinct r.grantee) as grantees,
           coalesce(pg_catalog.array_agg(distinct r.name) filter (where r.name is not null), '{}') as columns
    from (
      select g.name as grantee, a.attname::text as name
      from pg_catalog.aclexplode(c.relacl) e
      join agent g on g.oid = e.grantee
      left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind <> 'S'
      where e.privilege_type = 'SELECT' or (e.privilege_type = 'USAGE' and c.relkind = 'S')
      union all
      select g.name, a.attname::text
      from pg_catalog.pg_attribute a
      cross join lateral pg_catalog.aclexplode(a.attacl) e
      join agent g on g.oid = e.grantee
      where a.attrelid = c.oid and e.privilege_type = 'SELECT' and not a.attisdropped
        and not (c.oid < 16384 and exists (
          select from pg_catalog.pg_init_privs i cross join lateral pg_catalog.aclexplode(i.initprivs) f
          where i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and i.objoid = c.oid and i.objsubid = a.attnum and f.grantee = 0))
    ) r
  ) q
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and (c.relacl is not null or c.oid in (select a.attrelid from pg_catalog.pg_attribute a where a.attacl is not null))
    and q.grantees is not null
    and not (c.relkind = 'v' and exists (
      select from pg_catalog.pg_options_to_table(c.reloptions) t
      where t.option_name = 'security_invoker' and t.option_value::pg_catalog.bool))
    and (c.oid >= 16384 or (n.nspname = 'information_schema' and pg_catalog.starts_with(c.relname::text, '_pg_'))
      or (n.nspname <> 'information_schema' and not exists (
        select from pg_catalog.pg_init_privs i cross join lateral pg_catalog.aclexplode(i.initprivs) e
        where i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and i.objoid = c.oid and i.objsubid = 0
          and e.grantee = 0 and e.privilege_type = 'SELECT')))`;

const RELATIONS = `
  select case r.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence'
           else 'table' end as kind,
         r.schema, r.name, r.owner, r.system, r.grantees, r.columns, coalesce(k.roles, '{}') as "closedTo"
  from readable r
  left join lateral (
    select pg_catalog.array_agg(distinct a.name) as roles
    from pg_catalog.pg_policy p
    join agent a on a.oid = any (p.polroles) or 0 = any (p.polroles)
    where r.relrowsecurity and p.polrelid = r.oid and not p.polpermissive and p.polcmd in ('*', 'r')
      and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'false'
  ) k on true
  where r.extension is null
  order by 2, 3`;

const BOUNDARIES = `
  select n.nspname as schema, c.relname as name, pg_catalog.array_agg(distinct o.rolname::text) as roles
  from pg_catalog.pg_policy p
  join ours o on o.oid = any (p.polroles)
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relrowsecurity and not p.polpermissive and p.polcmd = '*' and p.polname ~ '^ringfence_[a-z0-9_]+_boundary$'
  group by 1, 2 order by 1, 2`;

const SCHEMAS = `
  select n.nspname as name, coalesce(g.usage, '{}') as usage, coalesce(g.creating, '{}') as create
  from pg_catalog.pg_namespace n
  cross join lateral (
    select ${granteesOf(`coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))`, `'USAGE'`)} as usage,
           ${granteesOf(`coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))`, `'CREATE'`, 'creator')} as creating
  ) g
  where (g.usage is not null or g.creating is not null) and not pg_catalog.starts_with(n.nspname::text, 'pg_toast')
    and not pg_catalog.starts_with(n.nspname::text, 'pg_temp_')
  order by 1`;

/** Functions are open to PUBLIC from the moment they are made whatever is said here: that is PostgreSQL's own default. */
const DEFAULTS = `
  select o.rolname as owner, n.nspname as schema,
         case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'n' then 'schemas'
           else 'large objects' end as objects, g.grantees
  from pg_catalog.pg_default_acl d
  join pg_catalog.pg_roles o on o.oid = d.defaclrole
  left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
  cross join lateral (
    select ${granteesOf('d.defaclacl', `'SELECT', 'USAGE'`)} as grantees) g
  where d.defaclobjtype in ('r', 'S', 'n', 'L') and g.grantees is not null
  order by 1, 2, 3`;

/** A setting of the gateway's login counts before the database's and the server's. */
const UNCHECKED = `
  coalesce((
    select s.value::pg_catalog.bool
    from pg_catalog.pg_db_role_setting c
    cross join lateral (
      select pg_catalog.split_part(t.line, '=', 2) as value from pg_catalog.unnest(c.setconfig) t (line)
      where pg_catalog.starts_with(t.line, 'lo_compat_privileges=')
    ) s
    where c.setrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = 'ringfence_gateway')
      and c.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()))
    order by c.setdatabase desc limit 1
  ), pg_catalog.current_setting('lo_compat_privileges')::pg_catalog.bool)`;

const list = (part: string): string => `(select ${agg('part')} from (${part}) part)`;

/** An expression: `CatalogExposure` as JSON. Names print as they should while search_path is pg_catalog alone. */
export const EXPOSURE = `(
  with agent as materialized (
    select 0::oid as oid, 'public'::text as name
    union all
    select r.oid, r.rolname::text from pg_catalog.pg_roles r where pg_catalog.starts_with(r.rolname::text, 'ringfence_slice_')
  ), ours as materialized (
    select r.oid, r.rolname, r.rolsuper, r.rolbypassrls from pg_catalog.pg_roles r
    where r.rolname ~ '^ringfence_(slice|view)_'
  ), creator as materialized (
    select a.oid, a.name from agent a
    union all
    select r.oid, r.rolname::text from pg_catalog.pg_roles r where r.rolname = 'ringfence_gateway'
  ), member as materialized (
    select d.classid, d.objid, x.extname
    from pg_catalog.pg_depend d join pg_catalog.pg_extension x on x.oid = d.refobjid
    where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e'
      and d.classid in ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_class'::pg_catalog.regclass)
  ), dangerous as materialized (${DANGEROUS}
  ), way as materialized (${WAYS}
  ), readable as materialized (${READABLE}
  )
  select pg_catalog.json_build_object(
    'schemas', ${list(SCHEMAS)},
    'functions', ${list(FUNCTIONS)},
    'extensions', ${list(EXTENSIONS)},
    'relations', ${list(RELATIONS)},
    'memberships', ${list(`
      select g.rolname as role, o.rolname as member
      from ours o join pg_catalog.pg_auth_members m on m.member = o.oid join pg_catalog.pg_roles g on g.oid = m.roleid
      group by 1, 2 order by 1, 2`)},
    'unbound', (
      select coalesce(pg_catalog.json_agg(o.rolname order by o.rolname), '[]')
      from ours o where o.rolsuper or o.rolbypassrls),
    'boundaries', ${list(BOUNDARIES)},
    'defaultPrivileges', ${list(DEFAULTS)},
    'parameters', ${list(`
      select p.parname as name, g.grantees
      from pg_catalog.pg_parameter_acl p
      cross join lateral (select ${granteesOf('p.paracl', `'SET'`)} as grantees) g
      where g.grantees is not null order by 1`)},
    'database', (
      select pg_catalog.json_build_object('name', d.datname, 'create', coalesce(
        ${granteesOf(`coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))`, `'CREATE'`, 'creator')}, '{}'))
      from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()),
    'largeObjects', pg_catalog.json_build_object(
      'grantees', (
        select coalesce(pg_catalog.array_agg(distinct g.name), '{}')
        from pg_catalog.pg_largeobject_metadata o
        cross join lateral pg_catalog.aclexplode(o.lomacl) e join agent g on g.oid = e.grantee
        where e.privilege_type = 'SELECT'),
      'unchecked', ${UNCHECKED})
  )
)`;

/** Functions that a policy may name: the product's and those of extensions, but what only the server itself can call. */
export const NAMEABLE = `
  select n.nspname as schema, p.proname as name, pg_catalog.oidvectortypes(p.proargtypes) as arguments,
         case when p.prorettype in ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) then 'trigger'
           when p.prokind = 'a' then 'aggregate' when p.prokind = 'p' then 'procedure' when p.prokind = 'w' then 'window'
           else 'function' end as kind,
         p.prosecdef as definer,
         p.proacl is null or exists (
           select from pg_catalog.aclexplode(p.proacl) e where e.grantee = 0 and e.privilege_type = 'EXECUTE') as "publicExecute"
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_roles o on o.oid = p.proowner
  where p.oid >= 16384 and n.nspname not in ('pg_catalog', 'information_schema', 'ringfence')
    and not pg_catalog.starts_with(n.nspname::text, 'pg_temp_') and not pg_catalog.starts_with(o.rolname::text, 'ringfence_')
    and not ('pg_catalog.internal'::pg_catalog.regtype = any (p.proargtypes) or 'pg_catalog.cstring'::pg_catalog.regtype = any (p.proargtypes))
  order by 1, 2, 3`;
