/** The server: its release, how it knows who logs in, what it writes down. */
import { quoteIdent } from '../../../compile/quote.js';
import { holesOf, mendedIn, printVersion } from '../../../database/server-holes.js';
import { printName } from '../../../policy/name.js';
import { few } from '../lens.js';
import type { Rule } from '../rule.js';

const OBJECT = 'server';

const version: Rule = {
  id: 'server.known_holes',
  title: 'servers with known holes in row security',
  why: 'The holes are published with examples; policies that are right do not hold against them. A minor update mends them and needs no dump.',
  severities: ['high'],
  *find({ access }) {
    const number = access.server.version;
    const holes = holesOf(number).filter(({ refused }) => refused);
    if (holes.length === 0) return;
    const last = holes.at(-1);
    yield {
      severity: 'high',
      object: OBJECT,
      what: `PostgreSQL ${printVersion(number)} has ${holes.length === 1 ? 'a known hole' : `${holes.length} known holes`}: ${few(holes.map(({ cve }) => cve).reverse())}; the newest lets ${last?.what}.`,
      mend: [],
      advice: `Update to PostgreSQL ${mendedIn(number, holes)} or later of the same major version.`,
    };
  },
};

/** What a newer minor release mends beside: true of every database on the server, and said so rather than found in this one. */
export function updateNotes(version: number): readonly string[] {
  const holes = holesOf(version).filter(({ refused }) => !refused);
  if (holes.length === 0) return [];
  const told = holes.map(({ cve, what }) => `${cve} (lets ${what})`).reverse();
  return [
    `PostgreSQL ${printVersion(version)} is behind ${mendedIn(version, holes)}, which mends ${told.join('; ')}. Update the server.`,
  ];
}

/** Whether other machines can reach the server: nothing of the network matters otherwise. */
function isReachable(listening: string): boolean {
  return !listening
    .split(',')
    .map((address) => address.trim())
    .every((address) => ['', 'localhost', '127.0.0.1', '::1'].includes(address));
}

const ssl: Rule = {
  id: 'server.ssl_off',
  title: 'servers without encryption on the network',
  why: 'Rows, passwords of the less careful kinds and claims go over the network in the clear.',
  severities: ['low'],
  *find({ access }) {
    const { settings } = access.server;
    if (settings.ssl !== 'off' || !isReachable(settings.listen_addresses)) return;
    yield {
      severity: 'low',
      object: OBJECT,
      what: `The server listens on ${settings.listen_addresses} and offers no TLS.`,
      mend: [],
      advice:
        'Give it a certificate (ssl_cert_file, ssl_key_file), set ssl = on, and use hostssl in pg_hba.conf. Where a proxy encrypts, allow it with that reason.',
    };
  },
};

const trust: Rule = {
  id: 'server.trusts_network',
  title: 'logins over the network without proof',
  why: 'With “trust” whoever reaches the port is whoever he says, a superuser too; with “password” it can be listened to.',
  severities: ['high'],
  unseen({ access }) {
    return access.unseen
      .filter(({ subject }) => subject === 'pg_hba.conf')
      .map(({ why }) => ({ object: null, why }));
  },
  *find({ access }) {
    const lines = access.server.trusting ?? [];
    if (lines.length === 0) return;
    yield {
      severity: 'high',
      object: OBJECT,
      what: `pg_hba.conf lets other machines in without proof, or with a password in the clear: ${few(lines)}.`,
      mend: [],
      advice: 'Use scram-sha-256, or certificates, in those lines, and reload the configuration.',
    };
  },
};

const md5: Rule = {
  id: 'server.md5_passwords',
  title: 'passwords that are stored as MD5',
  why: 'What is stored is as good as the password for logging in, and is guessed quickly once a backup leaks. PostgreSQL will stop accepting it.',
  severities: ['low'],
  unseen({ access }) {
    return access.unseen
      .filter(({ subject }) => subject === 'passwords')
      .map(({ why }) => ({ object: null, why }));
  },
  *find({ access }) {
    const { settings, md5Logins } = access.server;
    if (settings.password_encryption === 'md5')
      yield {
        severity: 'low',
        object: OBJECT,
        what: 'password_encryption is md5: every new password is stored so.',
        mend: [],
        advice: 'Set password_encryption = scram-sha-256, and set each password again.',
      };
    for (const name of md5Logins ?? [])
      yield {
        severity: 'low',
        object: `role ${printName([name])}`,
        what: `The password of ${name} is stored as MD5.`,
        mend: [],
        advice: `With password_encryption = 'scram-sha-256', set it again: alter role ${quoteIdent(name)} password '…'.`,
      };
  },
};

const logging: Rule = {
  id: 'server.logs_values',
  title: 'values of tenants in the server’s log',
  why: 'The log is read by people and programs that no row security binds, and is kept longer than rows are.',
  severities: ['low'],
  *find({ access }) {
    const { settings } = access.server;
    const all = settings.log_statement === 'mod' || settings.log_statement === 'all';
    const slow = settings.log_min_duration_statement !== '-1' && settings.log_parameter_max_length !== '0';
    if (!all && !slow) return;
    yield {
      severity: 'low',
      object: OBJECT,
      what: all
        ? `log_statement is ${settings.log_statement}: statements are logged with their values.`
        : 'Slow statements are logged with their parameters (log_min_duration_statement).',
      mend: [],
      advice: 'Set log_parameter_max_length = 0 and log_statement = ddl, or guard the log like the database.',
    };
  },
};

const largeObjects: Rule = {
  id: 'server.large_objects_unchecked',
  title: 'large objects that everybody may read',
  why: 'With lo_compat_privileges no right is asked for: every login reads and changes every large object, and they have no row security in any case.',
  severities: ['medium'],
  *find({ access }) {
    const here = access.settings.filter(({ name }) => name === 'lo_compat_privileges');
    for (const { role, database, value } of here) {
      if (!['on', 'true', '1', 'yes'].includes(value)) continue;
      const at =
        role === null
          ? `database ${quoteIdent(database ?? '')}`
          : `role ${quoteIdent(role)}${database === null ? '' : ` in database ${quoteIdent(database)}`}`;
      yield {
        severity: 'medium',
        object: role === null ? `database ${printName([database ?? ''])}` : `role ${printName([role])}`,
        what: `lo_compat_privileges is on for ${role ?? database}.`,
        mend: [`alter ${at} reset lo_compat_privileges`],
      };
    }
    if (here.length === 0 && access.server.settings.lo_compat_privileges === 'on')
      yield {
        severity: 'medium',
        object: OBJECT,
        what: 'lo_compat_privileges is on for the whole server.',
        mend: [],
        advice: 'Set lo_compat_privileges = off and reload the configuration.',
      };
  },
};

export const SERVER_RULES: readonly Rule[] = [version, ssl, trust, md5, logging, largeObjects];
