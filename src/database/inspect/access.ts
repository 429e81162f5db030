/** Reads who may do what in a database: roles, ownership, row security, code, replication. */
import { RingfenceError } from '../../errors.js';
import type { Queryable } from '../migrate.js';
import type { AccessFacts, ForeignServerFact, ServerFacts, UnseenFact } from './access/facts.js';
import { ACCESS_STATEMENT } from './access/statement.js';

export type * from './access/facts.js';

interface AccessRow
  extends Omit<AccessFacts, 'server' | 'slots' | 'subscriptions' | 'foreignServers' | 'unseen'> {
  readonly version: number;
  readonly currentUser: string;
  readonly superuser: boolean;
  readonly serverSettings: ServerFacts['settings'];
  readonly foreignServers: readonly Omit<ForeignServerFact, 'mappings'>[];
}

const SLOTS = `
select s.slot_name as name, s.slot_type as kind, s.plugin, s.active
from pg_replication_slots s where s.database = current_database() or s.slot_type = 'physical' order by 1`;

const SUBSCRIPTIONS = `
select s.subname as name, o.rolname as owner, s.subenabled as enabled
from pg_subscription s join pg_roles o on o.oid = s.subowner
where s.subdbid = (select d.oid from pg_database d where d.datname = current_database()) order by 1`;

const MAPPINGS = `select m.srvname as server, m.usename as role from pg_user_mappings m order by 1, 2`;

const MD5_LOGINS = `select a.rolname as name from pg_authid a where a.rolcanlogin and starts_with(a.rolpassword, 'md5') order by 1`;

/** Only those that other machines can use. */
const TRUSTING = `
select concat_ws(' ', h.type, array_to_string(h.database, ','), array_to_string(h.user_name, ','), h.address, h.netmask, h.auth_method) as line
from pg_hba_file_rules h
where h.auth_method in ('trust', 'password') and h.type in ('host', 'hostnossl')
  and h.address not in ('127.0.0.1', '::1', 'localhost') order by h.line_number`;

/**
 * Reads the facts, in one statement and a few small ones. Whatever the login may not see is told in `unseen`.
 *
 * The caller holds a transaction that only reads, sees one snapshot and has `search_path = pg_catalog, pg_temp`.
 *
 * @throws RingfenceError `database_refused` where the login may not read the catalogs that everybody may read unless somebody forbade it.
 */
export async function readAccess(client: Queryable): Promise<AccessFacts> {
  const main = await attempt(client, ACCESS_STATEMENT);
  if (main === null) {
    throw new RingfenceError(
      'database_refused',
      'This login may not read the catalogs of the database (pg_class, pg_proc, pg_policy …), which PostgreSQL shows everybody unless somebody takes it away. Nothing was checked, and nothing was changed.',
      {
        suggestion:
          'Connect as a superuser or as a member of pg_monitor with SELECT on the schema pg_catalog.',
      },
    );
  }
  const [row] = main as readonly { readonly facts: string }[];
  const { version, currentUser, superuser, serverSettings, foreignServers, ...facts } = JSON.parse(
    row?.facts ?? '{}',
  ) as AccessRow;
  const unseen: UnseenFact[] = [];
  const look = async <Row>(
    subject: UnseenFact['subject'],
    sql: string,
    why: string,
  ): Promise<readonly Row[] | null> => {
    const rows = await attempt(client, sql);
    if (rows === null) unseen.push({ subject, why });
    return rows as readonly Row[] | null;
  };
  const md5 = await look<{ name: string }>(
    'passwords',
    MD5_LOGINS,
    'how passwords are stored is shown to superusers alone (pg_authid)',
  );
  const trusting = await look<{ line: string }>(
    'pg_hba.conf',
    TRUSTING,
    'who is let in without a password is shown to superusers, and to whom they grant pg_hba_file_rules',
  );
  const slots = await look<AccessFacts['slots'][number]>(
    'replication slots',
    SLOTS,
    'this login may not read pg_replication_slots',
  );
  const subscriptions = await look<AccessFacts['subscriptions'][number]>(
    'subscriptions',
    SUBSCRIPTIONS,
    'this login may not read pg_subscription',
  );
  const mappings = await look<{ server: string; role: string }>(
    'user mappings',
    MAPPINGS,
    'this login may not read pg_user_mappings',
  );
  return {
    ...facts,
    server: {
      version,
      currentUser,
      superuser,
      settings: serverSettings,
      md5Logins: md5?.map(({ name }) => name) ?? null,
      trusting: trusting?.map(({ line }) => line) ?? null,
    },
    slots: slots ?? [],
    subscriptions: subscriptions ?? [],
    foreignServers: foreignServers.map((server) => ({
      ...server,
      mappings: (mappings ?? []).filter((mapping) => mapping.server === server.name).map(({ role }) => role),
    })),
    unseen,
  };
}

/** The rows of a statement, or null where the login has no right to it. The transaction goes on either way. */
async function attempt(client: Queryable, sql: string): Promise<readonly unknown[] | null> {
  await client.query('savepoint look');
  try {
    const { rows } = await client.query(sql);
    await client.query('release savepoint look');
    return rows;
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error;
    await client.query('rollback to savepoint look');
    return null;
  }
}
