-- The executor: SQL that an agent wrote, contained by the engine.
--
-- The gateway calls ringfence.execute() with a claim and a text. It opens the seal, takes the role from it, and hands the text to that
-- role's own function slice_<role>.execute(), which apply() makes for the roles that have the tool sql (src/compile/executor-objects.ts):
-- SECURITY DEFINER, owned by ringfence_slice_<role>, and so running with the rights of the slice and nothing else.
--
-- What holds the text there, each by itself:
--   * SET ROLE, SET SESSION AUTHORIZATION: PostgreSQL refuses both inside a SECURITY DEFINER function.
--   * One statement: a cursor takes no more.
--   * Nothing but a plain SELECT: the function is STABLE, and PostgreSQL runs no utility command (EXPLAIN, SHOW, FETCH and EXECUTE give
--     rows, and a cursor alone would take them), no INSERT, UPDATE, DELETE or MERGE, not even in WITH, and no FOR UPDATE in such a function.
--   * Functions that the text calls and that would write: the transaction is read-only meanwhile, and cannot be made writable.
--   * What is left, settings above all: the text runs in a subtransaction that is always rolled back, also when it succeeded. The rows are
--     kept as text, in variables, which a rollback does not touch.
--
-- What a rollback does not undo is put right here: session advisory locks are released, timeout and commit mode set again. Then
-- the event is appended, in the same commit, whatever became of the text. A failure of the text is an answer of this function's, not an
-- error of its: its SQLSTATE, and a message that is for the operator.

-- What one statement may put on disk at a time, where whoever installs may say so. Memory has no limit of its own in PostgreSQL.
do $$
begin
  alter role ringfence_gateway set temp_file_limit = '1GB';
exception when insufficient_privilege then
  raise notice 'temp_file_limit stays as it is: only a superuser may set it';
end
$$;

set local role ringfence_owner;

-- records: the rows as PostgreSQL's record_out writes them, one after the other with nothing in between; NULL where the text failed.
-- cut: `rows` or `bytes`, where there was more than that limit allows. sqlstate and message: NULL where the text succeeded.
-- Without an event_id nothing is recorded: so it can run on a standby.
create function ringfence.execute(
  claim text, query text, row_limit int, byte_limit int, event_id uuid, allowed text, failed text,
  out records text, out cut text, out sqlstate text, out message text)
language plpgsql volatile security definer parallel unsafe set search_path = pg_catalog, pg_temp as $$
declare
  timeout constant text := current_setting('statement_timeout');
  commit_mode constant text := current_setting('synchronous_commit');
  fields text[];
  answer text[];
begin
  if query is null or row_limit is null or byte_limit is null then
    raise exception 'a text and its limits are needed' using errcode = '22004';
  end if;
  perform ringfence.enter(claim);
  -- Just written, and nothing of the agent's has run: there is no need to verify it.
  fields := string_to_array(current_setting('ringfence.seal'), chr(31));
  -- A role without the tool sql has no such function, and its schema is closed to this one.
  execute format('select %I.execute($1, $2, $3, $4, $5, $6)', 'slice_' || fields[4])
    into answer using query, fields[1], nullif(fields[2], ''), fields[3], row_limit, byte_limit;
  perform set_config('statement_timeout', timeout, true), set_config('synchronous_commit', commit_mode, true),
    pg_advisory_unlock_all();
  if event_id is not null then
    perform ringfence.append(event_id,
      case when answer[4] is null then allowed else replace(failed, '"sqlstate":"00000"', '"sqlstate":"' || answer[4] || '"') end,
      answer[2]::bigint);
  end if;
  records := answer[1];
  cut := answer[3];
  sqlstate := answer[4];
  message := answer[5];
end
$$;

revoke all on function ringfence.execute(text, text, int, int, uuid, text, text) from public;
grant execute on function ringfence.execute(text, text, int, int, uuid, text, text) to ringfence_gateway;
reset role;
