import type pg from 'pg';

/** Everything of a session that can outlive a transaction. */
const SESSION = `
select name || ' = ' || coalesce(setting, '') from pg_catalog.pg_settings
union all select 'user = ' || current_user || ', ' || session_user
union all select 'seal = ' || coalesce(current_setting('ringfence.seal', true), '')
union all select 'prepared = ' || name from pg_catalog.pg_prepared_statements
union all select 'cursor = ' || name from pg_catalog.pg_cursors where name <> ''
union all select 'channel = ' || channel from pg_catalog.pg_listening_channels() channel
union all select 'temporary schema = ' || pg_catalog.pg_my_temp_schema()
union all select 'advisory locks = ' || count(*) from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and locktype = 'advisory'
order by 1`;

/** The settings and whatever else a connection carries from one call to the next, a line each. */
export async function lookAt(client: Pick<pg.ClientBase, 'query'>): Promise<readonly string[]> {
  const { rows } = await client.query<string[]>({ text: SESSION, rowMode: 'array' });
  return rows.map(([line]) => line ?? '');
}
