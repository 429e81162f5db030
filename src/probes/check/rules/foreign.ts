/** Ways to other databases, files and the network. */
import { quoteIdent, quoteLiteral, quoteName } from '../../../compile/quote.js';
import { printName } from '../../../policy/name.js';
import type { Severity } from '../finding.js';
import { few, lensOf, relationObject, roleSql } from '../lens.js';
import type { Rule } from '../rule.js';

const publicMapping: Rule = {
  id: 'foreign_server.public_mapping',
  title: 'user mappings for PUBLIC',
  why: 'Everybody then reaches the other server as the same user, with its password: whatever that user may read there, this database’s own rows if it points back, has no tenant.',
  severities: ['high'],
  unseen({ access }) {
    return access.unseen
      .filter(({ subject }) => subject === 'user mappings')
      .map(({ why }) => ({ object: null, why }));
  },
  *find({ access }) {
    for (const { name, wrapper, mappings } of access.foreignServers)
      if (mappings.includes('public'))
        yield {
          severity: 'high',
          object: `server ${printName([name])}`,
          what: `Everybody has a user mapping on ${name} (${wrapper}).`,
          mend: [`drop user mapping for public server ${quoteIdent(name)}`],
        };
  },
};

const usableServer: Rule = {
  id: 'foreign_server.usable',
  title: 'foreign servers that logins may use',
  why: 'With USAGE a login makes user mappings of its own and, with dblink or a foreign table, connects from inside the network as whomever it can name.',
  severities: ['medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, wrapper, owner, grants } of world.access.foreignServers) {
      const logins = lens.holders(grants, ['usage']).filter((login) => !lens.roles.rights(login).has(owner));
      if (logins.length === 0) continue;
      const grantees = [...new Set(grants.map(({ grantee }) => grantee))];
      yield {
        severity: 'medium',
        object: `server ${printName([name])}`,
        what: `${few(logins)} may use the foreign server ${name} (${wrapper}).`,
        mend: [`revoke usage on foreign server ${quoteIdent(name)} from ${grantees.map(roleSql).join(', ')}`],
      };
    }
  },
};

const foreignTable: Rule = {
  id: 'foreign_table.readable',
  title: 'foreign tables that logins may read',
  why: 'PostgreSQL has no row security for foreign tables: whoever may read one reads every row that the other side gives.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    for (const relation of world.access.relations) {
      if (relation.kind !== 'foreign table') continue;
      const readers = lens
        .holders(relation.grants, ['select', 'insert', 'update', 'delete'])
        .filter((login) => !lens.roles.rights(login).has(relation.owner));
      if (readers.length === 0) continue;
      const grantees = [...new Set(relation.grants.map(({ grantee }) => grantee))];
      yield {
        severity: 'high',
        object: relationObject(relation),
        what: `${few(readers)} may use the foreign table ${printName([relation.schema, relation.name])}, and no row security can hold there.`,
        mend: [
          `revoke all on table ${quoteName(relation.schema, relation.name)} from ${grantees.map(roleSql).join(', ')}`,
        ],
        advice:
          'Show it through a view that compares with the tenant and that its owner owns; or, where it holds reference data, allow it with that reason.',
      };
    }
  },
};

/** Extensions whose functions reach past the rights of whoever calls them. `why` completes “which …”. */
const REACHING: Readonly<
  Record<
    string,
    { readonly severity: Severity; readonly why: string; readonly functions?: readonly string[] }
  >
> = {
  adminpack: { severity: 'high', why: 'read and write files of the server' },
  amcheck: { severity: 'medium', why: 'read any index' },
  dblink: { severity: 'high', why: 'connect to databases, this one among them, and run any text there' },
  file_fdw: { severity: 'medium', why: 'read files of the server' },
  http: { severity: 'high', why: 'send requests to any address from inside the network' },
  orafce: { severity: 'high', why: 'read files of the server and pass messages between sessions' },
  pageinspect: { severity: 'high', why: 'show the pages of any table, with the rows of every tenant' },
  pg_buffercache: { severity: 'low', why: 'tell how much each table is used' },
  pg_cron: { severity: 'high', why: 'run any text later, outside of any boundary' },
  pg_freespacemap: { severity: 'medium', why: 'tell how full each table is' },
  pg_logicalinspect: { severity: 'high', why: 'read what is replicated, of every tenant' },
  pg_net: { severity: 'high', why: 'send requests to any address from inside the network' },
  pg_surgery: { severity: 'high', why: 'damage tables' },
  pg_visibility: { severity: 'medium', why: 'read any table’s pages' },
  pg_walinspect: { severity: 'high', why: 'read what every tenant wrote' },
  pgrowlocks: { severity: 'medium', why: 'show who works on which rows' },
  pgstattuple: { severity: 'medium', why: 'count the rows of every tenant' },
};

/** Their signatures take no other: validators and handlers of wrappers cannot be called to any effect. */
const HARMLESS_PART = /_(handler|validator)$/;

const extension: Rule = {
  id: 'extension.reaches_out',
  title: 'extensions that reach past rights, open to logins',
  why: 'What these functions do is not bound by row security, and hardly by rights: files, other connections, pages of tables, statements that run later.',
  severities: ['high', 'medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, executable } of world.access.extensions) {
      const known = Object.hasOwn(REACHING, name) ? REACHING[name] : undefined;
      if (known === undefined) continue;
      const open = executable.filter(
        ({ function: of, grantees }) => !HARMLESS_PART.test(of) && lens.roles.loginsOf(grantees).length > 0,
      );
      if (open.length === 0) continue;
      const grantees = [...new Set(open.flatMap((one) => one.grantees))].sort();
      yield {
        severity: known.severity,
        object: `extension ${printName([name])}`,
        what: `${few(open.map((one) => one.function))} of the extension ${name} can be called by ${grantees.includes('public') ? 'everybody' : few(grantees)}, which lets them ${known.why}.`,
        mend: [revokeAll(name, grantees)],
        advice: `Where nothing needs it: drop extension ${quoteIdent(name)}.`,
      };
    }
  },
};

const revokeAll = (name: string, grantees: readonly string[]): string =>
  `do $$ declare f pg_catalog.regprocedure; begin for f in select p.oid from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid join pg_catalog.pg_proc p on p.oid = d.objid where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.deptype = 'e' and e.extname = ${quoteLiteral(name)} loop execute pg_catalog.format('revoke execute on routine %s from ${grantees.map(roleSql).join(', ').replaceAll("'", "''").replaceAll('%', '%%')}', f); end loop; end $$`;

const UNTRUSTED = /^(plpython3?u|plperlu|pltclu|plsh|pljavau?|plr|plrust)$/;

const language: Rule = {
  id: 'extension.untrusted_language',
  title: 'languages that no rights bind',
  why: 'Only superusers write functions in them, but each that exists runs as the server’s account: an upgrade script or an injection in a superuser’s session is one function away from the machine.',
  severities: ['low'],
  *find({ access }) {
    for (const { name } of access.extensions)
      if (UNTRUSTED.test(name))
        yield {
          severity: 'low',
          object: `extension ${printName([name])}`,
          what: `The language ${name} is installed, and nothing that is written in it is bound by rights.`,
          mend: [`drop extension ${quoteIdent(name)}`],
          advice: 'Where functions need it, allow it with the reason.',
        };
  },
};

export const FOREIGN_RULES: readonly Rule[] = [
  publicMapping,
  usableServer,
  foreignTable,
  extension,
  language,
];
