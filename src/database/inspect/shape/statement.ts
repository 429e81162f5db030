/**
 * The one statement that reads what `introspect` leaves out of a table's shape. Each part is keyed by names, and `shape.ts` puts
 * it beside what `introspect` has of the same table.
 *
 * Expressions print according to the search path, so the statement sets its own and puts the old one back, as `introspect` does.
 */

/** Relations of the product's. Wider than what `introspect` reads: what it leaves out is not looked up. */
const RELATIONS = `
  select c.oid, n.nspname as schema, c.relname as name, c.relkind, c.relowner, c.relacl, c.relpersistence, c.relreplident,
         c.relispartition, c.relpartbound, c.relpages
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'ringfence')`;

/** Each part is gathered once for the whole database: asked table by table, 5 000 tables would cost seconds. */
const TABLES = `
  select r.schema, r.name, r.relpersistence = 'u' as unlogged,
         case when h.schema is null then null else pg_catalog.json_build_object('schema', h.schema, 'name', h.name) end as parent,
         r.relispartition as "isPartition",
         coalesce(pg_catalog.pg_get_expr(r.relpartbound, r.oid) = 'DEFAULT', false) as "isDefaultPartition",
         coalesce(k.names, '{}') as "partitionKey",
         case r.relreplident when 'n' then 'nothing' when 'f' then 'full' when 'i' then 'index' else 'default' end as "replicaIdentity",
         pub.relid is not null as published,
         coalesce(ch.checks, '[]') as checks, coalesce(u.names, '{}') as "columnsInUse",
         r.relpages::bigint * pg_catalog.current_setting('block_size')::bigint as bytes
  from relation r
  left join (
    select distinct on (i.inhrelid) i.inhrelid, pn.nspname as schema, pc.relname as name
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class pc on pc.oid = i.inhparent
    join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
    order by i.inhrelid, i.inhseqno
  ) h on h.inhrelid = r.oid
  left join (
    select p.partrelid, pg_catalog.array_agg(a.attname::text order by x.position) as names
    from pg_catalog.pg_partitioned_table p
    cross join lateral pg_catalog.unnest(p.partattrs::int2[]) with ordinality x (attnum, position)
    left join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = x.attnum and x.attnum <> 0
    group by p.partrelid
  ) k on k.partrelid = r.oid
  left join (
    select pr.prrelid as relid from pg_catalog.pg_publication_rel pr
    union
    select c.oid from pg_catalog.pg_publication_namespace pn join pg_catalog.pg_class c on c.relnamespace = pn.pnnspid
    union
    select c.oid from pg_catalog.pg_class c where exists (select from pg_catalog.pg_publication p where p.puballtables)
  ) pub on pub.relid = r.oid
  left join (
    select c.conrelid, pg_catalog.json_agg(pg_catalog.json_build_object('name', c.conname,
             'definition', pg_catalog.pg_get_expr(c.conbin, c.conrelid), 'validated', c.convalidated) order by c.conname) as checks
    from pg_catalog.pg_constraint c where c.contype = 'c' and c.conrelid in (select oid from relation) group by c.conrelid
  ) ch on ch.conrelid = r.oid
  left join (
    select d.refobjid, pg_catalog.array_agg(distinct a.attname::text) as names
    from pg_catalog.pg_depend d
    join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('n', 'a')
      and (d.classid in ('pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass)
        or (d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and not exists (
          select from pg_catalog.pg_rewrite w where w.oid = d.objid and w.ev_class = d.refobjid and w.ev_type = '1')))
    group by d.refobjid
  ) u on u.refobjid = r.oid`;

const COLUMNS = `
  select r.schema, r.name as table, a.attname as name, pg_catalog.pg_get_expr(f.adbin, f.adrelid) as expression,
         coalesce(l.collisdeterministic, true) as deterministic, a.attinhcount > 0 and not a.attislocal as inherited
  from relation r
  join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
  left join pg_catalog.pg_collation l on l.oid = a.attcollation`;

const FOREIGN_KEYS = `
  select r.schema, r.name as table, c.conname as name,
         case c.confupdtype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade'
           when 'n' then 'set null' else 'set default' end as "onUpdate",
         coalesce((
           select pg_catalog.array_agg(a.attname::text order by a.attnum)
           from pg_catalog.pg_attribute a where a.attrelid = c.conrelid and a.attnum = any (c.confdelsetcols)), '{}') as sets,
         c.convalidated as validated, c.condeferrable as deferrable, c.condeferred as deferred, c.confmatchtype = 'f' as full,
         c.conparentid <> 0 as inherited
  from relation r
  join pg_catalog.pg_constraint c on c.conrelid = r.oid and c.contype = 'f'`;

/** What is not a key of a plain column or expression in its type's own order cannot be written down again from its keys. */
const INDEXES = `
  select r.schema, r.name as table, c.relname as name, k.conname as constraint, i.indisvalid and i.indisready as valid,
         keys.names as keys, coalesce(keys.includes, '{}') as includes,
         pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate, i.indnullsnotdistinct as "nullsNotDistinct",
         coalesce(k.condeferrable, false) as deferrable, coalesce(k.condeferred, false) as deferred,
         keys.plain and c.reloptions is null as plain, i.indisprimary as primary,
         exists (select from pg_catalog.pg_inherits h where h.inhrelid = i.indexrelid) as inherited
  from relation r
  join pg_catalog.pg_index i on i.indrelid = r.oid and i.indislive
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
  cross join lateral (
    select pg_catalog.array_agg(case when a.attnum is null then pg_catalog.pg_get_indexdef(i.indexrelid, x.position::int, false)
               else pg_catalog.quote_ident(a.attname) end order by x.position)
             filter (where x.position <= i.indnkeyatts) as names,
           pg_catalog.array_agg(a.attname::text order by x.position) filter (where x.position > i.indnkeyatts) as includes,
           pg_catalog.bool_and(x.position > i.indnkeyatts or (o.opcdefault and x.options = 0
             and (x.coll = 0 or a.attcollation is null or x.coll = a.attcollation))) as plain
    from rows from (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[]), pg_catalog.unnest(i.indcollation::oid[]),
      pg_catalog.unnest(i.indoption::int2[])) with ordinality x (attnum, class, coll, options, position)
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = x.attnum and x.attnum <> 0
    left join pg_catalog.pg_opclass o on o.oid = x.class
  ) keys`;

const SEQUENCES = `
  select n.nspname as schema, c.relname as name, o.rolname as owner, coalesce(f.feeds, '[]') as feeds,
         coalesce(g.grants, '[]') as grants
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_roles o on o.oid = c.relowner
  left join (
    select x.sequence, pg_catalog.json_agg(pg_catalog.json_build_object('schema', x.schema, 'name', x.name, 'column', x.column)
             order by x.schema, x.name, x.column) as feeds
    from (
      select d.refobjid as sequence, r.schema, r.name, a.attname as column
      from pg_catalog.pg_attrdef f
      join relation r on r.oid = f.adrelid
      join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = f.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      union
      select d.objid, r.schema, r.name, a.attname
      from pg_catalog.pg_depend d
      join relation r on r.oid = d.refobjid
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.deptype in ('a', 'i')
    ) x
    group by x.sequence
  ) f on f.sequence = c.oid
  left join lateral (
    select pg_catalog.json_agg(pg_catalog.json_build_object('grantee', q.grantee, 'privilege', q.privilege)
             order by q.grantee, q.privilege) as grants
    from (
      select distinct coalesce(r.rolname::text, 'public') as grantee, pg_catalog.lower(e.privilege_type) as privilege
      from pg_catalog.aclexplode(c.relacl) e left join pg_catalog.pg_roles r on r.oid = e.grantee
      where e.grantee <> c.relowner and (e.grantee = 0 or r.oid is not null)
    ) q
  ) g on true
  where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'ringfence')
    and not exists (
      select from pg_catalog.pg_depend e
      where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')
  order by 1, 2`;

/** The views over these catalogs hold back what a reader may not see; the catalogs themselves do not. */
const STATISTICS_READERS = `
  select coalesce(pg_catalog.array_agg(distinct coalesce(r.rolname::text, 'public') order by coalesce(r.rolname::text, 'public')), '{}')
  from (
    select c.relacl as acl, c.relowner from pg_catalog.pg_class c
    where c.oid in ('pg_catalog.pg_statistic'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext_data'::pg_catalog.regclass)
    union all
    select a.attacl, c.relowner from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where c.oid in ('pg_catalog.pg_statistic'::pg_catalog.regclass, 'pg_catalog.pg_statistic_ext_data'::pg_catalog.regclass)
  ) s
  cross join lateral pg_catalog.aclexplode(s.acl) e
  left join pg_catalog.pg_roles r on r.oid = e.grantee
  where e.privilege_type = 'SELECT' and e.grantee <> s.relowner and (e.grantee = 0 or r.oid is not null)`;

const rows = (part: string): string =>
  `(select coalesce(pg_catalog.json_agg(part), '[]'::pg_catalog.json) from (${part}) part)`;

/** Answers one row with one column, `details`: JSON text. */
export const DETAILS_STATEMENT = `
with before as materialized (
  select pg_catalog.current_setting('search_path') as path
), quiet as materialized (
  select before.path, pg_catalog.set_config('search_path', 'pg_catalog', true) as now from before
), relation as materialized (${RELATIONS}
), details as materialized (
  select quiet.path, pg_catalog.json_build_object(
    'relations', ${rows(TABLES)},
    'columns', ${rows(COLUMNS)},
    'foreignKeys', ${rows(FOREIGN_KEYS)},
    'indexes', ${rows(INDEXES)},
    'sequences', ${rows(SEQUENCES)},
    'statisticsReaders', (${STATISTICS_READERS})
  )::text as body
  from quiet
)
select details.body as details, pg_catalog.set_config('search_path', details.path, true) as restored from details`;
