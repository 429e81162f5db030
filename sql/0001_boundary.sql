-- The boundary, inside the database.
--
-- A process that serves agents logs in as ringfence_gateway, which owns nothing and may read nothing. To do anything it
-- presents a claim: sixteen fields and an HMAC, made by the library from a boundary, good for seconds, for this database, and on
-- a direct connection for this backend only. ringfence.enter() checks the claim and writes the seal: what the claim said, under
-- a second HMAC over (content, backend, transaction start) with a key that only ringfence_owner can read.
--
-- The seal lives in a transaction-local setting. Agents' SQL can overwrite that setting; it cannot make one that verifies.
-- Row-level security asks ringfence.tenant('role') on every statement, which verifies the seal again and answers NULL, so no rows,
-- when the seal is absent, altered, from another transaction or backend, or opened for another role.
--
-- The accessors are called by row-level security on behalf of whoever runs the statement, inside that session's search_path.
-- Every name in them is therefore qualified, operators included, and they carry no SET clause, which would cost more than
-- the HMAC does.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ringfence_owner') then
    create role ringfence_owner nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'ringfence_gateway') then
    create role ringfence_gateway login nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
  end if;
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
    execute format('grant ringfence_owner to %I', current_user);
  end if;
end
$$;

-- What SQL means must not depend on a database's defaults; and nothing of an agent's runs for ever, whatever else fails.
alter role ringfence_gateway set search_path = pg_catalog;
alter role ringfence_gateway set datestyle = 'ISO, YMD';
alter role ringfence_gateway set timezone = 'UTC';
alter role ringfence_gateway set intervalstyle = 'postgres';
alter role ringfence_gateway set extra_float_digits = 1;
alter role ringfence_gateway set bytea_output = 'hex';
alter role ringfence_gateway set client_encoding = 'UTF8';
alter role ringfence_gateway set standard_conforming_strings = on;
alter role ringfence_gateway set jit = off;
alter role ringfence_gateway set statement_timeout = '60s';
alter role ringfence_gateway set idle_in_transaction_session_timeout = '10s';

create schema ringfence authorization ringfence_owner;

-- From here on everything belongs to ringfence_owner, whoever applies it.
set local role ringfence_owner;
revoke all on schema ringfence from public;
grant usage on schema ringfence to ringfence_gateway;

-- Which files of sql/ this database has run.
create table ringfence.migration (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp()
);

-- One row: which installation this is. A claim names it, so that a claim for one database opens nothing in another.
create table ringfence.install (
  only_row boolean primary key default true check (only_row),
  domain text not null,
  seal_inner bytea not null,
  seal_outer bytea not null,
  installed_at timestamptz not null default clock_timestamp()
);
comment on table ringfence.install is 'The installation''s name and the key of its seals. Dumps and replicas carry it.';

-- The HMAC keys of claims, as padded by RFC 2104 (64-byte block): the library holds the same keys. Several at once while one rotates.
create table ringfence.claim_key (
  key_id text primary key,
  inner_pad bytea not null check (octet_length(inner_pad) = 64),
  outer_pad bytea not null check (octet_length(outer_pad) = 64),
  added_at timestamptz not null default clock_timestamp()
);

create table ringfence.membership (
  tenant text not null check (tenant <> ''),
  workspace text check (workspace <> ''),
  user_id text not null check (user_id <> ''),
  role text not null check (role ~ '^[a-z][a-z0-9_]{0,39}$'),
  plan text,
  region text,
  unique nulls not distinct (user_id, tenant, workspace)
);
comment on table ringfence.membership is 'Which user has which one role in which tenant and workspace. A product may keep this elsewhere and pass its own resolver.';

-- RFC 2104 with the block size of SHA-256: the key's inner or outer pad.
create function ringfence.hmac_pad(key bytea, fill int) returns bytea
language plpgsql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
declare
  block bytea := case when octet_length(key) > 64 then sha256(key) else key end;
begin
  block := block || decode(repeat('00', 64 - octet_length(block)), 'hex');
  for i in 0..63 loop
    block := set_byte(block, i, get_byte(block, i) # fill);
  end loop;
  return block;
end
$$;

do $$
declare
  key bytea := sha256(convert_to(
    gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
begin
  insert into ringfence.install (domain, seal_inner, seal_outer)
  values (gen_random_uuid()::text, ringfence.hmac_pad(key, 54), ringfence.hmac_pad(key, 92));
end
$$;

create function ringfence.add_claim_key(key_id text, key bytea) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  insert into ringfence.claim_key (key_id, inner_pad, outer_pad)
  values (key_id, ringfence.hmac_pad(key, 54), ringfence.hmac_pad(key, 92))
  on conflict (key_id) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad
$$;

-- The open seal's ten fields (tenant, workspace, user, role, run, actor kind, actor, cross-tenant, log, subject), or NULL.
create function ringfence.sealed() returns text[]
language plpgsql stable security definer parallel restricted as $$
declare
  seal text := pg_catalog.current_setting('ringfence.seal', true);
  content text;
  inner_pad bytea;
  outer_pad bytea;
begin
  if seal is null or seal operator(pg_catalog.=) '' then
    return null;
  end if;
  content := pg_catalog."left"(seal, -65);
  select i.seal_inner, i.seal_outer into inner_pad, outer_pad from ringfence.install i;
  if pg_catalog."right"(seal, 64) operator(pg_catalog.<>) pg_catalog.encode(
    pg_catalog.sha256(outer_pad operator(pg_catalog.||) pg_catalog.sha256(
      inner_pad operator(pg_catalog.||) pg_catalog.convert_to('seal' operator(pg_catalog.||) content, 'UTF8')
        operator(pg_catalog.||) pg_catalog.int4send(pg_catalog.pg_backend_pid())
        operator(pg_catalog.||) pg_catalog.timestamptz_send(pg_catalog.now()))), 'hex') then
    return null;
  end if;
  return pg_catalog.string_to_array(content, pg_catalog.chr(31));
end
$$;

-- The sixteen verified fields of a claim. Refuses with one message, whatever was wrong with it.
create function ringfence.claim_fields(claim text) returns text[]
language plpgsql stable security definer parallel restricted set search_path = pg_catalog, pg_temp as $$
declare
  content text := "left"(claim, -65);
  fields text[] := string_to_array(content, chr(31));
  inner_pad bytea;
  outer_pad bytea;
  now_ms numeric := extract(epoch from clock_timestamp()) * 1000;
begin
  if cardinality(fields) = 16 and fields[1] = 'rf1' then
    select k.inner_pad, k.outer_pad into inner_pad, outer_pad from ringfence.claim_key k where k.key_id = fields[2];
    if found
      and "right"(claim, 65) = chr(31) || encode(sha256(outer_pad || sha256(inner_pad || convert_to(content, 'UTF8'))), 'hex')
      and fields[3] = (select i.domain from ringfence.install i)
      -- Behind a pooler nobody knows the backend beforehand: such a claim lives seconds.
      and (fields[4] = pg_backend_pid()::text or (fields[4] = '' and fields[5]::numeric < now_ms + 10000))
      and fields[5]::numeric > now_ms
      and fields[5]::numeric < now_ms + 120000
      and fields[7] <> '' and fields[9] <> '' and fields[10] <> ''
    then
      return fields;
    end if;
  end if;
  raise exception 'claim refused' using errcode = '28000',
    hint = 'The claim is expired, altered, or made for another database, backend or key.';
end
$$;

-- Opens the boundary that the claim proves, until the transaction ends. Once.
create function ringfence.enter(claim text) returns void
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  content text;
begin
  if ringfence.sealed() is not null then
    raise exception 'a boundary is open already' using errcode = '25001', hint = 'One boundary per transaction.';
  end if;
  content := array_to_string((ringfence.claim_fields(claim))[7:16], chr(31));
  perform set_config('ringfence.seal', content || chr(31) || (
    select encode(sha256(i.seal_outer || sha256(
      i.seal_inner || convert_to('seal' || content, 'UTF8') || int4send(pg_backend_pid()) || timestamptz_send(now()))), 'hex')
    from ringfence.install i), true);
end
$$;

-- What row-level security asks: the boundary's value, if the boundary is open for this role.
create function ringfence.tenant(role text) returns text
language plpgsql stable security definer parallel restricted as $$
declare
  fields text[] := ringfence.sealed();
begin
  if fields[4] operator(pg_catalog.=) role then
    return fields[1];
  end if;
  return null;
end
$$;

create function ringfence.workspace(role text) returns text
language plpgsql stable security definer parallel restricted as $$
declare
  fields text[] := ringfence.sealed();
begin
  if fields[4] operator(pg_catalog.=) role and fields[2] operator(pg_catalog.<>) '' then
    return fields[2];
  end if;
  return null;
end
$$;

create function ringfence.user_id(role text) returns text
language plpgsql stable security definer parallel restricted as $$
declare
  fields text[] := ringfence.sealed();
begin
  if fields[4] operator(pg_catalog.=) role then
    return fields[3];
  end if;
  return null;
end
$$;

-- The same for a product's own triggers and defaults, whatever the role.
create function ringfence.tenant() returns text
language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
return (ringfence.sealed())[1];

create function ringfence.workspace() returns text
language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
return nullif((ringfence.sealed())[2], '');

create function ringfence.user_id() returns text
language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
return (ringfence.sealed())[3];

create function ringfence.role() returns text
language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
return (ringfence.sealed())[4];

create function ringfence.run_id() returns text
language sql stable security definer parallel restricted set search_path = pg_catalog, pg_temp
return (ringfence.sealed())[5];

-- What the gateway may know of the installation: the name that its claims carry.
create function ringfence.domain() returns text
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select i.domain from ringfence.install i;
end;

create function ringfence.memberships(of_user text) returns setof ringfence.membership
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select m.tenant, m.workspace, m.user_id, m.role, m.plan, m.region
  from ringfence.membership m where m.user_id = of_user order by m.tenant, m.workspace;
end;

revoke all on all functions in schema ringfence from public;
grant execute on function ringfence.enter(text), ringfence.domain(), ringfence.memberships(text) to ringfence_gateway;
reset role;
