/**
 * Reads what a database looks like: tables, keys, grants, policies, roles. The pure modules know a database by nothing else.
 */
import { RingfenceError } from '../errors.js';
import type {
  Catalog,
  CatalogColumn,
  CatalogForeignKey,
  CatalogFunction,
  CatalogGrant,
  CatalogIndex,
  CatalogPolicy,
  CatalogRole,
  CatalogTable,
  CatalogTrigger,
  CatalogUniqueKey,
  RelationKind,
} from '../policy/catalog.js';
import type { CatalogExposure } from '../policy/exposure.js';
import { EXPOSURE_STATEMENT, SERVER_STATEMENT, SHAPE_STATEMENT } from './introspect/statement.js';

/** The oldest server with everything the boundary needs. */
const OLDEST_SERVER = 150000;

/** What is needed of a connection: one statement, its values, its rows. A `pg` client, pool client or pool will do. */
interface Connection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

interface IntrospectOptions {
  /** Read these schemas only. By default all of the product's: not the system's, an extension's or Ringfence's own. */
  readonly schemas?: readonly string[];
}

/** Rows of the shape statement, before they are put together by relation. */
interface Shape {
  readonly relations: readonly (Omit<
    CatalogTable,
    | 'kind'
    | 'columns'
    | 'primaryKey'
    | 'uniqueKeys'
    | 'foreignKeys'
    | 'indexes'
    | 'policies'
    | 'grants'
    | 'triggers'
  > & { readonly oid: number; readonly relkind: string })[];
  readonly columns: readonly Of<CatalogColumn>[];
  readonly foreignKeys: readonly Of<CatalogForeignKey>[];
  readonly indexes: readonly Of<CatalogIndex & { readonly isPrimary: boolean }>[];
  readonly policies: readonly Of<CatalogPolicy>[];
  readonly grants: readonly Of<CatalogGrant>[];
  readonly triggers: readonly Of<CatalogTrigger>[];
  readonly functions: readonly CatalogFunction[];
  readonly roles: readonly CatalogRole[];
  readonly exposure: CatalogExposure;
}

type Of<T> = T & { readonly relation: number };

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign',
};

/**
 * Reads the catalog of the database behind a connection, in one snapshot and two statements, whatever its size.
 * It changes nothing and works inside a transaction, in a read-only one, on a standby and through a pooler.
 *
 * Ringfence's own schemas are left out; its roles, policies and grants on the product's tables are kept.
 *
 * @throws RingfenceError `database_unsupported` on a server older than PostgreSQL 15.
 * @example
 * ```ts
 * const catalog = await introspect(client, { schemas: ['public', 'billing'] });
 * ```
 */
export async function introspect(client: Connection, options: IntrospectOptions = {}): Promise<Catalog> {
  const server = single<{ version: string; database: string; currentUser: string; superuser: string }>(
    await client.query(SERVER_STATEMENT),
  );
  const serverVersion = Number(server.version);
  if (serverVersion < OLDEST_SERVER) {
    throw new RingfenceError(
      'database_unsupported',
      `This server is PostgreSQL ${Math.floor(serverVersion / 10000)}. Ringfence needs PostgreSQL 15 or later: upgrade the server, or point Ringfence at one that is.`,
    );
  }
  const answer = single<{ shape: string }>(await client.query(SHAPE_STATEMENT, [options.schemas ?? null]));
  const shape = JSON.parse(answer.shape) as Shape;
  return {
    serverVersion,
    database: server.database,
    currentUser: server.currentUser,
    currentUserIsSuperuser: server.superuser === 't',
    tables: assemble(shape),
    functions: shape.functions,
    roles: shape.roles,
    exposure: shape.exposure,
  };
}

/**
 * Reads again what is open to slice roles beside their slices, and nothing else, in one statement.
 * It works where {@link introspect} does.
 */
export async function readExposure(client: Connection): Promise<CatalogExposure> {
  const answer = single<{ exposure: string }>(await client.query(EXPOSURE_STATEMENT));
  return JSON.parse(answer.exposure) as CatalogExposure;
}

function single<T>(result: { readonly rows: readonly unknown[] }): T {
  return result.rows[0] as T;
}

function assemble(shape: Shape): readonly CatalogTable[] {
  const columns = byRelation(shape.columns);
  const foreignKeys = byRelation(shape.foreignKeys);
  const indexes = byRelation(shape.indexes);
  const policies = byRelation(shape.policies);
  const grants = byRelation(shape.grants);
  const triggers = byRelation(shape.triggers);
  return shape.relations.map(({ oid, relkind, ...relation }) => {
    const own = indexes.get(oid) ?? [];
    const uniqueKeys = own.flatMap(uniqueKey);
    return {
      ...relation,
      kind: KINDS[relkind] ?? 'table',
      columns: columns.get(oid) ?? [],
      primaryKey: uniqueKeys.find((key) => key.isPrimary)?.columns ?? [],
      uniqueKeys,
      foreignKeys: foreignKeys.get(oid) ?? [],
      indexes: own.map(({ isPrimary: _, ...index }) => index),
      policies: policies.get(oid) ?? [],
      grants: grants.get(oid) ?? [],
      triggers: triggers.get(oid) ?? [],
    };
  });
}

/** A partial or expression index does not make its columns unique for every row. */
function uniqueKey(index: CatalogIndex & { readonly isPrimary: boolean }): readonly CatalogUniqueKey[] {
  const columns = index.columns.filter((column) => column !== null);
  if (!index.unique || index.partial || columns.length < index.columns.length) return [];
  return [{ name: index.name, columns, isPrimary: index.isPrimary }];
}

function byRelation<T>(rows: readonly Of<T>[]): ReadonlyMap<number, readonly T[]> {
  const groups = new Map<number, T[]>();
  for (const { relation, ...row } of rows) {
    const group = groups.get(relation);
    if (group === undefined) groups.set(relation, [row as T]);
    else group.push(row as T);
  }
  return groups;
}
