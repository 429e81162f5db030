/** Logins that row security does not bind, and those that can become such a role. */
import { quoteIdent } from '../../../compile/quote.js';
import { printName } from '../../../policy/name.js';
import { few, type Lens, lensOf } from '../lens.js';
import { createRoleReachesAll, type Way } from '../role-graph.js';
import type { Found, Rule } from '../rule.js';

const object = (role: string): string => `role ${printName([role])}`;

/** Takes away the last membership of a way: the one that leads to the role itself. */
function cut(way: Way): readonly string[] {
  const last = way.over.at(-1);
  return last === undefined
    ? []
    : [`revoke ${quoteIdent(last.role)} from ${quoteIdent(last.member)} cascade`];
}

const over = ({ path }: Way): string => (path.length <= 2 ? '' : `, over ${few(path.slice(1, -1))}`);

const superuserLogin: Rule = {
  id: 'role.superuser',
  title: 'superusers that may log in',
  why: 'Row security, grants and schemas do not bind a superuser. Whoever holds its password, or finds an injection in what logs in as it, has every tenant’s rows and the server.',
  severities: ['high'],
  *find({ access }) {
    for (const { name, superuser, canLogin, bootstrap } of access.roles) {
      if (!superuser || !canLogin || bootstrap) continue;
      yield {
        severity: 'high',
        object: object(name),
        what: `${name} may log in and is a superuser.`,
        mend: [`alter role ${quoteIdent(name)} nosuperuser`],
      };
    }
  },
};

/** What a login can become that `wanted` says of, the nearest first. */
function* reaching(
  lens: Lens,
  wanted: (role: string) => boolean,
): Generator<{ readonly login: string; readonly role: string; readonly way: Way }> {
  for (const { name: login } of lens.roles.logins)
    for (const [role, way] of lens.roles.reach(login)) if (wanted(role)) yield { login, role, way };
}

const reachesSuperuser: Rule = {
  id: 'role.reaches_superuser',
  title: 'logins that can become a superuser',
  why: 'A membership is enough: SET ROLE makes the login a superuser, past every right and every policy. SQL that is injected can do it too.',
  severities: ['critical'],
  *find(world) {
    const lens = lensOf(world);
    for (const { login, role, way } of reaching(lens, (name) => lens.roles.role(name)?.superuser === true))
      yield {
        severity: 'critical',
        object: object(login),
        what: `${login} is a member of the superuser ${role}${over(way)}.`,
        mend: cut(way),
      };
  },
};

const bypassLogin: Rule = {
  id: 'role.bypass_rls',
  title: 'logins with BYPASSRLS',
  why: 'No policy is asked for such a login: what it may read, it reads of every tenant.',
  severities: ['critical', 'high'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, bypassRls } of lens.roles.logins) {
      if (!bypassRls) continue;
      const reads = readsTenantRows(lens, name);
      yield {
        severity: reads ? 'critical' : 'high',
        object: object(name),
        what: `${name} may log in and has BYPASSRLS${reads ? ', and may read tables with rows of tenants' : ''}.`,
        mend: [`alter role ${quoteIdent(name)} nobypassrls`],
      };
    }
  },
};

function readsTenantRows(lens: Lens, login: string): boolean {
  const rights = new Set(['public', ...lens.roles.rights(login), ...lens.roles.reach(login).keys()]);
  if (rights.has('pg_read_all_data')) return true;
  return lens.tenantTables.some(
    ({ relation }) =>
      rights.has(relation.owner) ||
      relation.grants.some(({ grantee, privilege }) => privilege === 'select' && rights.has(grantee)),
  );
}

const reachesBypass: Rule = {
  id: 'role.reaches_bypass_rls',
  title: 'logins that can become a role with BYPASSRLS',
  why: 'The attribute is not inherited, but SET ROLE takes one statement, and then no policy is asked any more.',
  severities: ['critical'],
  *find(world) {
    const lens = lensOf(world);
    const wanted = (name: string): boolean => {
      const role = lens.roles.role(name);
      return role?.bypassRls === true && !role.superuser;
    };
    for (const { login, role, way } of reaching(lens, wanted))
      yield {
        severity: 'critical',
        object: object(login),
        what: `${login} can become ${role}, which has BYPASSRLS${over(way)}.`,
        mend: cut(way),
      };
  },
};

const createRole: Rule = {
  id: 'role.createrole',
  title: 'logins that can make themselves members of any role',
  why: 'Before PostgreSQL 16 a role with CREATEROLE may grant itself every role that is no superuser’s: owners of tables, roles with BYPASSRLS, and those that read the server’s files.',
  severities: ['high'],
  *find(world) {
    if (!createRoleReachesAll(world.access)) return;
    const lens = lensOf(world);
    for (const { name, createRole } of lens.roles.logins) {
      const holder = createRole
        ? name
        : [...lens.roles.reach(name).keys()].find((role) => lens.roles.role(role)?.createRole);
      if (holder === undefined || lens.roles.role(holder)?.superuser === true) continue;
      yield {
        severity: 'high',
        object: object(holder),
        what: `${holder} has CREATEROLE${holder === name ? '' : `, which ${name} can use`}, and may so grant itself any role that is no superuser’s.`,
        mend: [`alter role ${quoteIdent(holder)} nocreaterole`],
      };
    }
  },
};

const replication: Rule = {
  id: 'role.replication',
  title: 'logins that may replicate',
  why: 'A login with REPLICATION can copy the whole server, every tenant with it, and read every change as it is made. No row security holds there.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, replication } of lens.roles.logins) {
      if (!replication) continue;
      const alsoReads = readsTenantRows(lens, name);
      yield {
        severity: alsoReads ? 'high' : 'medium',
        object: object(name),
        what: `${name} may log in and has REPLICATION${alsoReads ? ', and is a login that reads tables of the product' : ''}.`,
        mend: [`alter role ${quoteIdent(name)} noreplication`],
      };
    }
  },
};

/** What PostgreSQL's own roles let their members do. https://www.postgresql.org/docs/current/predefined-roles.html */
const PREDEFINED: readonly {
  readonly id: string;
  readonly roles: readonly string[];
  readonly title: string;
  readonly why: string;
  readonly severity: Found['severity'];
}[] = [
  {
    id: 'role.runs_programs',
    roles: ['pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files'],
    title: 'logins that reach the server’s files and programs',
    why: 'COPY then reads or writes files of the server, the database’s own among them, or runs programs as its account: as good as a superuser.',
    severity: 'critical',
  },
  {
    id: 'role.reads_all_data',
    roles: ['pg_read_all_data', 'pg_write_all_data'],
    title: 'logins that may read or write every table',
    why: 'Such a login needs no grant: each table without row security, each materialised view, each partition is open to it, and each that is made later.',
    severity: 'high',
  },
  {
    id: 'role.sees_activity',
    roles: ['pg_monitor', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_read_all_settings'],
    title: 'logins that see what others are doing',
    why: 'pg_stat_activity and pg_stat_statements show the statements of every session, with the values of other tenants that stand in them.',
    severity: 'medium',
  },
  {
    id: 'role.signals_backends',
    roles: ['pg_signal_backend'],
    title: 'logins that may cancel others’ statements',
    why: 'Work for one tenant can be stopped by work for another.',
    severity: 'medium',
  },
  {
    id: 'role.maintains',
    roles: ['pg_maintain', 'pg_create_subscription', 'pg_checkpoint'],
    title: 'logins that run the server’s maintenance',
    why: 'Locking every table, refreshing every materialised view or pulling rows in from elsewhere is no application’s work.',
    severity: 'low',
  },
];

const predefined: readonly Rule[] = PREDEFINED.map(({ id, roles, title, why, severity }) => ({
  id,
  title,
  why,
  severities: [severity],
  *find(world) {
    const lens = lensOf(world);
    for (const { name: login } of lens.roles.logins) {
      const found = [...lens.roles.reach(login)].filter(
        ([role, way]) => roles.includes(role) && !way.path.slice(1, -1).some((one) => roles.includes(one)),
      );
      if (found.length === 0) continue;
      yield {
        severity,
        object: object(login),
        what: `${login} is a member of ${few(found.map(([role, way]) => `${role}${over(way)}`))}.`,
        mend: found.flatMap(([, way]) => cut(way)),
      };
    }
  },
}));

export const ROLE_RULES: readonly Rule[] = [
  superuserLogin,
  reachesSuperuser,
  bypassLogin,
  reachesBypass,
  createRole,
  replication,
  ...predefined,
];
