/** What a call could leave behind: on its connection, and in the database. */
import type { TestDatabase } from '../../support/database.js';
import type { Executor } from './executor.js';
import { catalogState } from './state.js';

/** Everything that a connection keeps from one transaction to the next, as text. */
export async function connectionState({ onConnection }: Executor): Promise<unknown> {
  return onConnection(`
    select pg_backend_pid() as pid, current_user, session_user, current_setting('role') as role,
      coalesce(current_setting('ringfence.seal', true), '') as seal, pg_my_temp_schema() as temp,
      (select jsonb_object_agg(name, setting) from pg_settings) as settings,
      (select jsonb_agg(name order by name) from pg_prepared_statements) as prepared,
      (select jsonb_agg(name order by name) from pg_cursors where name <> '') as cursors,
      (select jsonb_agg(c) from pg_listening_channels() c) as channels,
      (select jsonb_agg(locktype || ' ' || mode) from pg_locks
        where pid = pg_backend_pid() and locktype not in ('virtualxid', 'relation')) as locks`);
}

/** Everything that the product has, as text: catalog, rows, sequences, large objects, events of other calls. */
export async function databaseState(database: TestDatabase): Promise<unknown> {
  const rows = await database.query(`
    select (select jsonb_agg(c order by id) from customer c) as customers, (select jsonb_agg(p order by id) from purchase p) as purchases,
      (select jsonb_agg(t order by code) from town t) as towns, (select jsonb_agg(m order by id) from memo m) as memos,
      (select jsonb_object_agg(sequencename, last_value) from pg_sequences where schemaname = 'public') as sequences,
      (select count(*) from pg_largeobject_metadata) as large_objects, (select count(*) from ringfence.claim_key) as keys,
      (select count(*) from ringfence.leaf) as leaves, (select count(*) from ringfence.membership) as memberships`);
  return [rows, await catalogState(database)];
}
