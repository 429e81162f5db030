/**
 * A connection that may serve agents: checked before its first use, refused if the login could reach past a boundary.
 */
import pg from 'pg';
import { GATEWAY_ROLE } from '../compile/names.js';
import { RingfenceError } from '../errors.js';
import { holesOf, mendedIn, printVersion } from './server-holes.js';

const CHECK = `
with recursive reach as (
  select r.oid, r.rolname, r.rolsuper, r.rolbypassrls from pg_catalog.pg_roles r where r.rolname = session_user
  union
  select r.oid, r.rolname, r.rolsuper, r.rolbypassrls
  from reach join pg_catalog.pg_auth_members m on m.member = reach.oid join pg_catalog.pg_roles r on r.oid = m.roleid
)
select session_user as login,
  (select string_agg(rolname, ', ' order by rolname) from reach
    where rolsuper or rolbypassrls or rolname in ('pg_read_all_data', 'pg_write_all_data', 'ringfence_owner')) as bypass,
  (select string_agg(c.oid::pg_catalog.regclass::text, ', ') from pg_catalog.pg_class c join reach on c.relowner = reach.oid
    where c.relkind in ('r', 'p', 'm')) as owned,
  pg_catalog.current_setting('server_version_num')::int as version,
  pg_catalog.current_setting('search_path') as search_path,
  pg_catalog.current_setting('DateStyle') as datestyle,
  pg_catalog.current_setting('TimeZone') as timezone,
  pg_catalog.current_setting('client_encoding') as encoding,
  pg_catalog.current_setting('standard_conforming_strings') as strings,
  pg_catalog.pg_is_in_recovery() as standby,
  exists (
    select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'ringfence' and p.proname = 'enter') as installed`;

interface CheckRow {
  readonly login: string;
  readonly bypass: string | null;
  readonly owned: string | null;
  readonly version: number;
  readonly search_path: string;
  readonly datestyle: string;
  readonly timezone: string;
  readonly encoding: string;
  readonly strings: string;
  readonly standby: boolean;
  readonly installed: boolean;
}

/** What a checked connection turned out to be. */
export interface ConnectionFacts {
  readonly standby: boolean;
}

/**
 * Asserts that a connection's login cannot reach past a boundary.
 *
 * @throws {RingfenceError} `database_unsafe` where the login is a superuser, has BYPASSRLS, is a member of a role that does, owns
 * tables, or runs under settings that change what SQL means; `database_unsupported` for a server that is too old or has known
 * row-security holes; `policy_unapplied` where Ringfence is not installed.
 */
export async function checkConnection(client: pg.ClientBase): Promise<ConnectionFacts> {
  const { rows } = await client.query<CheckRow>(CHECK);
  const [row] = rows;
  if (row === undefined)
    throw new RingfenceError('database_refused', 'The server answered the connection check with nothing.');
  if (row.bypass !== null) {
    throw unsafe(
      `${row.login} is, or may become, ${row.bypass}: such a role passes row-level security by`,
      `Connect as ${GATEWAY_ROLE}, and revoke those memberships from it.`,
    );
  }
  if (row.owned !== null) {
    throw unsafe(
      `${row.login} owns tables, and owners pass row-level security by`,
      `Connect as ${GATEWAY_ROLE}, which owns nothing.`,
    );
  }
  if (row.version < 150000) {
    throw new RingfenceError(
      'database_unsupported',
      `This server is PostgreSQL ${printVersion(row.version)}, which is too old. Ringfence needs PostgreSQL 15 or later.`,
    );
  }
  const holes = holesOf(row.version).filter(({ refused }) => refused);
  const last = holes.at(-1);
  if (last !== undefined) {
    throw new RingfenceError(
      'database_unsupported',
      `This server is PostgreSQL ${printVersion(row.version)}, which has known holes in row security: ${last.cve} lets ${last.what}. Update it to PostgreSQL ${mendedIn(row.version, holes)} or later.`,
    );
  }
  if (!row.installed) {
    throw new RingfenceError(
      'policy_unapplied',
      'Ringfence is not installed in this database. Run: ringfence apply',
    );
  }
  const odd = Object.entries({
    search_path: row.search_path === 'pg_catalog',
    DateStyle: row.datestyle.startsWith('ISO'),
    TimeZone: row.timezone === 'UTC',
    client_encoding: row.encoding === 'UTF8',
    standard_conforming_strings: row.strings === 'on',
  }).filter(([, good]) => !good);
  if (odd.length > 0) {
    throw unsafe(
      `the connection runs with a changed ${odd.map(([name]) => name).join(', ')}`,
      `The settings of ${GATEWAY_ROLE} were changed. Run "ringfence apply" to set them again.`,
    );
  }
  return { standby: row.standby };
}

function unsafe(what: string, suggestion: string): RingfenceError {
  return new RingfenceError('database_unsafe', `Refusing this connection: ${what}. ${suggestion}`, {
    suggestion,
  });
}

/** Closes a client's socket without a word to the server: what is under way fails with `why`. */
export function dropConnection(client: pg.ClientBase, why: string): void {
  const { connection } = client as unknown as {
    connection: { stream: { destroy(error: Error): void } };
  };
  connection.stream.destroy(new Error(why));
}

/**
 * Asks the server, from a connection of its own, to cancel what a client is running.
 * Best effort: resolves when the request is sent or could not be. Protocol: CancelRequest.
 */
export function requestCancel(client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  return new Promise((resolve) => {
    const canceller = new pg.Connection({ ssl: client.ssl } as pg.ConnectionConfig) as unknown as {
      connect(port: number | string, host?: string): void;
      cancel(pid: number, key: number): void;
      on(event: string, listener: () => void): void;
      stream: { end(): void };
    };
    const send = (): void => {
      canceller.cancel(processID, secretKey);
      canceller.stream.end();
    };
    canceller.on('error', resolve);
    canceller.on('end', resolve);
    canceller.on(client.ssl ? 'sslconnect' : 'connect', send);
    if (client.host.startsWith('/')) canceller.connect(`${client.host}/.s.PGSQL.${client.port}`);
    else canceller.connect(client.port, client.host);
  });
}
