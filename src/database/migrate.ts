/**
 * The numbered files of `sql/`, run once each and in order, inside the caller's transaction.
 * A file that has been run may not change afterwards: what it says is what the database has.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { RingfenceError } from '../errors.js';

const FOLDER = new URL('../../sql/', import.meta.url);

/** The one thing this module needs of a connection. */
export interface Queryable {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[] }>;
}

export interface Migration {
  /** The file's name without its ending: `0001_boundary`. */
  readonly name: string;
  readonly sha256: string;
  readonly sql: string;
  /** The prose that opens the file, its first line. */
  readonly title: string;
}

/** The migrations that this database has not run. Read-only. */
export async function pendingMigrations(client: Queryable): Promise<Migration[]> {
  const done = new Map((await applied(client)).map((row) => [row.name, row.sha256]));
  const pending: Migration[] = [];
  for (const migration of await allMigrations()) {
    const sha256 = done.get(migration.name);
    if (sha256 === undefined) pending.push(migration);
    else if (sha256 !== migration.sha256) {
      throw new RingfenceError(
        'database_unsupported',
        `The database ran another version of migration ${migration.name}. Use the Ringfence release that installed it, or run "ringfence remove" first.`,
      );
    }
    done.delete(migration.name);
  }
  const [unknown] = done.keys();
  if (unknown !== undefined) {
    throw new RingfenceError(
      'database_unsupported',
      `The database holds migration ${unknown}, which this release does not know: it is older than the database. Update Ringfence.`,
    );
  }
  return pending;
}

/** Runs one migration and records it. The caller holds a transaction. */
export async function runMigration(client: Queryable, migration: Migration): Promise<void> {
  await client.query(migration.sql);
  await client.query('insert into ringfence.migration (name, sha256) values ($1, $2)', [
    migration.name,
    migration.sha256,
  ]);
}

async function applied(client: Queryable): Promise<{ name: string; sha256: string }[]> {
  const { rows } = await client.query(
    "select pg_catalog.to_regclass('ringfence.migration') is not null as here",
  );
  if (!(rows[0] as { here: boolean } | undefined)?.here) return [];
  const found = await client.query('select name, sha256 from ringfence.migration order by name');
  return found.rows as { name: string; sha256: string }[];
}

async function allMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (file) => {
      const sql = await readFile(fileURLToPath(new URL(file, FOLDER)), 'utf8');
      return {
        name: file.slice(0, -'.sql'.length),
        sha256: createHash('sha256').update(sql).digest('hex'),
        sql,
        title: sql.slice(0, sql.indexOf('\n')).replace(/^--\s*/, ''),
      };
    }),
  );
}
