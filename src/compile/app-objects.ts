/**
 * What the product's own tools need: rights of `ringfence_app` on the tables of the policy, and the policies that keep it inside the sealed
 * tenant, whatever role the seal was opened for. Only where the policy has such tools.
 */
import type { CompiledPolicy, CompiledRole } from '../policy/compiled.js';
import type { CatalogIndex } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { ANY_ROLE, APP_ROLE } from './names.js';
import { splitQualified } from './operator.js';
import { quoteIdent, quoteName } from './quote.js';
import { type ProtectedTable, rolePolicies } from './row-security.js';
import type { RoleScope } from './scope.js';
import type { Situation } from './situation.js';

/** The product's code as the rules for a role see it: the whole tenant, no slice. */
const APP: CompiledRole = {
  name: ANY_ROLE,
  description: '',
  sliceRole: APP_ROLE,
  viewRole: APP_ROLE,
  sliceSchema: '',
  scopeSchema: '',
  reach: 'tenant',
  tools: new Set(),
  sql: null,
  limits: { rows: 0, scannedRows: 0, timeoutMs: 0, joinDepth: 0 },
  tables: new Map(),
};

/** Rights, first; they lock nothing. */
export function appGrants(
  policy: CompiledPolicy,
  index: CatalogIndex,
  situation: Situation,
): readonly DesiredObject[] {
  if (policy.ownTools.size === 0) return [];
  // A materialized view has no row security that would hold them.
  const tables = [...policy.tables.values()]
    .filter(({ kind }) => kind === 'table')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const schemas = [...new Set(tables.map(({ schema }) => schema))].sort();
  const sequences = new Set<string>();
  const grants = tables.map((of): DesiredObject => {
    const table = index.table(of.schema, of.table);
    const writable = of.scope.kind !== 'shared';
    if (writable) {
      for (const { defaultSequence } of table.columns)
        if (defaultSequence !== null) sequences.add(defaultSequence);
    }
    const rights = writable ? 'select, insert, update, delete' : 'select';
    return grantOn(
      'table',
      of.schema,
      of.table,
      rights,
      `the product's tools ${writable ? 'read and write' : 'read'} it`,
    );
  });
  return [
    ...schemas
      .filter((schema) => !situation.publicSchemas.has(schema))
      .map(
        (schema): DesiredObject => ({
          address: { kind: 'schema_grant', schema, role: APP_ROLE },
          identity: `schema ${schema} to ${APP_ROLE}`,
          create: [`grant usage on schema ${quoteIdent(schema)} to ${quoteIdent(APP_ROLE)}`],
          drop: [`revoke all on schema ${quoteIdent(schema)} from ${quoteIdent(APP_ROLE)}`],
          for: [APP_ROLE],
          why: `the product's tools use tables in schema ${schema}`,
        }),
      ),
    ...grants,
    ...[...sequences].sort().map((name) => {
      const [schema, sequence] = splitQualified(name);
      return grantOn(
        'sequence',
        schema,
        sequence,
        'usage',
        "rows that the product's tools create take their numbers from it",
      );
    }),
  ];
}

/** The policies of `ringfence_app` on every protected table. */
export function appPolicies(
  policy: CompiledPolicy,
  index: CatalogIndex,
  fenced: ReadonlyMap<string, ProtectedTable>,
): readonly DesiredObject[] {
  if (policy.ownTools.size === 0) return [];
  const of: RoleScope = { policy, index, role: APP, reads: () => undefined };
  return [...fenced.values()].flatMap((table) => rolePolicies(of, table));
}

function grantOn(
  kind: 'table' | 'sequence',
  schema: string,
  name: string,
  rights: string,
  why: string,
): DesiredObject {
  const on = `on ${kind} ${quoteName(schema, name)}`;
  return {
    address: { kind: 'table_grant', schema, name, role: APP_ROLE },
    identity: `${schema}.${name} to ${APP_ROLE}`,
    create: [`grant ${rights} ${on} to ${quoteIdent(APP_ROLE)}`],
    drop: [`revoke all ${on} from ${quoteIdent(APP_ROLE)}`],
    for: [APP_ROLE],
    why,
  };
}
