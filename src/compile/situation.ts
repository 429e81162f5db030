/**
 * What compiling needs to know beyond the policy: the database as it would be without Ringfence.
 */
import type { Catalog, CatalogTable } from '../policy/catalog.js';
import { tableKey } from './catalog-index.js';
import { isOurPolicy, isOurRole } from './names.js';

/** What the catalog alone does not say. */
export interface Situation {
  /** Schemas whose names every role may use. */
  readonly publicSchemas: ReadonlySet<string>;
  /** Tables, by {@link tableKey}, whose row security Ringfence switched on. */
  readonly enabledByRingfence: ReadonlySet<string>;
}

/** A database that Ringfence has not touched, with PostgreSQL's own public schemas. */
export const UNTOUCHED: Situation = {
  publicSchemas: new Set(['pg_catalog', 'public', 'information_schema']),
  enabledByRingfence: new Set(),
};

/** The catalog without what Ringfence made in it: so the same policy wants the same objects before and after it is applied. */
export function withoutRingfence(catalog: Catalog, situation: Situation): Catalog {
  const table = (from: CatalogTable): CatalogTable => ({
    ...from,
    rowSecurity: from.rowSecurity && !situation.enabledByRingfence.has(tableKey(from.schema, from.name)),
    policies: from.policies.filter((policy) => !isOurPolicy(policy.name)),
    grants: from.grants.filter((grant) => !isOurRole(grant.grantee)),
  });
  return {
    ...catalog,
    tables: catalog.tables.map(table),
    roles: catalog.roles.filter((role) => !isOurRole(role.name)),
  };
}
