import pg from 'pg';
import type { ServerAddress } from './servers.js';
import type { TestServer } from './test-server.js';
import { uniqueName } from './unique-name.js';

/** A role that can log in. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

/**
 * A database that is made once on each server and then cloned. Roles are not part of it: create them in the test.
 * The name must be the template's own among all tests.
 */
export interface Template {
  readonly name: string;
  /** Fills the empty database, as superuser. */
  build(client: pg.Client): Promise<void>;
}

export interface DatabaseOptions {
  readonly template?: Template;
  /** Run as superuser once the database is there; several statements may follow one another. */
  readonly sql?: string;
  /** Default: a name nobody else has. */
  readonly name?: string;
}

/** A database of one test file's. */
export interface TestDatabase {
  readonly name: string;
  readonly server: TestServer;
  readonly port: number;
  /** As superuser. */
  readonly url: string;
  urlFor(login: Login): string;
  /** A connection as this login, or as superuser. Closed by `drop`, if not before. */
  connect(login?: Login): Promise<pg.Client>;
  /** The rows that a statement gives the superuser. */
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** An ordinary role that may log in; `sql` is run as superuser with `$login` standing for its quoted name. */
  createLogin(options?: { readonly prefix?: string; readonly sql?: string }): Promise<Login>;
  drop(): Promise<void>;
}

/**
 * Makes a database on the server: empty, or cloned from a template.
 *
 * @example
 * ```ts
 * const database = await createDatabase(server, { sql: 'create table note (id int primary key, body text)' });
 * const reader = await database.createLogin({ sql: 'grant select on note to $login' });
 * const client = await database.connect(reader);
 * ```
 */
export async function createDatabase(
  server: TestServer,
  options: DatabaseOptions = {},
): Promise<TestDatabase> {
  const address = await server.address();
  const name = options.name ?? uniqueName('db');
  await administer(address, async (client) => {
    const source =
      options.template === undefined ? '' : await ensureTemplate(client, address, options.template);
    await client.query(
      `create database ${pg.escapeIdentifier(name)}${source === '' ? '' : ` template ${pg.escapeIdentifier(source)}`}`,
    );
  });
  const database = testDatabase(server, address, name);
  if (options.sql !== undefined) await database.query(options.sql);
  return database;
}

function testDatabase(server: TestServer, address: ServerAddress, name: string): TestDatabase {
  const superuser: Login = { name: address.superuser, password: address.password };
  const clients = new Set<pg.Client>();
  let own: Promise<pg.Client> | undefined;

  const connect = async (login: Login = superuser): Promise<pg.Client> => {
    const client = await open(address, login, name);
    clients.add(client);
    client.once('end', () => clients.delete(client));
    return client;
  };
  const query = async <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]> => {
    own ??= connect();
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await (await own).query<Row>(sql, values);
    return Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;
  };
  const urlFor = (login: Login): string =>
    `postgresql://${encodeURIComponent(login.name)}:${encodeURIComponent(login.password)}@127.0.0.1:${address.port}/${encodeURIComponent(name)}`;

  return {
    name,
    server,
    port: address.port,
    url: urlFor(superuser),
    urlFor,
    connect,
    query,
    createLogin: async ({ prefix = 'login', sql } = {}) => {
      const login: Login = { name: uniqueName(prefix), password: uniqueName('password') };
      const quoted = pg.escapeIdentifier(login.name);
      await query(`create role ${quoted} login password ${pg.escapeLiteral(login.password)}`);
      if (sql !== undefined) await query(sql.replaceAll('$login', () => quoted));
      return login;
    },
    drop: async () => {
      await Promise.all([...clients].map((client) => client.end()));
      await administer(address, async (client) => {
        await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
      });
    },
  };
}

/** Makes the template if this server has none of that name yet, whole or not at all, and gives its name. */
async function ensureTemplate(admin: pg.Client, address: ServerAddress, template: Template): Promise<string> {
  const name = `template_${template.name}`;
  // Calls that run at the same time would otherwise build it twice.
  await admin.query('select pg_advisory_lock(hashtext($1))', [name]);
  try {
    const found = await admin.query('select from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) {
      const half = uniqueName('half');
      await admin.query(`create database ${half}`);
      const client = await open(address, { name: address.superuser, password: address.password }, half);
      try {
        await template.build(client);
      } finally {
        await client.end();
      }
      await admin.query(`alter database ${half} rename to ${pg.escapeIdentifier(name)}`);
      await admin.query(
        `alter database ${pg.escapeIdentifier(name)} is_template true allow_connections false`,
      );
    }
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
  return name;
}

async function administer(address: ServerAddress, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await open(address, { name: address.superuser, password: address.password }, 'postgres');
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function open({ port }: ServerAddress, login: Login, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: login.name,
    password: login.password,
    database,
  });
  // A test may end the session from the other side; what it does next will say so.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
