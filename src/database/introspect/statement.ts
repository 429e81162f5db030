/**
 * The one statement that reads a database's shape.
 *
 * One statement is one snapshot: a table created while we look is seen whole or not at all, and hundreds of tables cost as
 * many round trips as one. Each part yields rows keyed by the relation's oid; `introspect.ts` puts them together.
 *
 * Expressions and types print according to the search path, so the statement sets its own, for its own duration, and puts
 * the old one back as its last act: the catalog of one database reads the same for every connection.
 */

import { EXPOSURE, NAMEABLE } from './exposure.js';

/** Relations that are the product's: not the system's, not Ringfence's own, not an extension's, not temporary. */
const RELATIONS = `
  select c.oid, n.nspname as schema, c.relname as name, c.relkind, o.rolname as owner, d.description as comment,
         c.reltuples as "estimatedRows", c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity",
         (c.relispartition or exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)) as "isChild",
         c.relacl, c.relowner
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_roles o on o.oid = c.relowner
  join pg_catalog.pg_roles s on s.oid = n.nspowner
  left join pg_catalog.pg_description d
    on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and c.relpersistence <> 't'
    and n.nspname not like 'pg\\_%'
    and n.nspname not in ('information_schema', 'ringfence')
    and not (n.nspname ~ '^(slice|scope)_' and s.rolname like 'ringfence\\_%')
    and ($1::text[] is null or n.nspname = any ($1::text[]))
    and not exists (
      select from pg_catalog.pg_depend e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e'
    )`;

/**
 * Every type a column has, followed through its domains to the base type, and what an index may do with that type.
 * The default btree class of a type is its own, that of the type it is binary-compatible with (varchar uses text's), or
 * that of its polymorphic kind (enums, arrays, ranges, rows), in this order.
 */
const TYPES = `
  select b.start, t.oid, t.typcategory as category, t.typtype, b.not_null, b.has_default,
         case when e.oid is null
           then pg_catalog.format('%I.%I', n.nspname, t.typname)
           else pg_catalog.format('%I.%I[]', en.nspname, e.typname)
         end as cast_type,
         coalesce(k.leakproof, false) as leakproof
  from (
    with recursive chain as (
      select t.oid as start, t.oid, t.typtype, t.typbasetype, t.typnotnull and t.typtype = 'd' as not_null,
             t.typdefault is not null and t.typtype = 'd' as has_default
      from pg_catalog.pg_type t
      where t.oid in (select a.atttypid from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid)
      union all
      select c.start, t.oid, t.typtype, t.typbasetype, c.not_null or (t.typnotnull and t.typtype = 'd'),
             c.has_default or (t.typdefault is not null and t.typtype = 'd')
      from chain c join pg_catalog.pg_type t on t.oid = c.typbasetype
      where c.typtype = 'd'
    )
    select start, oid, not_null, has_default from chain where typtype <> 'd'
  ) b
  join pg_catalog.pg_type t on t.oid = b.oid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_type e on e.oid = t.typelem and e.typarray = t.oid
  left join pg_catalog.pg_namespace en on en.oid = e.typnamespace
  left join lateral (
    select coalesce(pg_catalog.bool_and(p.proleakproof), false) as leakproof
    from (
      select oc.opcfamily, oc.opcintype
      from pg_catalog.pg_opclass oc
      join pg_catalog.pg_am am on am.oid = oc.opcmethod and am.amname = 'btree'
      join pg_catalog.pg_type ot on ot.oid = oc.opcintype
      left join pg_catalog.pg_cast ca
        on ca.castsource = t.oid and ca.casttarget = oc.opcintype and ca.castmethod = 'b' and ca.castcontext = 'i'
      where oc.opcdefault
        and (oc.opcintype = t.oid or ca.oid is not null
          or (ot.typname = 'anyenum' and t.typtype = 'e') or (ot.typname = 'anyarray' and e.oid is not null)
          or (ot.typname = 'anyrange' and t.typtype = 'r') or (ot.typname = 'anymultirange' and t.typtype = 'm')
          or (ot.typname = 'record' and t.typtype = 'c'))
      order by (oc.opcintype = t.oid) desc, ot.typispreferred desc, oc.oid
      limit 1
    ) f
    join pg_catalog.pg_amop ao on ao.amopfamily = f.opcfamily and ao.amoplefttype = f.opcintype
      and ao.amoprighttype = f.opcintype and ao.amopstrategy in (1, 3)
    join pg_catalog.pg_operator op on op.oid = ao.amopopr
    join pg_catalog.pg_proc p on p.oid = op.oprcode
  ) k on true`;

const COLUMNS = `
  select a.attrelid as relation, a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
         y.cast_type as "castType", y.oid::bigint as "typeOid", y.category, a.attnotnull or y.not_null as "notNull",
         (a.atthasdef and a.attgenerated = '') or y.has_default as "hasDefault",
         s.sequence as "defaultSequence",
         case a.attidentity when 'a' then 'always' when 'd' then 'by_default' end as identity,
         a.attgenerated <> '' as generated, d.description as comment, l.labels as "enumLabels", y.leakproof
  from relation r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join column_type y on y.start = a.atttypid
  left join pg_catalog.pg_description d
    on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = a.attnum
  left join (
    select f.adrelid, f.adnum, pg_catalog.min(pg_catalog.format('%I.%I', n.nspname, q.relname)) as sequence
    from pg_catalog.pg_attrdef f
    join pg_catalog.pg_depend x on x.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and x.objid = f.oid
      and x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_class q on q.oid = x.refobjid and q.relkind = 'S'
    join pg_catalog.pg_namespace n on n.oid = q.relnamespace
    group by f.adrelid, f.adnum
  ) s on s.adrelid = a.attrelid and s.adnum = a.attnum
  left join (
    select e.enumtypid, pg_catalog.array_agg(e.enumlabel::text order by e.enumsortorder) as labels
    from pg_catalog.pg_enum e group by e.enumtypid
  ) l on l.enumtypid = y.oid
  order by a.attrelid, a.attnum`;

/**
 * A key that references a partitioned table is also recorded once per partition, and a temporal key (18 and later) is not an
 * equality: neither is a path to a parent.
 */
const FOREIGN_KEYS = `
  select c.conrelid as relation, c.conname as name, own.names as columns, n.nspname as "refSchema",
         p.relname as "refTable", ref.names as "refColumns",
         case c.confdeltype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade'
           when 'n' then 'set null' else 'set default' end as "onDelete"
  from relation r
  join pg_catalog.pg_constraint c on c.conrelid = r.oid and c.contype = 'f'
  join pg_catalog.pg_class p on p.oid = c.confrelid
  join pg_catalog.pg_namespace n on n.oid = p.relnamespace
  cross join lateral (
    select pg_catalog.array_agg(a.attname::text order by k.position) as names
    from pg_catalog.unnest(c.conkey) with ordinality k (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
  ) own
  cross join lateral (
    select pg_catalog.array_agg(a.attname::text order by k.position) as names
    from pg_catalog.unnest(c.confkey) with ordinality k (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum
  ) ref
  where not exists (
      select from pg_catalog.pg_constraint top where top.oid = c.conparentid and top.conrelid = c.conrelid
    )
    and coalesce(pg_catalog.to_jsonb(c) ->> 'conperiod', 'false') = 'false'
  order by c.conrelid, c.conname`;

/**
 * An index serves a condition under row-level security only if what evaluates the condition is leakproof: every operator
 * of the class, and nothing else. An expression calls a function, and the inverted and geometric methods call theirs.
 */
const INDEXES = `
  select i.indrelid as relation, c.relname as name, keys.names as columns, am.amname as method,
         i.indisunique as unique, i.indpred is not null as partial, i.indisprimary as "isPrimary",
         i.indisexclusion as exclusion, pg_catalog.pg_get_indexdef(i.indexrelid) as definition,
         i.indexprs is null and am.amname in ('btree', 'hash', 'brin') and keys.leakproof as leakproof,
         coalesce(touched.names, '{}') as touches
  from relation r
  join pg_catalog.pg_index i on i.indrelid = r.oid and i.indislive
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_am am on am.oid = c.relam
  cross join lateral (
    select pg_catalog.array_agg(a.attname::text order by k.position) as names,
           pg_catalog.bool_and(o.leakproof) as leakproof
    from rows from (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[])) with ordinality k (attnum, class, position)
    join index_class o on o.oid = k.class
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum <> 0
    where k.position <= i.indnkeyatts
  ) keys
  left join lateral (
    select pg_catalog.array_agg(distinct a.attname::text) as names
    from pg_catalog.pg_attribute a
    where a.attrelid = i.indrelid and a.attnum > 0
      and (a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
        or exists (
          select from pg_catalog.pg_depend x
          where x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.objid = i.indexrelid
            and x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and x.refobjid = i.indrelid
            and x.refobjsubid = a.attnum and (i.indexprs is not null or i.indpred is not null)))
  ) touched on true
  order by i.indrelid, c.relname`;

const INDEX_CLASSES = `
  select oc.oid, coalesce(pg_catalog.bool_and(p.proleakproof), false) as leakproof
  from pg_catalog.pg_opclass oc
  left join pg_catalog.pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amoplefttype = oc.opcintype
    and ao.amoprighttype = oc.opcintype and ao.amoppurpose = 's'
  left join pg_catalog.pg_operator op on op.oid = ao.amopopr
  left join pg_catalog.pg_proc p on p.oid = op.oprcode
  group by oc.oid`;

const POLICIES = `
  select p.polrelid as relation, p.polname as name, p.polpermissive as permissive,
         (select pg_catalog.array_agg(coalesce(o.rolname::text, 'public') order by o.rolname)
          from pg_catalog.unnest(p.polroles) g (id) left join pg_catalog.pg_roles o on o.oid = g.id) as roles,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
           else 'all' end as command,
         pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
         pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check
  from relation r join pg_catalog.pg_policy p on p.polrelid = r.oid
  order by p.polrelid, p.polname`;

const GRANTS = `
  select x.relation, x.grantee, x.privilege, x.columns
  from (
    select r.oid as relation, coalesce(g.rolname::text, 'public') as grantee, pg_catalog.lower(e.privilege_type) as privilege,
           null::text[] as columns
    from relation r
    cross join lateral pg_catalog.aclexplode(coalesce(r.relacl, pg_catalog.acldefault('r', r.relowner))) e
    left join pg_catalog.pg_roles g on g.oid = e.grantee
    where g.oid is not null or e.grantee = 0
    group by 1, 2, 3
    union all
    select r.oid, coalesce(g.rolname::text, 'public'), pg_catalog.lower(e.privilege_type),
           pg_catalog.array_agg(distinct a.attname::text)
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
    cross join lateral pg_catalog.aclexplode(a.attacl) e
    left join pg_catalog.pg_roles g on g.oid = e.grantee
    where g.oid is not null or e.grantee = 0
    group by 1, 2, 3
  ) x
  order by x.relation, x.grantee, x.privilege, x.columns is not null`;

/**
 * What a trigger's function does is in its text alone. What is left out before it is looked at: comments, the FROM of
 * `is distinct from` and of `extract(… from …)`, calls in FROM, and notifications.
 */
const USES_TABLES = `
  pg_catalog.regexp_replace(p.prosrc,
    '--[^\\n]*|/\\*([^*]|\\*+[^*/])*\\*+/|\\mdistinct\\s+from\\M|\\(\\s*\\w+\\s+from\\M|\\mfrom\\s+[\\w.]+\\s*\\(|\\mperform\\s+(pg_catalog\\.)?(pg_notify|set_config)\\M',
    ' ', 'gi')
  ~* '\\m(insert\\s+into|delete\\s+from|merge\\s+into|truncate|perform|execute)\\M|\\mupdate\\s+[^;]*\\mset\\M|\\mselect\\M[^;]*\\mfrom\\M'`;

const TRIGGERS = `
  select t.tgrelid as relation, t.tgname as name, pg_catalog.format('%I.%I', n.nspname, p.proname) as function,
         p.prosecdef as definer, ${USES_TABLES} as "usesTables",
         pg_catalog.array_remove(array[
           case when t.tgtype::int & 4 <> 0 then 'insert' end, case when t.tgtype::int & 16 <> 0 then 'update' end,
           case when t.tgtype::int & 8 <> 0 then 'delete' end], null) as on
  from relation r
  join pg_catalog.pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal and t.tgenabled <> 'D'
  join pg_catalog.pg_proc p on p.oid = t.tgfoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  order by t.tgrelid, t.tgname`;

const ROLES = `
  select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as "bypassRls", r.rolcanlogin as "canLogin",
         coalesce(m.groups, '{}') as "memberOf"
  from pg_catalog.pg_roles r
  left join (
    select m.member, pg_catalog.array_agg(distinct g.rolname::text) as groups
    from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
    group by m.member
  ) m on m.member = r.oid
  order by r.rolname`;

const rows = (part: string): string =>
  `(select coalesce(pg_catalog.json_agg(part), '[]'::pg_catalog.json) from (${part}) part)`;

/** Before anything else, so that an old server is told what it is and not shown a syntax error. */
export const SERVER_STATEMENT = `
select pg_catalog.current_setting('server_version_num') as version, pg_catalog.current_database()::text as database,
       current_user::text as "currentUser",
       (select case when r.rolsuper then 't' else 'f' end from pg_catalog.pg_roles r where r.rolname = current_user) as superuser`;

/** Takes the schemas to read, or null for all, as a text array. Answers one row with one column, `shape`: JSON text. */
export const SHAPE_STATEMENT = `
with before as materialized (
  select pg_catalog.current_setting('search_path') as path
), quiet as materialized (
  select before.path, pg_catalog.set_config('search_path', 'pg_catalog', true) as now from before
), relation as materialized (${RELATIONS}
), column_type as materialized (${TYPES}
), index_class as materialized (${INDEX_CLASSES}
), shape as materialized (
  select quiet.path, pg_catalog.json_build_object(
    'relations', (
      select coalesce(pg_catalog.json_agg(part), '[]'::pg_catalog.json)
      from (
        select r.oid, r.schema, r.name, r.relkind, r.owner, r.comment, r."estimatedRows", r."rowSecurity",
               r."forceRowSecurity", r."isChild"
        from relation r order by r.schema, r.name
      ) part
    ),
    'columns', ${rows(COLUMNS)},
    'foreignKeys', ${rows(FOREIGN_KEYS)},
    'indexes', ${rows(INDEXES)},
    'policies', ${rows(POLICIES)},
    'grants', ${rows(GRANTS)},
    'triggers', ${rows(TRIGGERS)},
    'functions', ${rows(NAMEABLE)},
    'roles', ${rows(ROLES)},
    'exposure', ${EXPOSURE}
  )::text as body
  from quiet
)
select shape.body as shape, pg_catalog.set_config('search_path', shape.path, true) as restored from shape`;

/** Answers one row with one column, `exposure`: JSON text. */
export const EXPOSURE_STATEMENT = `
with before as materialized (
  select pg_catalog.current_setting('search_path') as path
), quiet as materialized (
  select before.path, pg_catalog.set_config('search_path', 'pg_catalog', true) as now from before
), exposed as materialized (
  select quiet.path, ${EXPOSURE}::text as body from quiet
)
select exposed.body as exposure, pg_catalog.set_config('search_path', exposed.path, true) as restored from exposed`;
