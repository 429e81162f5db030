/** What Ringfence has made in a database, as the catalog tells it. */
import type { TestDatabase } from '../../support/database.js';

export interface Made {
  readonly roles: readonly string[];
  readonly schemas: readonly string[];
  /** Of schema `ringfence`, sorted. */
  readonly tables: readonly string[];
  readonly functions: readonly {
    readonly signature: string;
    readonly gateway: boolean;
    readonly auditor: boolean;
    /** Of role `support`, which may write. */
    readonly slice: boolean;
    readonly anybody: boolean;
  }[];
  readonly policies: readonly string[];
}

export async function readMade(database: TestDatabase): Promise<Made> {
  const names = async (sql: string): Promise<string[]> =>
    (await database.query<{ name: string }>(sql)).map(({ name }) => name);
  return {
    roles: await names(`select rolname as name from pg_roles where rolname like 'ringfence\\_%' order by 1`),
    schemas: await names(
      `select nspname as name from pg_namespace where pg_get_userbyid(nspowner) like 'ringfence\\_%' order by 1`,
    ),
    tables: await names(
      `select 'ringfence.' || relname as name from pg_class where relnamespace = 'ringfence'::regnamespace and relkind = 'r' order by 1`,
    ),
    functions: await database.query(
      `select 'ringfence.' || proname || '(' || arguments || ')' as signature,
         has_function_privilege('ringfence_gateway', oid, 'execute') as gateway,
         has_function_privilege('ringfence_auditor', oid, 'execute') as auditor,
         has_function_privilege('ringfence_slice_support', oid, 'execute') as slice,
         exists (select from aclexplode(proacl) where grantee = 0) or proacl is null as anybody
       from pg_proc cross join lateral (
         select coalesce(string_agg(format_type(t, null), ', ' order by n), '') as arguments
         from unnest(proargtypes::oid[]) with ordinality a (t, n)
       ) types
       where pronamespace = 'ringfence'::regnamespace`,
    ),
    policies: await names(
      `select distinct polname as name from pg_policy where polname like 'ringfence\\_%' order by 1`,
    ),
  };
}
