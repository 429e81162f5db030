/** Rights that reach further than rows: PUBLIC’s, those that row security does not judge, and those of things to come. */

import { isOurRole } from '../../../compile/names.js';
import { quoteIdent, quoteName } from '../../../compile/quote.js';
import type { DefaultPrivilegeFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, lensOf, relationObject, roleSql } from '../lens.js';
import type { Rule } from '../rule.js';
import { tenancyOf } from '../tenancy.js';

const publicTable: Rule = {
  id: 'grant.public',
  title: 'tables of tenants that are granted to PUBLIC',
  why: 'Every login there is, and every one that will be made, has the right: a reporting tool’s, another product’s on the same server, an agent’s.',
  severities: ['high', 'medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    for (const relation of world.access.relations) {
      if (relation.kind === 'sequence' || relation.extension !== null) continue;
      const rights = relation.grants
        .filter(({ grantee }) => grantee === 'public')
        .map(({ privilege }) => privilege);
      if (rights.length === 0) continue;
      const tenants =
        lens.tenantTable(relation) !== undefined || lens.readsTenants(relation.reads).length > 0;
      const writes = rights.some((right) => ['insert', 'update', 'delete', 'truncate'].includes(right));
      const isTable = relation.kind === 'table' || relation.kind === 'partitioned table';
      const shared = isTable && !tenants && tenancyOf(world.tenancy, relation).kind === 'shared';
      // Reference data that everybody may read is what reference data is for.
      if (!tenants && !(writes && shared)) continue;
      yield {
        severity: !tenants ? 'low' : isTable && !relation.rowSecurity ? 'high' : 'medium',
        object: relationObject(relation),
        what: `Everybody may ${few(rights)} on ${printName([relation.schema, relation.name])}.`,
        mend: [`revoke all on table ${quoteName(relation.schema, relation.name)} from public`],
      };
    }
  },
};

/** The rights that are no rows’. */
const UNJUDGED = ['truncate', 'trigger', 'maintain'] as const;

const unjudged: Rule = {
  id: 'grant.unjudged',
  title: 'rights on tables of tenants that row security does not judge',
  why: 'TRUNCATE empties the table of every tenant, TRIGGER puts code in the way of everybody who writes to it, MAINTAIN locks it. No policy is asked.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const { relation } of lens.tenantTables) {
      const rights = UNJUDGED.filter((right) => lens.holders(relation.grants, [right]).length > 0);
      if (rights.length === 0 || relation.extension !== null) continue;
      const grantees = [
        ...new Set(
          relation.grants
            .filter(
              ({ privilege, grantee }) =>
                rights.some((right) => right === privilege) && !lens.roles.role(grantee)?.superuser,
            )
            .map(({ grantee }) => grantee),
        ),
      ];
      yield {
        severity: rights.includes('truncate') ? 'high' : 'medium',
        object: relationObject(relation),
        what: `${few(lens.holders(relation.grants, rights))} may ${few(rights)} on ${printName([relation.schema, relation.name])}, whosever the rows are.`,
        mend: [
          `revoke ${rights.join(', ')} on table ${quoteName(relation.schema, relation.name)} from ${grantees.map(roleSql).join(', ')}`,
        ],
      };
    }
  },
};

const schemaCreate: Rule = {
  id: 'schema.public_create',
  title: 'schemas in which everybody may create',
  why: 'A table, function or operator of the same name in a schema that comes first on the search path is taken for the real one: other sessions then run it with their rights.',
  severities: ['high', 'medium'],
  *find(world) {
    for (const { name, grants, extension } of world.access.schemas) {
      if (extension !== null) continue;
      if (!grants.some(({ grantee, privilege }) => grantee === 'public' && privilege === 'create')) continue;
      yield {
        severity: name === 'public' ? 'high' : 'medium',
        object: `schema ${printName([name])}`,
        what: `Everybody may create in the schema ${name}${name === 'public' ? ', which is on the search path of every session by default' : ''}.`,
        mend: [`revoke create on schema ${quoteIdent(name)} from public`],
      };
    }
  },
};

const loginCreate: Rule = {
  id: 'schema.login_create',
  title: 'schemas in which the product’s own login may create',
  why: 'An injection then makes tables and functions that stand in the way of the real ones, or keeps what it has read. Migrations are another login’s work.',
  severities: ['low'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, grants, extension } of world.access.schemas) {
      if (extension !== null) continue;
      const named = grants.filter(({ grantee, privilege }) => privilege === 'create' && grantee !== 'public');
      const writers = new Set(
        lens.tenantTables
          .filter(({ relation }) => relation.schema === name)
          .flatMap(({ relation }) => lens.holders(relation.grants, ['insert', 'update', 'delete'])),
      );
      const logins = lens.holders(named, ['create']).filter((login) => writers.has(login));
      if (logins.length === 0) continue;
      const grantees = [...new Set(named.map(({ grantee }) => grantee))];
      yield {
        severity: 'low',
        object: `schema ${printName([name])}`,
        what: `${few(logins)} may create in the schema ${name}, where ${logins.length === 1 ? 'it works' : 'they work'} with rows of tenants.`,
        mend: [`revoke create on schema ${quoteIdent(name)} from ${grantees.map(roleSql).join(', ')}`],
      };
    }
  },
};

const largeObjects: Rule = {
  id: 'large_object.public',
  title: 'large objects that everybody may read',
  why: 'A large object belongs to the database and to no row: there is no tenant that a policy could compare.',
  severities: ['medium'],
  *find({ shape }) {
    if (!shape.catalog.exposure.largeObjects.grantees.includes('public')) return;
    yield {
      severity: 'medium',
      object: 'large objects',
      what: 'Some large objects are granted to everybody.',
      mend: [
        `do $$ declare o pg_catalog.oid; begin for o in select m.oid from pg_catalog.pg_largeobject_metadata m where m.lomacl is not null loop execute pg_catalog.format('revoke all on large object %s from public', o); end loop; end $$`,
      ],
    };
  },
};

const databaseRights: Rule = {
  id: 'database.public_rights',
  title: 'rights of PUBLIC on the database',
  why: 'With CREATE everybody makes schemas of their own. A temporary table stands before the real one for every function that does not name its schema and does not put pg_temp last.',
  severities: ['medium', 'low'],
  *find({ access }) {
    const { name, grants, hasOwnGrants } = access.database;
    const rights = grants.filter(({ grantee }) => grantee === 'public').map(({ privilege }) => privilege);
    // What PostgreSQL grants by default is told of where it is put to use: see function.search_path.
    const wide = rights.filter((right) => right === 'create' || (right === 'temporary' && hasOwnGrants));
    if (wide.length === 0) return;
    yield {
      severity: wide.includes('create') ? 'medium' : 'low',
      object: `database ${printName([name])}`,
      what: `Everybody has ${few(wide.map((right) => right.toUpperCase()))} on the database ${name}.`,
      mend: [`revoke ${wide.join(', ')} on database ${quoteIdent(name)} from public`],
    };
  },
};

const RIGHT: Readonly<Record<DefaultPrivilegeFact['objects'], readonly string[]>> = {
  tables: ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'maintain'],
  sequences: ['usage', 'select', 'update'],
  functions: [],
  types: [],
  schemas: ['usage', 'create'],
  'large objects': ['select', 'update'],
};

const defaults: Rule = {
  id: 'grant.default_public',
  title: 'default privileges that open what is made later to everybody',
  why: 'The next table is readable by every login from the moment it is there, before anybody has thought of a policy for it.',
  severities: ['high', 'medium'],
  *find({ access }) {
    for (const { owner, schema, objects, grants } of access.defaultPrivileges) {
      if (isOurRole(owner)) continue;
      const rights = grants.filter(
        ({ grantee, privilege }) => grantee === 'public' && RIGHT[objects].includes(privilege),
      );
      if (rights.length === 0) continue;
      const where = schema === null ? '' : ` in schema ${quoteIdent(schema)}`;
      yield {
        severity: objects === 'tables' ? 'high' : 'medium',
        object: `default privileges of ${printName([owner])} on ${objects}${schema === null ? '' : ` in schema ${printName([schema])}`}`,
        what: `What ${owner} makes${schema === null ? '' : ` in ${schema}`} from now on (${objects}) is open to everybody: ${few(rights.map(({ privilege }) => privilege))}.`,
        mend: [
          `alter default privileges for role ${quoteIdent(owner)}${where} revoke all on ${objects} from public`,
        ],
      };
    }
  },
};

/** What a parameter that only superusers set by default does in other hands. */
const PARAMETERS: Readonly<Record<string, string>> = {
  session_replication_role: 'switches triggers and foreign keys off for its session',
  lo_compat_privileges: 'lets its session read every large object',
  session_preload_libraries: 'loads code into later sessions',
  log_statement: 'hides its statements from the log',
};

const parameter: Rule = {
  id: 'grant.parameter',
  title: 'settings of superusers that others may set',
  why: 'PostgreSQL keeps such settings to superusers because they switch off what protects others: triggers, foreign keys, rights on large objects, the log.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const { name, grantees } of world.access.parameters) {
      const logins = lens.roles.loginsOf(grantees);
      if (logins.length === 0) continue;
      const effect = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
      yield {
        severity:
          name === 'session_replication_role' || name === 'session_preload_libraries' ? 'high' : 'medium',
        object: `parameter ${printName(name.split('.'))}`,
        what: `${few(logins)} may set ${name}${effect === undefined ? ', which PostgreSQL keeps to superusers' : `, which ${effect}`}.`,
        mend: [
          `revoke set on parameter ${name.split('.').map(quoteIdent).join('.')} from ${grantees.map(roleSql).join(', ')}`,
        ],
      };
    }
  },
};

export const GRANT_RULES: readonly Rule[] = [
  publicTable,
  unjudged,
  schemaCreate,
  loginCreate,
  databaseRights,
  largeObjects,
  defaults,
  parameter,
];
