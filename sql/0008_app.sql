-- The product's own tool code, in the database.
--
-- ringfence_app is a second login: tools that the product has written run as it, one transaction each, sealed with the boundary of the call
-- they serve. It holds rights on the tables of the policy, and row-level security keeps it inside the sealed tenant.
--
-- Its SQL is the product's, and nobody reads it first; it may hold what an agent was let write. So its transaction cannot commit without
-- the call's event: call_begin names the event that must come, by an id that the code is not told, and a deferred trigger asks for it at
-- commit, whoever commits, and in whatever words. A rollback ends the seal with the transaction, and what follows sees no rows. Only the
-- event that was named can be written, so that the code cannot write events of its own.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ringfence_app') then
    create role ringfence_app login nosuperuser nobypassrls noinherit nocreatedb nocreaterole;
  end if;
end
$$;

alter role ringfence_app set search_path = pg_catalog;
alter role ringfence_app set datestyle = 'ISO, YMD';
alter role ringfence_app set timezone = 'UTC';
alter role ringfence_app set intervalstyle = 'postgres';
alter role ringfence_app set extra_float_digits = 1;
alter role ringfence_app set bytea_output = 'hex';
alter role ringfence_app set client_encoding = 'UTF8';
alter role ringfence_app set standard_conforming_strings = on;
alter role ringfence_app set statement_timeout = '60s';
alter role ringfence_app set idle_in_transaction_session_timeout = '60s';

set local role ringfence_owner;

-- The call that a session has under way. No row of it is ever committed, so there is no need to log one.
create unlogged table ringfence.open_call (
  pid integer primary key,
  event_id uuid not null,
  asked_at timestamptz
);

-- Begins a call, in a transaction whose seal is open: it must end with this event.
create function ringfence.call_begin(event_id uuid) returns void
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
begin
  if ringfence.sealed() is null then
    raise exception 'no boundary is open' using errcode = '28000', hint = 'Call ringfence.enter(claim) first, in this transaction.';
  end if;
  insert into ringfence.open_call (pid, event_id) values (pg_backend_pid(), call_begin.event_id);
end
$$;

-- Ends it. SQLSTATE 25000: the call was not begun in this transaction, or with another event.
create function ringfence.call_end(event_id uuid, body text, row_count bigint) returns uuid
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  if not exists (
    select from ringfence.open_call c where c.pid = pg_backend_pid() and c.event_id = call_end.event_id
  ) then
    raise exception 'no such call is open' using errcode = '25000', hint = 'The transaction that it was begun in has ended.';
  end if;
  return ringfence.append(event_id, body, row_count);
end
$$;

-- Deferred constraints can be asked for before the commit (set constraints all immediate), which the code may want for its own. Then this
-- one is deferred anew; asked for twice in one statement, it is the commit that asks.
create function ringfence.call_recorded() returns trigger
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
  if exists (select from ringfence.event_pending p where p.id = new.event_id) then
    delete from ringfence.open_call c where c.pid = new.pid;
  elsif new.asked_at is distinct from statement_timestamp() then
    set constraints ringfence.call_recorded deferred;
    update ringfence.open_call c set asked_at = statement_timestamp() where c.pid = new.pid;
  else
    raise exception 'a call commits with its event' using errcode = '25000', hint = 'Return from the tool to commit what it did.';
  end if;
  return null;
end
$$;
create constraint trigger call_recorded after insert or update on ringfence.open_call
  deferrable initially deferred for each row execute function ringfence.call_recorded();
alter table ringfence.open_call enable always trigger call_recorded;

revoke all on function ringfence.call_begin(uuid), ringfence.call_end(uuid, text, bigint), ringfence.call_recorded() from public;
grant usage on schema ringfence to ringfence_app;
grant execute on function
  ringfence.enter(text), ringfence.domain(), ringfence.call_begin(uuid), ringfence.call_end(uuid, text, bigint),
  ringfence.tenant(), ringfence.workspace(), ringfence.user_id(), ringfence.role(), ringfence.run_id() to ringfence_app;
reset role;
