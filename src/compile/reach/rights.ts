/**
 * Rights that are about no single object: memberships, creating, settings, large objects, and what later objects will be open for.
 *
 * TEMPORARY on the database, which PUBLIC has by default, is no finding: in a read-only transaction PostgreSQL makes no temporary
 * table either, and the search path of the executor ends with pg_temp.
 */
import type { CatalogExposure, ExposedDefault } from '../../policy/exposure.js';
import { printName } from '../../policy/name.js';
import { GATEWAY_ROLE } from '../names.js';
import { quoteIdent } from '../quote.js';
import { type Candidate, from, type Holders } from './candidate.js';

export function rightCandidates(exposure: CatalogExposure, holders: Holders): readonly Candidate[] {
  return [
    ...largeObjects(exposure, holders),
    ...exposure.memberships.map(
      ({ role, member }): Candidate => ({
        identity: `membership of ${printName([member])} in ${printName([role])}`,
        kind: 'membership',
        why: 'gives agents what this role may do and see',
        mend: [`revoke ${quoteIdent(role)} from ${quoteIdent(member)}`],
        reaches: ({ sliceRole, viewRole }) => sliceRole === member || viewRole === member,
      }),
    ),
    ...exposure.unbound.map(
      (name): Candidate => ({
        identity: `role ${printName([name])}`,
        kind: 'role',
        why: 'is not bound by row security any more',
        mend: [`alter role ${quoteIdent(name)} nosuperuser nobypassrls`],
        reaches: ({ sliceRole, viewRole }) => sliceRole === name || viewRole === name,
      }),
    ),
    ...creating(exposure, holders),
    ...exposure.parameters.map(
      ({ name, grantees }): Candidate => ({
        identity: `parameter ${printName(name.split('.'))}`,
        kind: 'parameter',
        why: 'can be set by agents, though PostgreSQL keeps it to superusers',
        mend: [`revoke set on parameter ${name.split('.').map(quoteIdent).join('.')} ${from(grantees)}`],
        reaches: (role) => holders.holds(role, grantees),
      }),
    ),
    ...exposure.defaultPrivileges.map((open) => openFromTheStart(open, holders)),
  ];
}

/** Agents' SQL creates nothing. But a name that somebody else put in the way of a trusted function's does what he likes. */
function creating({ schemas, database }: CatalogExposure, { holds }: Holders): readonly Candidate[] {
  const why = 'lets whoever may put functions and operators in the way of others’';
  const inSchemas = schemas.map(
    ({ name, create }): Candidate => ({
      identity: `create on schema ${printName([name])}`,
      kind: 'create',
      why,
      mend: [`revoke create on schema ${quoteIdent(name)} ${from(create)}`],
      reaches: (role) => holds(role, create),
    }),
  );
  return [
    ...inSchemas,
    {
      identity: 'create on database',
      kind: 'create',
      why,
      mend: [`revoke create on database ${quoteIdent(database.name)} ${from(database.create)}`],
      reaches: (role) => holds(role, database.create),
    },
  ];
}

function largeObjects({ largeObjects: objects }: CatalogExposure, { holds }: Holders): readonly Candidate[] {
  return [
    {
      identity: 'large objects',
      kind: 'large objects',
      why: 'can be read by everybody, some of them at least, and have no row security',
      mend: [
        `do $$ declare o pg_catalog.oid; begin for o in select m.oid from pg_catalog.pg_largeobject_metadata m where m.lomacl is not null loop execute pg_catalog.format('revoke all on large object %s ${from(objects.grantees)}', o); end loop; end $$`,
      ],
      reaches: (role) => holds(role, objects.grantees),
    },
    {
      identity: 'setting lo_compat_privileges',
      kind: 'setting',
      why: 'is on, so that everybody may read every large object',
      mend: [`alter role ${quoteIdent(GATEWAY_ROLE)} set lo_compat_privileges = off`],
      reaches: () => objects.unchecked,
    },
  ];
}

const PRIVILEGE: Readonly<Record<ExposedDefault['objects'], string>> = {
  tables: 'select',
  sequences: 'all',
  schemas: 'usage',
  'large objects': 'select',
};

function openFromTheStart(open: ExposedDefault, { holds, uses }: Holders): Candidate {
  const { owner, schema, objects, grantees } = open;
  const where = schema === null ? '' : ` in schema ${printName([schema])}`;
  const inSchema = schema === null ? '' : ` in schema ${quoteIdent(schema)}`;
  return {
    identity: `default privileges of ${printName([owner])} on ${objects}${where}`,
    kind: 'default privileges',
    why: 'open what this role makes from the moment it is there',
    mend: [
      `alter default privileges for role ${quoteIdent(owner)}${inSchema} revoke ${PRIVILEGE[objects]} on ${objects} ${from(grantees)}`,
    ],
    reaches: (role) => holds(role, grantees) && (schema === null || uses(role, schema)),
  };
}
