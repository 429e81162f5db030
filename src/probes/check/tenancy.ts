/** Whose rows are whose, table by table, and who says so. */
import type { ShapeFacts, TableName } from '../../database/inspect/shape.js';
import { loadParser } from '../../guard/parse.js';
import type { CompiledPolicy } from '../../policy/compiled.js';
import { policyTenancy } from './tenancy/from-policy.js';
import { guessTenancy } from './tenancy/guessed.js';
import { appliedHints, rowSecurityHints } from './tenancy/row-security-hints.js';

/** What a table's rows are, why, and whether that is more than one reading of its names. */
export type TableTenancy = Placement & { readonly why: string; readonly sure: boolean };

export type Placement =
  /** Its own column says whose a row is. */
  | { readonly kind: 'column'; readonly column: string }
  /** Its rows belong to whom the row of a parent belongs to. */
  | {
      readonly kind: 'via';
      readonly columns: readonly string[];
      readonly parent: TableName;
      readonly parentColumns: readonly string[];
    }
  /** The tenants themselves: one row each. */
  | { readonly kind: 'root'; readonly key: string }
  /** Reference data that is nobody's. */
  | { readonly kind: 'shared' }
  /** Nobody has said and nothing suggests it. */
  | { readonly kind: 'unknown' };

export interface Tenancy {
  /** `policy` where a policy was given or is applied, `guess` where the database has never seen one. */
  readonly source: 'policy' | 'guess';
  /** In a guess, how sure it is: below `likely` its findings are said to rest on a guess. */
  readonly confidence: 'certain' | 'likely' | 'unsure';
  /** In a sentence, where it comes from. */
  readonly why: string;
  /** What most tables call the tenant column; null where nothing is known. */
  readonly column: string | null;
  /** The table of the tenants, where there is one. */
  readonly root: TableName | null;
  /** By `schema.name`, unquoted, for each table, partitioned table, materialised view and foreign table of the product's. */
  readonly tables: ReadonlyMap<string, TableTenancy>;
}

/** What somebody said of the database. */
export interface Said {
  readonly policy?: CompiledPolicy;
  /** The tenant column as a person names it: `orders.org_id`, `org_id`. */
  readonly tenant?: string;
}

/**
 * Says whose rows each table holds: as the policy says, or the policies that Ringfence applied; else as far as the database itself
 * shows, by what its row security compares, by its keys and by its names. A table that nobody can place is `unknown`.
 *
 * @throws RingfenceError `config_invalid` where a tenant column was named that no table has.
 */
export async function readTenancy(shape: ShapeFacts, said: Said = {}): Promise<Tenancy> {
  await loadParser();
  const applied = appliedHints(shape.tables);
  const hints = applied ?? rowSecurityHints(shape.tables);
  const guessed = guessTenancy(shape, hints, said.tenant);
  if (said.policy !== undefined) return policyTenancy(shape, said.policy, guessed);
  return applied === null ? guessed : { ...guessed, source: 'policy', confidence: 'certain' };
}

/** What is known of a table. */
export function tenancyOf(tenancy: Tenancy, table: TableName): TableTenancy {
  return (
    tenancy.tables.get(`${table.schema}.${table.name}`) ?? {
      kind: 'unknown',
      why: 'it was not looked at',
      sure: false,
    }
  );
}
