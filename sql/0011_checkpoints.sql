-- Checkpoints: signed statements of how long a stream is, and what is in it.
--
-- Over the leaves of each stream stands a Merkle tree (RFC 6962). It is kept in tiles of 256 hashes (https://c2sp.org/tlog-tiles), so that a
-- proof reads a handful of rows and a stream's next checkpoint costs the same after ten million events. A checkpoint
-- (https://c2sp.org/tlog-checkpoint) is the tree's size and root in a signed note.
--
-- The key that signs is not in the database. A process that has it asks checkpoint_due(), which makes it the one that leads until its
-- transaction ends; works out tiles, roots and notes; and hands them to checkpoint_add(). What the database can check it does: a
-- stream's checkpoints only grow, never past its leaves, and a tile only gets longer. Whether a note verifies is for whoever verifies.
--
-- Every checkpoint of a tenant's stream becomes a leaf of one more stream, `operator`, which is chained and checkpointed like the others.
-- Its checkpoint alone is kept elsewhere: it shows a stream that was cut, rewritten or removed, and names no tenant.

set local role ringfence_owner;

create table ringfence.tile (
  log text not null,
  level int not null check (level between 0 and 7),
  index bigint not null check (index >= 0),
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (log, level, index)
);
-- Hashes do not compress.
alter table ringfence.tile alter column hashes set storage external;

create table ringfence.checkpoint (
  log text not null,
  size bigint not null check (size > 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null check (octet_length(note) <= 8192),
  made_at timestamptz not null default clock_timestamp(),
  primary key (log, size)
);

-- What witnesses signed under a checkpoint: lines of a signed note.
create table ringfence.cosignature (
  log text not null,
  size bigint not null,
  line text not null check (line ^@ '— ' and octet_length(line) <= 8192 and line !~ '[\x01-\x1f]'),
  added_at timestamptz not null default clock_timestamp(),
  primary key (log, size, line),
  foreign key (log, size) references ringfence.checkpoint (log, size)
);

-- The leaves of the stream `operator`. They are no events, and so not among those.
create table ringfence.operator_leaf (
  seq bigint primary key check (seq > 0),
  event_id uuid not null unique,
  prev bytea not null,
  hash bytea not null,
  leaf bytea not null check (octet_length(leaf) <= 4096)
);
alter table ringfence.operator_leaf alter column leaf set storage external;

-- Locked by whichever session signs.
create table ringfence.checkpointing (
  only_row boolean primary key default true check (only_row)
);
insert into ringfence.checkpointing default values;

alter table ringfence.stream add column signed bigint not null default 0;
comment on column ringfence.stream.signed is 'The size of its newest checkpoint.';
create index stream_unsigned on ringfence.stream (log) where seq > signed;

create function ringfence.refuse_other_tile() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.log = old.log and new.level = old.level and new.index = old.index
    and octet_length(new.hashes) > octet_length(old.hashes)
    and substring(new.hashes for octet_length(old.hashes)) = old.hashes then
    return new;
  end if;
  raise exception 'the ledger is append-only: a tile only gets longer' using errcode = '42501';
end
$$;
create trigger append_only before update on ringfence.tile for each row execute function ringfence.refuse_other_tile();
create trigger append_only_rows before delete or truncate on ringfence.tile
  for each statement execute function ringfence.refuse_change();
create trigger append_only before update or delete or truncate on ringfence.checkpoint
  for each statement execute function ringfence.refuse_change();
create trigger append_only before update or delete or truncate on ringfence.cosignature
  for each statement execute function ringfence.refuse_change();
create trigger append_only before update or delete or truncate on ringfence.operator_leaf
  for each statement execute function ringfence.refuse_change();
alter table ringfence.operator_leaf enable always trigger append_only;
alter table ringfence.tile enable always trigger append_only;
alter table ringfence.tile enable always trigger append_only_rows;
alter table ringfence.checkpoint enable always trigger append_only;
alter table ringfence.cosignature enable always trigger append_only;

-- Streams with leaves that no checkpoint covers, at most so many, each with its newest checkpoint, the hashes of at most so many leaves after
-- it, and the tiles at the right edge of its tree. Streams that the caller will not sign are passed over. SQLSTATE 55P03: another session
-- is at it.
create function ringfence.checkpoint_due(passed_over text[], streams int default 256, leaves int default 16384)
returns table (log text, size bigint, note text, hashes bytea, levels int[], indexes bigint[], tiles bytea[])
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if not exists (select from ringfence.stream s where s.seq > s.signed and not s.log = any (passed_over)) then
    return;
  end if;
  perform from ringfence.checkpointing for update skip locked;
  if not found then
    raise exception 'another session signs' using errcode = '55P03';
  end if;
  return query
  select s.log, s.signed, c.note,
    (select string_agg(n.hash, ''::bytea order by n.seq)
      from (
        (select l.seq, l.hash from ringfence.leaf l where l.log = s.log and l.seq > s.signed order by l.seq limit leaves)
        union all
        (select o.seq, o.hash from ringfence.operator_leaf o where s.log = 'operator' and o.seq > s.signed order by o.seq limit leaves)
      ) n),
    e.levels, e.indexes, e.tiles
  from (
    select u.log, u.signed from ringfence.stream u
    where u.seq > u.signed and not u.log = any (passed_over) order by u.log limit streams
  ) s
  left join ringfence.checkpoint c on c.log = s.log and c.size = s.signed
  cross join lateral (
    select array_agg(t.level order by t.level) as levels, array_agg(t.index order by t.level) as indexes,
      array_agg(t.hashes order by t.level) as tiles
    from generate_series(0, 7) as at (level)
    join ringfence.tile t on t.log = s.log and t.level = at.level
      and t.index = s.signed / (power(256::numeric, at.level + 1))::bigint
    where (s.signed / (power(256::numeric, at.level))::bigint) % 256 > 0
  ) e;
end
$$;

-- Keeps checkpoints and the tiles of their trees: element i of each of the first four arrays is one checkpoint, of the last four one tile.
-- Call it in the transaction of checkpoint_due(). SQLSTATE 40001: a stream is not where it was.
create function ringfence.checkpoint_add(
  logs text[], sizes bigint[], roots bytea[], notes text[],
  tile_logs text[], tile_levels int[], tile_indexes bigint[], tile_hashes bytea[]
) returns void
language plpgsql volatile security definer parallel unsafe
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  zeros constant bytea := decode(repeat('00', 32), 'hex');
  before_end constant text := ',"sequenced_at":"' || ringfence.rfc3339(clock_timestamp()) || '","version":1}';
  moved bigint;
  made record;
  at_seq bigint;
  at_hash bytea;
  id uuid;
  bytes bytea;
begin
  perform from ringfence.checkpointing for update;
  -- In the order in which sequence() takes them.
  perform from ringfence.stream s where s.log = any (logs) or s.log = 'operator' order by s.log for update;
  update ringfence.stream s set signed = a.size
  from unnest(logs, sizes) as a (log, size)
  where s.log = a.log and s.signed < a.size and a.size <= s.seq;
  get diagnostics moved = row_count;
  if moved is distinct from cardinality(logs)::bigint or cardinality(logs) is distinct from cardinality(sizes) then
    raise exception 'a stream is not where it was' using errcode = '40001';
  end if;
  insert into ringfence.tile (log, level, index, hashes)
  select * from unnest(tile_logs, tile_levels, tile_indexes, tile_hashes)
  on conflict (log, level, index) do update set hashes = excluded.hashes;
  insert into ringfence.checkpoint (log, size, root, note) select * from unnest(logs, sizes, roots, notes);

  select s.seq, s.hash into at_seq, at_hash from ringfence.stream s where s.log = 'operator';
  at_seq := coalesce(at_seq, 0);
  at_hash := coalesce(at_hash, zeros);
  for made in
    select a.log, a.size, a.root from unnest(logs, sizes, roots) as a (log, size, root) where a.log <> 'operator' order by a.log
  loop
    at_seq := at_seq + 1;
    id := gen_random_uuid();
    bytes := convert_to('{"checkpoint":{"log":' || to_json(made.log)::text || ',"root":"' || encode(made.root, 'base64')
      || '","size":' || made.size || '},"event_id":"' || id || '","log":"operator","prev":"' || encode(at_hash, 'hex') || '","seq":'
      || at_seq || before_end, 'UTF8');
    insert into ringfence.operator_leaf (seq, event_id, prev, hash, leaf)
    values (at_seq, id, at_hash, sha256('\x00'::bytea || bytes), bytes);
    at_hash := sha256('\x00'::bytea || bytes);
  end loop;
  if at_seq > 0 then
    insert into ringfence.stream (log, tenant, seq, hash) values ('operator', '', at_seq, at_hash)
    on conflict (log) do update set seq = excluded.seq, hash = excluded.hash;
  end if;
end
$$;

-- The checkpoints of one stream of at least this size, smallest first.
create function ringfence.checkpoint_read(of_log text, at_least bigint, at_most int)
returns table (size bigint, root bytea, note text, made_at timestamptz)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select c.size, c.root, c.note, c.made_at
  from ringfence.checkpoint c where c.log = of_log and c.size >= at_least order by c.size limit at_most;
end;

create function ringfence.tile_read(of_log text, at_level int, at_index bigint) returns bytea
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select t.hashes from ringfence.tile t where t.log = of_log and t.level = at_level and t.index = at_index;
end;

-- The newest checkpoint of a stream, with what witnesses signed under it.
create function ringfence.checkpoint_newest(of_log text) returns table (size bigint, root bytea, note text, made_at timestamptz)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select c.size, c.root,
    c.note || coalesce((select string_agg(s.line || chr(10), '' order by s.line)
      from ringfence.cosignature s where s.log = c.log and s.size = c.size), ''),
    c.made_at
  from ringfence.checkpoint c where c.log = of_log order by c.size desc limit 1;
end;

-- Keeps what a witness signed under a checkpoint. Whether it verifies is for whoever verifies.
create function ringfence.checkpoint_cosign(of_log text, of_size bigint, lines text[]) returns void
language sql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp
begin atomic
  insert into ringfence.cosignature (log, size, line) select of_log, of_size, l.line from unnest(lines) as l (line)
  on conflict do nothing;
end;

-- Where an event stands; without a number while it waits to be chained.
create function ringfence.ledger_place(of_event uuid)
returns table (log text, tenant text, seq bigint, leaf bytea, pending boolean)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select l.log, s.tenant, l.seq, l.leaf, false
  from ringfence.leaf l left join ringfence.stream s on s.log = l.log where l.event_id = of_event
  union all
  select 'operator', null, o.seq, o.leaf, false from ringfence.operator_leaf o where o.event_id = of_event
  union all
  select p.log, p.tenant, null, null, true from ringfence.event_pending p where p.id = of_event
  limit 1;
end;

-- As before, and the leaves of the stream that lists checkpoints.
create or replace function ringfence.ledger_read(of_log text, after bigint, at_most int)
returns table (seq bigint, event_id uuid, prev bytea, hash bytea, leaf bytea)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  (select l.seq, l.event_id, l.prev, l.hash, l.leaf
    from ringfence.leaf l where l.log = of_log and l.seq > after order by l.seq limit at_most)
  union all
  (select o.seq, o.event_id, o.prev, o.hash, o.leaf
    from ringfence.operator_leaf o where of_log = 'operator' and o.seq > after order by o.seq limit at_most);
end;

revoke all on function
  ringfence.refuse_other_tile(), ringfence.checkpoint_due(text[], int, int),
  ringfence.checkpoint_add(text[], bigint[], bytea[], text[], text[], int[], bigint[], bytea[]),
  ringfence.checkpoint_read(text, bigint, int), ringfence.checkpoint_newest(text), ringfence.tile_read(text, int, bigint),
  ringfence.checkpoint_cosign(text, bigint, text[]), ringfence.ledger_place(uuid) from public;
grant execute on function
  ringfence.checkpoint_due(text[], int, int),
  ringfence.checkpoint_add(text[], bigint[], bytea[], text[], text[], int[], bigint[], bytea[]),
  ringfence.checkpoint_cosign(text, bigint, text[]), ringfence.checkpoint_newest(text), ringfence.tile_read(text, int, bigint)
  to ringfence_gateway;
grant execute on function
  ringfence.checkpoint_read(text, bigint, int), ringfence.checkpoint_newest(text), ringfence.tile_read(text, int, bigint),
  ringfence.ledger_place(uuid) to ringfence_auditor;

reset role;
