import pg from 'pg';
import type { ServerAddress } from './servers.js';

/** Drops every database that is not a template, and every role that no template needs. */
export async function freshCluster({ port, superuser, password }: ServerAddress): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: superuser, password, database: 'postgres' });
  await client.connect();
  try {
    const databases = await names(
      client,
      `select datname as name from pg_database where not datistemplate and datname <> 'postgres'`,
    );
    for (const name of databases) {
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    }
    const roles = await names(
      client,
      `select rolname as name from pg_roles where rolname !~ '^pg_' and rolname <> current_user
         and not exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = pg_roles.oid
           and dbid in (select oid from pg_database where datistemplate))`,
    );
    for (const name of roles) {
      await client.query(`drop owned by ${pg.escapeIdentifier(name)} cascade`);
      await client.query(`drop role ${pg.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}

async function names(client: pg.Client, sql: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(sql);
  return rows.map(({ name }) => name);
}
