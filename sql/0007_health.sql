-- What an operator's health check may know of the ledger: how many events wait to be chained, and since when.
--
-- Counts and a time, of all tenants together; nothing that would tell one tenant from another.

set local role ringfence_owner;

-- Counting stops at 10 001: beyond, "more than 10 000" is all that matters.
create function ringfence.pending_events() returns table (events bigint, waiting_ms bigint)
language sql stable security definer parallel safe set search_path = pg_catalog, pg_temp
begin atomic
  select count(*), (extract(epoch from clock_timestamp() - min(p.recorded_at)) * 1000)::bigint
  from (select e.recorded_at from ringfence.event_pending e order by e.recorded_at, e.id limit 10001) p;
end;
revoke all on function ringfence.pending_events() from public;
grant execute on function ringfence.pending_events() to ringfence_gateway;

reset role;
