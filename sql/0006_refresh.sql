-- Materialised views that Ringfence refreshes, and how old their rows are.
--
-- Each has a row here and a function of its owner's, both made by apply(): only its owner may refresh a view. The processes that serve
-- agents ask refresh_begin() now and then what is due. Of many that ask at once one gets a view, and the others the next or none:
-- asking puts the view off, by as long as after a failure, so that one whose refresh takes its process or connection with it is
-- not tried again at once. refresh_view() then holds the view's row for as long as it takes, on a connection that serves no agent.
--
-- A refresh reads the tables as they are when it begins. That moment, not its end, is what `refreshed_at` says, and what agents are
-- told: rows are never older than they are said to be. It commits together with the rows.
--
-- What fails is written down and tried again after 1, 2, 4 … minutes, at most an hour. A refresh that takes longer than it lasts is
-- followed by a rest as long as itself.

set local role ringfence_owner;

create table ringfence.refresh (
  schema_name text not null,
  view_name text not null,
  -- The function in this schema that refreshes the view, as its owner.
  routine text not null,
  minutes int not null check (minutes > 0),
  due_at timestamptz not null default clock_timestamp(),
  begun_at timestamptz,
  -- The last refresh that was completed: when it began, how long it took, and which relation it was, for another may have its name now.
  refreshed_at timestamptz,
  took interval,
  relation oid,
  -- Failures since then, and the last of them.
  failures int not null default 0,
  failed_at timestamptz,
  sqlstate text,
  message text,
  primary key (schema_name, view_name)
);
comment on table ringfence.refresh is 'When each materialised view of the policy was refreshed, is due again, and what went wrong.';

-- How long a view rests after so many failures.
create function ringfence.refresh_pause(failures int) returns interval
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select least(interval '1 minute' * power(2, least(failures, 7) - 1), interval '1 hour');
end;

-- The view that has been due longest and that nobody is at; the caller refreshes it next.
create function ringfence.refresh_begin() returns table (due_schema text, due_view text)
language sql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp
begin atomic
  -- Materialised: joined, a subquery may be read twice, and would skip what it locked itself.
  with due as materialized (
    select d.schema_name, d.view_name from ringfence.refresh d
    where d.due_at <= clock_timestamp() order by d.due_at limit 1 for update skip locked
  )
  update ringfence.refresh r
  set begun_at = clock_timestamp(), due_at = clock_timestamp() + ringfence.refresh_pause(r.failures + 1)
  from due where r.schema_name = due.schema_name and r.view_name = due.view_name
  returning r.schema_name, r.view_name;
end;

-- Refreshes a view and says how it went: 00000, or the SQLSTATE and message of what failed. No row while another session is at it.
create function ringfence.refresh_view(of_schema text, of_view text) returns table (state text, words text)
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  this ringfence.refresh;
begin
  select * into this from ringfence.refresh r
  where r.schema_name = of_schema and r.view_name = of_view for update skip locked;
  if not found then
    return;
  end if;
  begin
    execute format('select ringfence.%I()', this.routine);
    update ringfence.refresh r
    set refreshed_at = now(), took = clock_timestamp() - now(),
      relation = (
        select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = of_schema and c.relname = of_view),
      due_at = greatest(now() + make_interval(mins => r.minutes), clock_timestamp() + (clock_timestamp() - now())),
      failures = 0, failed_at = null, sqlstate = null, message = null
    where r.schema_name = of_schema and r.view_name = of_view;
    state := '00000';
  exception when others or query_canceled or assert_failure then
    get stacked diagnostics state = returned_sqlstate, words = message_text;
    update ringfence.refresh r
    set failures = r.failures + 1, failed_at = clock_timestamp(), sqlstate = state, message = words,
      due_at = clock_timestamp() + ringfence.refresh_pause(r.failures + 1)
    where r.schema_name = of_schema and r.view_name = of_view;
  end;
  return next;
end
$$;

-- When the rows of each view were read, in milliseconds since 1970; null where that is not known. Says the same on a standby as its rows.
create function ringfence.refreshed() returns table (of_schema text, of_view text, refreshed_ms float8)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select r.schema_name, r.view_name,
    case when exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid = r.relation and n.nspname = r.schema_name and c.relname = r.view_name
    ) then floor(extract(epoch from r.refreshed_at) * 1000)::float8 end
  from ringfence.refresh r;
end;

revoke all on function ringfence.refresh_pause(int), ringfence.refresh_begin(), ringfence.refresh_view(text, text), ringfence.refreshed()
  from public;
grant execute on function ringfence.refresh_begin(), ringfence.refresh_view(text, text), ringfence.refreshed() to ringfence_gateway;
reset role;
