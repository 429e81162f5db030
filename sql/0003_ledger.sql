-- The ledger: one append-only chain of events per tenant.
--
-- An event is first pending, then a leaf. It becomes pending in the transaction it tells of (append: a write and its event commit
-- together or not at all) or in a group of its own (record: reads, refusals, failures). Either way the caller gives only the
-- body; whose event it is comes from the open seal or from a signed claim. So nobody can write under another boundary.
--
-- sequence() makes leaves of what is pending. One session leads at a time. It takes events with DELETE … RETURNING, whatever is
-- visible by now, and never "everything after the last id", which would pass over transactions that commit late. Within its
-- stream an event gets the next number, the hash of the leaf before it, and bytes that are kept exactly as they were hashed:
--
--   leaf = canonical JSON (RFC 8785) in UTF-8, at most 4096 bytes      hash = SHA-256(0x00 || leaf) (RFC 6962)
--   {"boundary":{…},"event":{…},"event_id":"…","log":"t_…","prev":"<hash before>","recorded_at":"…","row_count":0,"seq":1,
--    "sequenced_at":"…","version":1}
--
-- A leaf is never erased, so it names tenants and people by pseudonym; the user's own id is not even kept while pending.
-- JSON is written here by joining strings: to_json(text) escapes exactly what RFC 8785 escapes.
--
-- What this proves and what not: whoever may only use these functions cannot change, remove or reorder anything. A superuser can;
-- verification then finds the place, unless the whole tail and the stream's head were rewritten to match. Only a head kept
-- elsewhere shows that.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ringfence_auditor') then
    create role ringfence_auditor nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
  end if;
end
$$;

set local role ringfence_owner;

grant usage on schema ringfence to ringfence_auditor;

create table ringfence.event_pending (
  id uuid primary key,
  log text not null check (log ~ '^[tx]_[0-9a-f]{32}$'),
  tenant text not null,
  -- The leaf's boundary and event, as they will be hashed. Together with the rest of a leaf they stay below 4096 bytes.
  boundary text not null check (octet_length(boundary) <= 640),
  body text not null check (octet_length(body) <= 3088 and jsonb_typeof(body::jsonb) = 'object'),
  row_count bigint not null check (row_count between 0 and 9007199254740991),
  recorded_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
create index event_pending_order on ringfence.event_pending (recorded_at, id);

create table ringfence.stream (
  log text primary key,
  tenant text not null,
  seq bigint not null check (seq >= 0),
  hash bytea not null check (octet_length(hash) = 32)
);
create index stream_tenant on ringfence.stream (tenant);
comment on table ringfence.stream is 'The head of each chain: its last number and hash; 0 and zeros before the first leaf.';

create table ringfence.leaf (
  log text not null,
  seq bigint not null check (seq > 0),
  event_id uuid not null unique,
  prev bytea not null,
  hash bytea not null,
  leaf bytea not null check (octet_length(leaf) <= 4096),
  primary key (log, seq)
);
-- Compressed bytes would be decompressed for every verification and save little: a leaf is mostly hashes and names.
alter table ringfence.leaf alter column leaf set storage external;

-- Locked by whichever session sequences. A row, since anybody could hold an advisory lock.
create table ringfence.sequencing (
  only_row boolean primary key default true check (only_row)
);
insert into ringfence.sequencing default values;

create function ringfence.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the ledger is append-only: % on ringfence.% is refused', tg_op, tg_table_name using errcode = '42501';
end
$$;
create trigger append_only before update or delete or truncate on ringfence.leaf
  for each statement execute function ringfence.refuse_change();
create trigger append_only before delete or truncate on ringfence.stream
  for each statement execute function ringfence.refuse_change();
-- Also under session_replication_role = replica.
alter table ringfence.leaf enable always trigger append_only;
alter table ringfence.stream enable always trigger append_only;

-- The next three are called once for each event. They are plpgsql, which keeps a plan for the session; SQL functions that cannot be
-- inlined are planned at every call, and cost ten times as much.

-- A name as a leaf carries it: one that would not leave room for the rest stands as its hash.
create function ringfence.leaf_name(name text) returns text
language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  json constant text := to_json(name)::text;
begin
  if octet_length(json) <= 130 then
    return json;
  end if;
  return '"sha256:' || encode(sha256(convert_to(name, 'UTF8')), 'hex') || '"';
end
$$;

-- What a leaf says of the boundary, from the ten fields of sealed(). A member that has no value is absent.
create function ringfence.leaf_boundary(fields text[]) returns text
language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  return '{"actor":' || ringfence.leaf_name(fields[7])
    || ',"actor_kind":' || to_json(fields[6])::text
    || case when fields[8] <> '' then ',"cross_tenant":' || ringfence.leaf_name(fields[8]) else '' end
    || ',"role":' || to_json(fields[4])::text
    || ',"run":' || ringfence.leaf_name(fields[5])
    || ',"subject":' || to_json(fields[10])::text
    || case when fields[2] <> '' then ',"workspace":' || ringfence.leaf_name(fields[2]) else '' end || '}';
end
$$;

create function ringfence.rfc3339(at timestamptz) returns text
language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
begin
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
end
$$;

-- The functions that follow keep their plans for as long as a session lasts, and make them when the ledger may still be empty: then
-- reading a whole table looks cheap. They are told to use the indexes, so that an event costs the same after ten million others.

-- The event of a write, from inside the writing statement. SQLSTATE 28000: no boundary is open. RF404: fewer rows than at_least, so
-- that the write is undone. A duration of 0 in the body becomes the time since the transaction began. 23505: the id has been used.
create function ringfence.append(event_id uuid, body text, row_count bigint, at_least bigint default 0) returns uuid
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  fields text[] := ringfence.sealed();
  took constant bigint := extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000000;
begin
  if fields is null then
    raise exception 'no boundary is open' using errcode = '28000', hint = 'Call ringfence.enter(claim) first, in this transaction.';
  end if;
  if row_count is null or row_count < coalesce(at_least, 0) then
    raise exception 'no such row' using errcode = 'RF404';
  end if;
  if exists (select from ringfence.leaf l where l.event_id = append.event_id) then
    raise exception 'the event has been recorded' using errcode = '23505';
  end if;
  insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count)
  values (event_id, fields[9], fields[1], ringfence.leaf_boundary(fields),
    -- A member of canonical JSON; inside a string its quotes would be escaped.
    replace(body, '"duration_us":0,', '"duration_us":' || took || ','), row_count);
  return event_id;
end
$$;

-- Many events of many boundaries: element i of each array is one event. All become pending or none. Sending an event again is
-- harmless; another event under a used id is refused with 23505, a claim that does not verify with 28000.
create function ringfence.record(claims text[], ids uuid[], bodies text[], row_counts bigint[]) returns void
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  -- One clock reading, and a microsecond more for each event: the order of the arrays is the order of the ledger.
  began constant timestamptz := clock_timestamp();
  added bigint;
begin
  if cardinality(claims) is distinct from cardinality(ids) or cardinality(ids) is distinct from cardinality(bodies)
    or cardinality(bodies) is distinct from cardinality(row_counts) then
    raise exception 'the four arrays differ in length' using errcode = '22023';
  end if;
  insert into ringfence.event_pending (id, log, tenant, boundary, body, row_count, recorded_at)
  select e.id, f.claimed[15], f.claimed[7], ringfence.leaf_boundary(f.claimed[7:16]), e.body, e.row_count,
    began + e.place * interval '1 microsecond'
  from unnest(claims, ids, bodies, row_counts) with ordinality as e (claim, id, body, row_count, place)
  cross join lateral ringfence.claim_fields(e.claim) as f (claimed)
  where not exists (select from ringfence.leaf l where l.event_id = e.id)
  on conflict (id) do nothing;
  get diagnostics added = row_count;
  if added < cardinality(ids) and exists (
    select from unnest(ids, bodies) as e (id, body)
    where not exists (select from ringfence.event_pending p where p.id = e.id and p.body = e.body)
      and not exists (
        select from ringfence.leaf l
        where l.event_id = e.id
          and position(convert_to('"event":' || e.body || ',"event_id":"' || e.id || '"', 'UTF8') in l.leaf) > 0))
  then
    raise exception 'the event id has been used for another event' using errcode = '23505';
  end if;
end
$$;

-- Makes leaves of at most at_most pending events, oldest first. Returns how many it took; 0 where none is pending, NULL where another
-- session is at it. Call it in a transaction of its own: until that ends nobody else can sequence.
create function ringfence.sequence(at_most int default 256) returns int
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  zeros constant bytea := decode(repeat('00', 32), 'hex');
  before_end constant text := ',"sequenced_at":"' || ringfence.rfc3339(clock_timestamp()) || '","version":1}';
  taken int := 0;
  event record;
  at_log text;
  at_seq bigint;
  at_hash bytea;
  bytes bytea;
  logs text[];
  tenants text[];
  seqs bigint[];
  ids uuid[];
  prevs bytea[];
  hashes bytea[];
  leaves bytea[];
begin
  if not exists (select from ringfence.event_pending) then
    return 0;
  end if;
  -- Whoever holds this row holds every stream's head: nobody else moves one.
  perform from ringfence.sequencing for update skip locked;
  if not found then
    return null;
  end if;
  for event in
    with batch as (
      delete from ringfence.event_pending p
      where p.id in (select o.id from ringfence.event_pending o order by o.recorded_at, o.id limit at_most)
      returning p.*
    )
    select b.id, b.log, b.tenant, coalesce(s.seq, 0) as head_seq, coalesce(s.hash, zeros) as head_hash,
      '{"boundary":' || b.boundary || ',"event":' || b.body || ',"event_id":"' || b.id || '","log":"' || b.log || '","prev":"'
        as before_prev,
      '","recorded_at":"' || ringfence.rfc3339(b.recorded_at) || '","row_count":' || b.row_count || ',"seq":' as before_seq,
      -- Sent again, after a lost connection, while its first copy was on its way here.
      exists (select from ringfence.leaf l where l.event_id = b.id) as repeated
    from batch b left join ringfence.stream s on s.log = b.log
    order by b.log, b.recorded_at, b.id
  loop
    taken := taken + 1;
    continue when event.repeated;
    if event.log is distinct from at_log then
      at_log := event.log;
      at_seq := event.head_seq;
      at_hash := event.head_hash;
    end if;
    at_seq := at_seq + 1;
    bytes := convert_to(event.before_prev || encode(at_hash, 'hex') || event.before_seq || at_seq || before_end, 'UTF8');
    prevs := prevs || at_hash;
    at_hash := sha256('\x00'::bytea || bytes);
    logs := logs || at_log;
    tenants := tenants || event.tenant;
    seqs := seqs || at_seq;
    ids := ids || event.id;
    hashes := hashes || at_hash;
    leaves := leaves || bytes;
  end loop;
  insert into ringfence.stream (log, tenant, seq, hash)
  select distinct on (l.log) l.log, l.tenant, l.seq, l.hash
  from unnest(logs, tenants, seqs, hashes) as l (log, tenant, seq, hash) order by l.log, l.seq desc
  on conflict (log) do update set seq = excluded.seq, hash = excluded.hash;
  insert into ringfence.leaf (log, seq, event_id, prev, hash, leaf)
  select * from unnest(logs, seqs, ids, prevs, hashes, leaves);
  return taken;
end
$$;

-- Every stream there is a trace of, with its head; seq and hash are NULL where leaves have lost their stream.
create function ringfence.ledger_streams() returns table (log text, tenant text, seq bigint, hash bytea)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  with recursive logs (log) as (
    select min(l.log) from ringfence.leaf l
    union all
    select (select min(l.log) from ringfence.leaf l where l.log > logs.log) from logs where logs.log is not null
  )
  select coalesce(s.log, logs.log), s.tenant, s.seq, s.hash
  from ringfence.stream s full join (select logs.log from logs where logs.log is not null) logs on logs.log = s.log
  order by 1;
end;

create function ringfence.ledger_head(of_log text) returns table (seq bigint, hash bytea)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select s.seq, s.hash from ringfence.stream s where s.log = of_log;
end;

-- The leaves of one stream after a number, in order, byte for byte.
create function ringfence.ledger_read(of_log text, after bigint, at_most int)
returns table (seq bigint, event_id uuid, prev bytea, hash bytea, leaf bytea)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select l.seq, l.event_id, l.prev, l.hash, l.leaf
  from ringfence.leaf l where l.log = of_log and l.seq > after order by l.seq limit at_most;
end;

-- The newest events that contain `matching` (a leaf with only the members asked for), newest first, those still pending among
-- them: these have no number and no hash yet. An argument that is NULL asks for nothing.
create function ringfence.ledger_events(of_tenant text, matching jsonb, since timestamptz, at_most int)
returns table (log text, tenant text, seq bigint, leaf text)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  with found as (
    select s.log, s.tenant, f.seq, f.leaf
    from ringfence.stream s
    cross join lateral (
      select l.seq, convert_from(l.leaf, 'UTF8') as leaf
      from ringfence.leaf l
      where l.log = s.log
        and (matching is null or convert_from(l.leaf, 'UTF8')::jsonb @> matching)
        and (since is null or convert_from(l.leaf, 'UTF8')::json ->> 'recorded_at' >= ringfence.rfc3339(since) collate "C")
      order by l.seq desc limit at_most
    ) f
    where of_tenant is null or s.tenant = of_tenant
    union all
    select p.log, p.tenant, null, w.leaf
    from ringfence.event_pending p
    cross join lateral (
      select '{"boundary":' || p.boundary || ',"event":' || p.body || ',"event_id":"' || p.id || '","log":"' || p.log
        || '","recorded_at":"' || ringfence.rfc3339(p.recorded_at) || '","row_count":' || p.row_count || ',"version":1}'
    ) w (leaf)
    where (of_tenant is null or p.tenant = of_tenant)
      and (matching is null or w.leaf::jsonb @> matching)
      and (since is null or p.recorded_at >= since)
  )
  select found.log, found.tenant, found.seq, found.leaf
  from found
  order by (found.leaf::json ->> 'recorded_at') collate "C" desc, found.seq desc nulls first
  limit at_most;
end;

revoke all on function
  ringfence.refuse_change(), ringfence.leaf_name(text), ringfence.leaf_boundary(text[]), ringfence.rfc3339(timestamptz),
  ringfence.append(uuid, text, bigint, bigint), ringfence.record(text[], uuid[], text[], bigint[]), ringfence.sequence(int),
  ringfence.ledger_streams(), ringfence.ledger_head(text), ringfence.ledger_read(text, bigint, int),
  ringfence.ledger_events(text, jsonb, timestamptz, int) from public;
grant execute on function ringfence.record(text[], uuid[], text[], bigint[]), ringfence.sequence(int) to ringfence_gateway;
grant execute on function
  ringfence.ledger_streams(), ringfence.ledger_head(text), ringfence.ledger_read(text, bigint, int),
  ringfence.ledger_events(text, jsonb, timestamptz, int) to ringfence_auditor;
reset role;
