/**
 * What a database looks like, as plain data: the only thing the pure modules (policy, compile) know of it.
 * `database/introspect.ts` makes one; tests may write one by hand.
 */

import type { CatalogExposure } from './exposure.js';

export interface Catalog {
  /** `server_version_num`, for example 150018. */
  readonly serverVersion: number;
  readonly database: string;
  /** The role that read the catalog, and what it may do. */
  readonly currentUser: string;
  readonly currentUserIsSuperuser: boolean;
  readonly tables: readonly CatalogTable[];
  /** What a policy may name for SQL that agents write: not PostgreSQL's own, nor Ringfence's. One for each overload. */
  readonly functions: readonly CatalogFunction[];
  readonly roles: readonly CatalogRole[];
  readonly exposure: CatalogExposure;
}

export interface CatalogFunction {
  readonly schema: string;
  readonly name: string;
  /** The types of its arguments, as PostgreSQL prints them: `integer, text`. */
  readonly arguments: string;
  readonly kind: 'function' | 'window' | 'aggregate' | 'procedure' | 'trigger';
  /** SECURITY DEFINER. */
  readonly definer: boolean;
  /** Whether PUBLIC may execute it, as it may by default. */
  readonly publicExecute: boolean;
}

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized_view' | 'foreign';

export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly owner: string;
  readonly comment: string | null;
  /** `reltuples`, or -1 where never analysed. */
  readonly estimatedRows: number;
  readonly rowSecurity: boolean;
  readonly forceRowSecurity: boolean;
  /** True for a partition or inheritance child. */
  readonly isChild: boolean;
  readonly columns: readonly CatalogColumn[];
  /** In key order; empty where the table has none. */
  readonly primaryKey: readonly string[];
  /** Unique constraints and unique indexes over plain columns, the primary key included. */
  readonly uniqueKeys: readonly CatalogUniqueKey[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly indexes: readonly CatalogIndex[];
  readonly policies: readonly CatalogPolicy[];
  readonly grants: readonly CatalogGrant[];
  readonly triggers: readonly CatalogTrigger[];
}

export interface CatalogColumn {
  readonly name: string;
  /** As `format_type` prints it, with its modifier: `character varying(40)`. For people. */
  readonly type: string;
  /** Schema-qualified, quoted, without modifier, a domain resolved to its base: `pg_catalog.int4`. For casts. */
  readonly castType: string;
  /** The type's oid after domains are resolved. */
  readonly typeOid: number;
  /** `pg_type.typcategory`: N numeric, S string, B boolean, D date/time, A array, E enum, U user-defined … */
  readonly category: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** The sequence behind a `serial` default, as `schema.name` quoted, where there is one. */
  readonly defaultSequence: string | null;
  readonly identity: 'always' | 'by_default' | null;
  readonly generated: boolean;
  readonly comment: string | null;
  /** The labels of an enum type, in order. */
  readonly enumLabels: readonly string[] | null;
  /** Whether `=` and `<` on the type are leakproof, so that an index can serve them under row-level security. */
  readonly leakproof: boolean;
}

export interface CatalogUniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isPrimary: boolean;
}

export interface CatalogForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly refSchema: string;
  readonly refTable: string;
  readonly refColumns: readonly string[];
  readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';
}

export interface CatalogIndex {
  readonly name: string;
  /** Key columns in order; null where the position is an expression. */
  readonly columns: readonly (string | null)[];
  readonly method: string;
  readonly unique: boolean;
  readonly partial: boolean;
  readonly definition: string;
  /** False where an operator of its operator classes is not leakproof: row-level security then keeps the planner from using it as a condition. */
  readonly leakproof: boolean;
  /** Every column it looks at: keys, expressions and predicate. A unique index tells of hidden rows through all of them. */
  readonly touches?: readonly string[];
  /** True behind an exclusion constraint, which tells of hidden rows as a unique key does. */
  readonly exclusion?: boolean;
}

export interface CatalogPolicy {
  readonly name: string;
  readonly permissive: boolean;
  /** Role names; `public` for PUBLIC. */
  readonly roles: readonly string[];
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete';
  readonly using: string | null;
  readonly check: string | null;
}

export interface CatalogGrant {
  /** Role name; `public` for PUBLIC. */
  readonly grantee: string;
  readonly privilege:
    | 'select'
    | 'insert'
    | 'update'
    | 'delete'
    | 'truncate'
    | 'references'
    | 'trigger'
    | 'maintain';
  /** The columns of a column-level grant; null for a grant on the whole table. */
  readonly columns: readonly string[] | null;
}

export interface CatalogTrigger {
  readonly name: string;
  readonly function: string;
  /** True where the function is SECURITY DEFINER, and so does not run as the slice role. */
  readonly definer: boolean;
  /** The writes that it fires on. */
  readonly on?: readonly ('insert' | 'update' | 'delete')[];
  /** Whether the text of its function looks as if it read or wrote tables. A hint, for there is no knowing: it may be wrong either way. */
  readonly usesTables?: boolean;
}

export interface CatalogRole {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypassRls: boolean;
  readonly canLogin: boolean;
  /** Roles it is a member of, directly. */
  readonly memberOf: readonly string[];
}
