/**
 * The roles and schemas of one policy role, and what they may do in schema `ringfence`.
 */
import type { CompiledRole } from '../policy/compiled.js';
import type { CatalogIndex } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { functionSchemas } from './function-grants.js';
import { GATEWAY_ROLE } from './names.js';
import { typeSchema } from './operator.js';
import { quoteIdent } from './quote.js';
import type { Situation } from './situation.js';

/** PostgreSQL 16 made inheriting and becoming separate options of a membership. */
const MEMBERSHIP_OPTIONS = 160000;

const ATTRIBUTES = 'nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole';

const ACCESSORS = ['tenant(text)', 'workspace(text)', 'user_id(text)'];
const FOR_SLICES = [
  ...ACCESSORS,
  'tenant()',
  'workspace()',
  'user_id()',
  'role()',
  'run_id()',
  'mask_hash(text)',
  'mask_text(text)',
];
/** A write records its event in its own statement. */
const APPEND = 'append(uuid, text, bigint, bigint)';

/** The functions of schema `ringfence` that a slice role may execute. */
export const SLICE_FUNCTIONS: readonly string[] = [...FOR_SLICES, APPEND];

/** The two roles of a policy role, and the gateway's way into one of them. */
export function roleObjects(role: CompiledRole, serverVersion: number): readonly DesiredObject[] {
  const slice = quoteIdent(role.sliceRole);
  const gateway = quoteIdent(GATEWAY_ROLE);
  const options = serverVersion >= MEMBERSHIP_OPTIONS ? ' with inherit false, set true' : '';
  return [
    databaseRole(
      role.viewRole,
      `owns the views of ${role.name} and holds its rights on base tables; nobody logs in as it`,
    ),
    databaseRole(role.sliceRole, `what an agent of role ${role.name} is while a statement of its runs`),
    {
      address: { kind: 'membership', role: role.sliceRole, member: GATEWAY_ROLE },
      identity: `${GATEWAY_ROLE} in ${role.sliceRole}`,
      create: [`grant ${slice} to ${gateway}${options}`],
      repair: [`revoke ${slice} from ${gateway}`, `grant ${slice} to ${gateway}${options}`],
      drop: [`revoke ${slice} from ${gateway}`],
      for: [GATEWAY_ROLE],
      why: `the gateway may become ${role.sliceRole}, and sees nothing as it without a seal`,
    },
  ];
}

function databaseRole(name: string, why: string): DesiredObject {
  const role = quoteIdent(name);
  return {
    address: { kind: 'role', role: name },
    identity: name,
    create: [`create role ${role} ${ATTRIBUTES}`],
    repair: [`alter role ${role} ${ATTRIBUTES}`],
    drop: [`drop owned by ${role}`, `drop role ${role}`],
    for: [name],
    why,
  };
}

/** The role's two schemas, and its rights on the functions that the views and rules call. */
export function schemaObjects(
  role: CompiledRole,
  index: CatalogIndex,
  situation: Situation,
): readonly DesiredObject[] {
  const slice = quoteIdent(role.sliceRole);
  const view = quoteIdent(role.viewRole);
  const schema = (name: string, why: string): DesiredObject => {
    const quoted = quoteIdent(name);
    const usage = `grant usage on schema ${quoted} to ${slice}`;
    return {
      address: { kind: 'schema', schema: name },
      identity: name,
      create: [`create schema ${quoted} authorization ${view}`, usage],
      repair: [
        `alter schema ${quoted} owner to ${view}`,
        `revoke all on schema ${quoted} from public, ${slice}`,
        usage,
      ],
      drop: [`drop schema ${quoted}`],
      for: [role.sliceRole],
      why,
    };
  };
  return [
    schema(role.sliceSchema, `holds one view for each table that ${role.name} may see`),
    schema(role.scopeSchema, `holds which boundary the parents of those tables are in`),
    ringfenceGrants(
      role.sliceRole,
      SLICE_FUNCTIONS,
      `the views and rules of ${role.name} ask the seal, as whoever runs the statement`,
    ),
    ringfenceGrants(
      role.viewRole,
      ACCESSORS,
      `the functions that guard foreign keys of ${role.name} ask the seal`,
    ),
    ...[...new Set([...typeSchemas(role, index), ...functionSchemas(role)])]
      .filter((name) => !situation.publicSchemas.has(name))
      .sort()
      .map(
        (name): DesiredObject => ({
          address: { kind: 'schema_grant', schema: name, role: role.sliceRole },
          identity: `schema ${name} to ${role.sliceRole}`,
          create: [`grant usage on schema ${quoteIdent(name)} to ${slice}`],
          drop: [`revoke all on schema ${quoteIdent(name)} from ${slice}`],
          for: [role.sliceRole],
          why: `statements of ${role.name} name types or functions that live in schema ${name}`,
        }),
      ),
  ];
}

function ringfenceGrants(to: string, names: readonly string[], why: string): DesiredObject {
  const functions = names.map((name) => `ringfence.${name}`).join(', ');
  const role = quoteIdent(to);
  const create = [
    `grant usage on schema ringfence to ${role}`,
    `grant execute on function ${functions} to ${role}`,
  ];
  const drop = [
    `revoke all on all functions in schema ringfence from ${role}`,
    `revoke all on schema ringfence from ${role}`,
  ];
  return {
    address: { kind: 'function_grants', schema: 'ringfence', role: to },
    identity: `functions of ringfence to ${to}`,
    create,
    drop,
    for: [to],
    why,
  };
}

/** The schemas of the types that a role's statements cast to, beside PostgreSQL's own. */
function typeSchemas(role: CompiledRole, index: CatalogIndex): readonly string[] {
  const names = new Set<string>();
  for (const slice of role.tables.values()) {
    const { create, update, presets } = slice.write;
    const scope = slice.scope.kind === 'scoped' ? slice.scope.columns : [];
    const written = [...(create ?? []), ...(update ?? [])].map((column) =>
      index.column(index.table(slice.schema, slice.table), column),
    );
    for (const { castType } of [...slice.columns, ...scope, ...presets, ...written])
      names.add(typeSchema(castType));
  }
  names.delete('pg_catalog');
  return [...names];
}
