/**
 * One statement for everything that any login may read of who may do what, whatever the size of the database.
 *
 * It runs with search_path = pg_catalog, pg_temp: names need no schema in it, and print with theirs.
 */
import { WATCHED_SETTINGS } from './facts.js';

/** Objects with a lower oid are PostgreSQL's own (FirstNormalObjectId). */
const FIRST_NORMAL = 16384;

/** Grants of an ACL to others than the owner, whoever granted them; PostgreSQL's defaults where nobody has said anything. */
const grantsOf = (acl: string, kind: string, owner: string): string => `(
  select coalesce(json_agg(json_build_object('grantee', x.grantee, 'privilege', x.privilege) order by x.grantee, x.privilege), '[]')
  from (
    select distinct coalesce(g.rolname::text, 'public') as grantee, lower(e.privilege_type) as privilege
    from aclexplode(coalesce(${acl}, acldefault('${kind}', ${owner}))) e left join pg_roles g on g.oid = e.grantee
    where e.grantee <> ${owner} and (e.grantee = 0 or g.oid is not null)
  ) x)`;

const NAMESPACES = `
  select n.oid, n.nspname::text as name, o.rolname::text as owner, n.nspacl, n.nspowner
  from pg_namespace n join pg_roles o on o.oid = n.nspowner
  where n.nspname not in ('pg_catalog', 'information_schema', 'ringfence') and n.nspname !~ '^pg_(toast|temp)'
    and o.rolname !~ '^ringfence_'`;

const EXTENSION_MEMBERS = `
  select d.classid, d.objid, x.extname::text as extname
  from pg_depend d join pg_extension x on x.oid = d.refobjid
  where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'`;

const extensionOf = (catalog: string, oid: string): string =>
  `left join extension_member m on m.classid = '${catalog}'::regclass and m.objid = ${oid}`;

const CLASSES = `
  select c.oid, n.name as schema, c.relname::text as name, c.relkind, c.relowner, o.rolname::text as owner, c.relrowsecurity,
         c.relforcerowsecurity, c.relacl, c.reloptions, m.extname as extension
  from pg_class c join namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
  ${extensionOf('pg_class', 'c.oid')}
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relpersistence <> 't'`;

const RELATION_GRANTS = `
  select x.oid, json_agg(json_build_object('grantee', x.grantee, 'privilege', x.privilege) order by x.grantee, x.privilege) as grants
  from (
    select c.oid, coalesce(g.rolname::text, 'public') as grantee, lower(e.privilege_type) as privilege
    from class c cross join lateral aclexplode(c.relacl) e left join pg_roles g on g.oid = e.grantee
    where e.grantee <> c.relowner and (e.grantee = 0 or g.oid is not null)
    union
    select c.oid, coalesce(g.rolname::text, 'public'), lower(e.privilege_type)
    from class c join pg_attribute a on a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
    cross join lateral aclexplode(a.attacl) e left join pg_roles g on g.oid = e.grantee
    where e.grantee <> c.relowner and (e.grantee = 0 or g.oid is not null)
  ) x group by x.oid`;

const PARENTS = `
  select i.inhrelid as oid, json_agg(json_build_object('schema', p.schema, 'name', p.name) order by i.inhseqno) as parents
  from pg_inherits i join class p on p.oid = i.inhparent group by i.inhrelid`;

const READS = `
  select x.oid, json_agg(json_build_object('schema', x.schema, 'name', x.name) order by x.schema, x.name) as reads
  from (
    select distinct r.ev_class as oid, c.schema, c.name
    from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    join class c on c.oid = d.refobjid
    where r.rulename = '_RETURN' and d.refobjid <> r.ev_class
  ) x group by x.oid`;

const RELATIONS = `
  select c.schema, c.name,
         case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'm' then 'materialized view'
           when 'f' then 'foreign table' else 'sequence' end as kind,
         c.owner, c.extension, c.relrowsecurity as "rowSecurity", c.relforcerowsecurity as "forceRowSecurity",
         c.relkind = 'v' and coalesce((
           select t.option_value::bool from pg_options_to_table(c.reloptions) t where t.option_name = 'security_invoker'), false)
           as "securityInvoker",
         coalesce(p.parents, '[]') as parents, coalesce(r.reads, '[]') as reads, coalesce(g.grants, '[]') as grants
  from class c
  left join parent p on p.oid = c.oid
  left join reading r on r.oid = c.oid
  left join relation_grant g on g.oid = c.oid
  order by 1, 2`;

const POLICIES = `
  select c.schema, c.name as table, p.polname as name, p.polpermissive as permissive,
         (select array_agg(coalesce(o.rolname::text, 'public') order by o.rolname)
          from unnest(p.polroles) g (id) left join pg_roles o on o.oid = g.id) as roles,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
         pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
  from pg_policy p join class c on c.oid = p.polrelid
  order by 1, 2, 3`;

const USES = `
  select x.oid, json_agg(json_build_object('schema', x.schema, 'name', x.name) order by x.schema, x.name) as uses
  from (
    select distinct d.objid as oid, c.schema, c.name
    from pg_depend d join class c on c.oid = d.refobjid
    where d.classid = 'pg_proc'::regclass and d.refclassid = 'pg_class'::regclass
  ) x group by x.oid`;

/** Those of extensions only where they run with their owner's rights. */
const FUNCTIONS = `
  select n.name as schema, p.proname as name, oidvectortypes(p.proargtypes) as arguments,
         case p.prokind when 'p' then 'procedure' else 'function' end as kind,
         case p.prorettype when 'trigger'::regtype then 'trigger' when 'event_trigger'::regtype then 'event_trigger' else 'value' end as returns,
         o.rolname as owner, l.lanname as language, l.lanpltrusted as trusted, p.prosecdef as definer, p.proleakproof as leakproof,
         case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
         (select substr(s.line, 13) from unnest(p.proconfig) s (line) where starts_with(s.line, 'search_path=')) as "searchPath",
         case when l.lanname in ('c', 'internal') then '' when p.prosqlbody is null then p.prosrc else pg_get_function_sqlbody(p.oid) end as source,
         p.prosqlbody is not null as resolved, coalesce(u.uses, '[]') as uses, m.extname as extension,
         array(
           select distinct coalesce(g.rolname::text, 'public')
           from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e left join pg_roles g on g.oid = e.grantee
           where e.privilege_type = 'EXECUTE' and e.grantee <> p.proowner and (e.grantee = 0 or g.oid is not null)
           order by 1) as grantees
  from pg_proc p
  join namespace n on n.oid = p.pronamespace
  join pg_roles o on o.oid = p.proowner
  join pg_language l on l.oid = p.prolang
  ${extensionOf('pg_proc', 'p.oid')}
  left join usage u on u.oid = p.oid
  where p.oid >= ${FIRST_NORMAL} and p.prokind <> 'a' and (m.extname is null or p.prosecdef)
  order by 1, 2, 3`;

const TRIGGERS = `
  select c.schema, c.name as table, t.tgname as name,
         case t.tgenabled when 'O' then 'enabled' when 'D' then 'disabled' when 'R' then 'replica' else 'always' end as state,
         t.tgisinternal as internal,
         json_build_object('schema', n.nspname, 'name', p.proname, 'arguments', oidvectortypes(p.proargtypes)) as function
  from pg_trigger t join class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
  where t.tgparentid = 0 and (not t.tgisinternal or t.tgenabled in ('D', 'R'))
  order by 1, 2, 3`;

const EVENT_TRIGGERS = `
  select e.evtname as name, e.evtevent as event, e.evtenabled <> 'D' as enabled,
         json_build_object('schema', n.nspname, 'name', p.proname) as function, m.extname as extension
  from pg_event_trigger e join pg_proc p on p.oid = e.evtfoid
  join pg_namespace n on n.oid = p.pronamespace
  ${extensionOf('pg_event_trigger', 'e.oid')}
  order by 1`;

const REWRITE_RULES = `
  select c.schema, c.name as table, r.rulename as name,
         case r.ev_type when '1' then 'select' when '2' then 'update' when '3' then 'insert' else 'delete' end as event
  from pg_rewrite r join class c on c.oid = r.ev_class
  where r.rulename <> '_RETURN' and r.ev_enabled <> 'D'
  order by 1, 2, 3`;

const PUBLICATIONS = `
  select p.pubname as name, p.puballtables as "allTables",
         coalesce((
           select json_agg(json_build_object('schema', c.schema, 'name', c.name, 'filtered', r.prqual is not null) order by c.schema, c.name)
           from pg_publication_rel r join class c on c.oid = r.prrelid where r.prpubid = p.oid), '[]') as tables,
         coalesce((
           select array_agg(n.nspname::text order by n.nspname)
           from pg_publication_namespace s join pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid), '{}') as schemas
  from pg_publication p order by 1`;

const EXTENSIONS = `
  select x.extname as name,
         coalesce((
           select json_agg(json_build_object('function', f.name, 'grantees', f.grantees) order by f.name)
           from (
             select p.proname as name, array_agg(distinct coalesce(g.rolname::text, 'public')) as grantees
             from pg_depend d join pg_proc p on p.oid = d.objid
             cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) e left join pg_roles g on g.oid = e.grantee
             where d.refclassid = 'pg_extension'::regclass and d.refobjid = x.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass
               and e.privilege_type = 'EXECUTE' and e.grantee <> p.proowner and (e.grantee = 0 or g.oid is not null)
             group by p.proname
           ) f), '[]') as executable
  from pg_extension x order by 1`;

const DEFAULT_PRIVILEGES = `
  select o.rolname as owner, n.nspname as schema,
         case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
           when 'n' then 'schemas' else 'large objects' end as objects,
         ${grantsOf('d.defaclacl', 'r', 'd.defaclrole')} as grants
  from pg_default_acl d join pg_roles o on o.oid = d.defaclrole left join pg_namespace n on n.oid = d.defaclnamespace
  order by 1, 2, 3`;

const PARAMETERS = `
  select p.parname as name, array(
    select distinct coalesce(g.rolname::text, 'public') from aclexplode(p.paracl) e left join pg_roles g on g.oid = e.grantee
    where e.privilege_type = 'SET' and (e.grantee = 0 or g.oid is not null) and e.grantee <> 10 order by 1) as grantees
  from pg_parameter_acl p order by 1`;

const FOREIGN_SERVERS = `
  select s.srvname as name, w.fdwname as wrapper, o.rolname as owner, ${grantsOf('s.srvacl', 'S', 's.srvowner')} as grants
  from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw join pg_roles o on o.oid = s.srvowner
  order by 1`;

const ROLES = `
  select r.rolname as name, r.rolsuper as superuser, r.oid = 10 as bootstrap, r.rolbypassrls as "bypassRls", r.rolcanlogin as "canLogin",
         r.rolcreaterole as "createRole", r.rolreplication as replication
  from pg_roles r order by 1`;

/** PostgreSQL 15 knows neither option: whether a member inherits is its own attribute there, and it may always become the role. */
const MEMBERSHIPS = `
  select g.rolname as role, r.rolname as member, bool_or(m.admin_option) as admin,
         bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::bool, r.rolinherit)) as inherit,
         bool_or(coalesce((to_jsonb(m) ->> 'set_option')::bool, true)) as set
  from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member
  group by 1, 2 order by 1, 2`;

const SETTINGS = `
  select o.rolname as role, d.datname as database, split_part(s.line, '=', 1) as name, substr(s.line, strpos(s.line, '=') + 1) as value
  from pg_db_role_setting c cross join lateral unnest(c.setconfig) s (line)
  left join pg_roles o on o.oid = c.setrole left join pg_database d on d.oid = c.setdatabase
  where c.setdatabase = 0 or d.datname = current_database()
  order by 1, 2, 3`;

const list = (part: string): string => `(select coalesce(json_agg(part), '[]') from (${part}) part)`;

/** Answers one row with one column, `facts`: JSON text. */
export const ACCESS_STATEMENT = `
with extension_member as materialized (${EXTENSION_MEMBERS}
), namespace as materialized (${NAMESPACES}
), class as materialized (${CLASSES}
), relation_grant as materialized (${RELATION_GRANTS}
), parent as materialized (${PARENTS}
), reading as materialized (${READS}
), usage as materialized (${USES}
)
select json_build_object(
  'version', current_setting('server_version_num')::int,
  'currentUser', current_user,
  'superuser', (select r.rolsuper from pg_roles r where r.rolname = current_user),
  'serverSettings', (
    select json_object_agg(s.name, coalesce(current_setting(s.name, true), ''))
    from unnest('{${WATCHED_SETTINGS.join(',')}}'::text[]) s (name)),
  'database', (
    select json_build_object('name', d.datname, 'owner', o.rolname, 'hasOwnGrants', d.datacl is not null,
      'grants', ${grantsOf('d.datacl', 'd', 'd.datdba')})
    from pg_database d join pg_roles o on o.oid = d.datdba where d.datname = current_database()),
  'roles', ${list(ROLES)},
  'memberships', ${list(MEMBERSHIPS)},
  'settings', ${list(SETTINGS)},
  'schemas', ${list(`
    select n.name, n.owner, m.extname as extension, ${grantsOf('n.nspacl', 'n', 'n.nspowner')} as grants
    from namespace n ${extensionOf('pg_namespace', 'n.oid')} order by 1`)},
  'relations', ${list(RELATIONS)},
  'policies', ${list(POLICIES)},
  'functions', ${list(FUNCTIONS)},
  'triggers', ${list(TRIGGERS)},
  'eventTriggers', ${list(EVENT_TRIGGERS)},
  'rewriteRules', ${list(REWRITE_RULES)},
  'publications', ${list(PUBLICATIONS)},
  'foreignServers', ${list(FOREIGN_SERVERS)},
  'extensions', ${list(EXTENSIONS)},
  'defaultPrivileges', ${list(DEFAULT_PRIVILEGES)},
  'parameters', ${list(PARAMETERS)}
)::text as facts`;
