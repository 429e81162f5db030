-- Which of PostgreSQL's own functions may agent-written SQL call? One row per name in pg_catalog, with the reason why not, or null.
--
-- A name is judged as a whole, since SQL resolves overloads by types that only the server knows: one harmful overload excludes them all.
-- Kept are functions, aggregates and window functions that compute a value from their arguments and nothing else, and a reviewed
-- handful that read the clock or a random source. Everything else goes, for the first reason of these that fits:
--   1. it acts, or tells of the server, the session, other sessions or the catalogs, or takes SQL as text: by name, since the catalogs do
--      not say so (a STABLE function may read any setting), and by prefix, so that what a next version adds is excluded until reviewed;
--   2. it is VOLATILE, and not among the reviewed ones: side effects hide there;
--   3. its arguments or results are of types that are not plain data: internal, cstring, trigger, oids and their aliases, transaction
--      and log positions, access lists, cursors;
--   4. it is a part of PostgreSQL rather than a function to call: an operator's, aggregate's, index's or type's implementation. Harmless
--      for the most part, but nobody calls them, and a short list is a list that can be read.
-- Left out though it looks harmless: pg_typeof. It gives a regtype, and a literal beside that, as in coalesce(pg_typeof(1), 'name'), is
-- looked up among the types of the whole database, tables included.
-- `reviewed` are the names that rules 2 to 4 would exclude and that are let through, each for the reason beside it.
with reviewed (name, reason) as (
  values
    ('random', 'a random number; the seed cannot be set, since setseed is not here'),
    ('random_normal', 'as random'),
    ('array_sample', 'as random'),
    ('array_shuffle', 'as random'),
    ('gen_random_uuid', 'a random value'),
    ('uuidv4', 'a random value'),
    ('uuidv7', 'a random value and the time'),
    ('clock_timestamp', 'the time'),
    ('timeofday', 'the time'),
    ('age', 'one overload takes an xid, a type that cannot be named'),
    ('max', 'one overload each takes an oid, a tid, an xid8, a pg_lsn: compared, no more'),
    ('min', 'as max'),
    ('int8', 'one overload takes an oid: a number'),
    ('text', 'one overload takes xml: written out, not parsed'),
    ('to_tsvector', 'takes the name of a text search configuration, which tells of no data'),
    ('to_tsquery', 'as to_tsvector'),
    ('plainto_tsquery', 'as to_tsvector'),
    ('phraseto_tsquery', 'as to_tsvector'),
    ('websearch_to_tsquery', 'as to_tsvector'),
    ('json_to_tsvector', 'as to_tsvector'),
    ('jsonb_to_tsvector', 'as to_tsvector'),
    ('ts_headline', 'as to_tsvector'),
    ('pg_size_pretty', 'a number of bytes in words'),
    ('pg_size_bytes', 'the same backwards'),
    ('array_cat', 'documented as a function beside its operator'),
    ('array_append', 'as array_cat'),
    ('array_prepend', 'as array_cat'),
    ('starts_with', 'as array_cat'),
    ('jsonb_concat', 'as array_cat'),
    ('tsquery_phrase', 'as array_cat'),
    ('range_merge', 'as array_cat'),
    ('bound_box', 'documented as a function, used by an index as well'),
    ('inet_merge', 'as bound_box'),
    ('inet_same_family', 'as bound_box'),
    ('isempty', 'as bound_box'),
    ('timezone', 'what AT TIME ZONE is read as'),
    ('similar_to_escape', 'what SIMILAR TO is read as'),
    ('like_escape', 'what LIKE … ESCAPE is read as'),
    ('overlaps', 'what OVERLAPS is read as')
),
rule (number, reason, pattern) as (
  values
    (1, 'reads or sets settings', '^(current_setting|set_config|setseed|row_security_active)$'),
    (2, 'tells who is asking, or where', '^(current_|session_user|system_user|getpgusername|inet_(client|server)_)'),
    (3, 'tells of the server', '^(version|getdatabaseencoding|icu_unicode_version|unicode_version|mxid_age|txid_)'),
    (4, 'reads the catalogs', '^(has_|to_reg|format_type$|col_description$|obj_description$|shobj_description$|oidvectortypes$|satisfies_)'),
    (5, 'reads the catalogs of text search', '^ts_(debug|parse|token_type)$'),
    (6, 'takes SQL as text, or reads what a text names', '^(query_to_|cursor_to_|table_to_|schema_to_|database_to_|ts_stat$|ts_rewrite$)'),
    (7, 'parses XML', '(^|_)(xml|xpath)'),
    (8, 'sequences', '^(nextval|currval|lastval|setval)$'),
    (9, 'large objects', '^(lo_|lo(read|write)$|lowrite)'),
    (10, 'access lists', '(^acl|^make_?acl)'),
    (11, 'the server itself: statistics, files, locks, logs, sleep, catalogs, signals', '^(pg_|binary_upgrade|brin_|gin_|gist_)'),
    (12, 'makes rows of a type that the caller names: servers before 15.20, 16.16, 17.12 and 18.7 can be made to run code by it', '^jsonb?_(populate_record|to_record)')
),
part (oid, reason) as (
  select aggtransfn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select aggfinalfn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select aggcombinefn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select aggmtransfn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select aggminvtransfn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select aggmfinalfn::oid, 'a part of an aggregate' from pg_catalog.pg_aggregate
  union all select amproc::oid, 'a part of an index' from pg_catalog.pg_amproc
  union all select rngcanonical::oid, 'a part of a range type' from pg_catalog.pg_range
  union all select rngsubdiff::oid, 'a part of a range type' from pg_catalog.pg_range
),
overload as (
  select p.oid, p.proname as name, p.provolatile as volatility, obj_description(p.oid, 'pg_proc') as description,
    (select string_agg(distinct y.typname, ', ')
       from unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{}'::oid[])) as used (type)
       join pg_catalog.pg_type t on t.oid = used.type
       join pg_catalog.pg_type y on y.oid = case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem else t.oid end
      where (y.typtype = 'p' and y.typname !~ '^any' and y.typname not in ('record', '_record'))
         or y.typname ~ '^(reg|pg_|xid|txid|tid$|cid$|oid|int2vector|aclitem|refcursor|xml$)') as types
  from pg_catalog.pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace
),
reason as (
  select o.name, r.number as rank, r.reason
    from overload o join rule r on o.name ~ r.pattern
   where not (r.number = 11 and exists (select from reviewed v where v.name = o.name))
  union all
  select o.name, s.rank, s.reason
    from overload o
    cross join lateral (
      select 20, 'volatile: it may do something' where o.volatility = 'v'
      union all select 21, 'takes or gives ' || o.types where o.types is not null
      union all select 22, 'what an operator does' where o.description ~ '^implementation of .* operator$'
      union all select 23, 'what an index or a sort does' where o.description ~ '^(hash|less-equal-greater|larger of two|smaller of two|equal image)'
      union all select 24, 'a part of an aggregate' where o.description ~ '^(aggregate .* function|increment|decrement)'
      union all select 25, 'reads or writes a value of a type' where o.description ~ '^I/O'
      union all select 26, p.reason from part p where p.oid = o.oid
    ) as s (rank, reason)
   where not exists (select from reviewed v where v.name = o.name)
)
select n.name::text, (select r.reason from reason r where r.name = n.name order by r.rank, r.reason limit 1) as reason
from (select distinct name from overload) n
order by 1
