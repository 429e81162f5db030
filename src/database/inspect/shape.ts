/** What tables are like: what `check` knows of columns, keys, indexes, partitions and sequences. */
import type {
  Catalog,
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
} from '../../policy/catalog.js';
import { introspect } from '../introspect.js';
import { DETAILS_STATEMENT } from './shape/statement.js';

export interface ShapeFacts {
  /** What policies are compiled against. */
  readonly catalog: Catalog;
  readonly tables: readonly ShapeTable[];
  readonly sequences: readonly ShapeSequence[];
  /** Roles that may read the statistics of every table in PostgreSQL's own catalogs, past the views that hold them back. */
  readonly statisticsReaders: readonly string[];
}

export interface ShapeTable extends Omit<CatalogTable, 'columns' | 'foreignKeys' | 'indexes'> {
  readonly columns: readonly ShapeColumn[];
  readonly foreignKeys: readonly ShapeForeignKey[];
  readonly indexes: readonly ShapeIndex[];
  readonly checks: readonly ShapeCheck[];
  readonly unlogged: boolean;
  /** What it is a partition of, or inherits from: the first where there are several. */
  readonly parent: TableName | null;
  readonly isPartition: boolean;
  readonly isDefaultPartition: boolean;
  /** The columns of the partition key in order, null for an expression; empty where it is not partitioned. */
  readonly partitionKey: readonly (string | null)[];
  readonly replicaIdentity: 'default' | 'nothing' | 'full' | 'index';
  /** Whether a publication sends its changes away. */
  readonly published: boolean;
  /** Names of the columns that views, rules and policies refer to: those cannot be retyped where they stand. */
  readonly columnsInUse: readonly string[];
  /** Bytes of it on disk when it was last analysed or vacuumed: to ask for what they are now is to wait for whoever holds a lock. */
  readonly bytes: number;
}

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface ShapeColumn extends CatalogColumn {
  /** The default, or what it is generated from, as PostgreSQL prints it; null where there is none. */
  readonly expression: string | null;
  /** False under a collation that takes different texts for equal. */
  readonly deterministic: boolean;
  /** Has it from a parent, and only from there. */
  readonly inherited: boolean;
}

export interface ShapeForeignKey extends CatalogForeignKey {
  readonly onUpdate: CatalogForeignKey['onDelete'];
  /** The columns that ON DELETE SET NULL or SET DEFAULT sets; all of the key's where empty. */
  readonly sets: readonly string[];
  readonly validated: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  /** MATCH FULL. */
  readonly full: boolean;
  /** Came with the partitioned table it is a part of, and goes with it. */
  readonly inherited: boolean;
}

export interface ShapeIndex extends CatalogIndex {
  /** The constraint it stands for, where it does. */
  readonly constraint: string | null;
  /** False where building it failed, or where a partition has no counterpart. */
  readonly valid: boolean;
  /** Each key as PostgreSQL prints it, expressions included, and the columns it only carries. */
  readonly keys: readonly string[];
  readonly includes: readonly string[];
  readonly predicate: string | null;
  readonly nullsNotDistinct: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  /** Whether every key has the type's own order and collation, so that the index can be written down from its keys. */
  readonly plain: boolean;
  /** Belongs to the index of the partitioned table it is a part of. */
  readonly inherited: boolean;
  /** PRIMARY KEY. */
  readonly primary: boolean;
}

export interface ShapeCheck {
  readonly name: string;
  readonly definition: string;
  readonly validated: boolean;
}

export interface ShapeSequence {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  /** The columns that take their default from it, or own it. */
  readonly feeds: readonly (TableName & { readonly column: string })[];
  /** Rights of others than the owner; `public` for PUBLIC. */
  readonly grants: readonly {
    readonly grantee: string;
    readonly privilege: 'select' | 'usage' | 'update';
  }[];
}

type Details = Pick<
  ShapeTable,
  | 'checks'
  | 'unlogged'
  | 'parent'
  | 'isPartition'
  | 'isDefaultPartition'
  | 'partitionKey'
  | 'replicaIdentity'
  | 'published'
  | 'columnsInUse'
  | 'bytes'
>;

interface Answer {
  readonly relations: readonly (TableName & Details)[];
  readonly columns: readonly (Part & Omit<ShapeColumn, keyof CatalogColumn>)[];
  readonly foreignKeys: readonly (Part & Omit<ShapeForeignKey, keyof CatalogForeignKey>)[];
  readonly indexes: readonly (Part & Omit<ShapeIndex, keyof CatalogIndex>)[];
  readonly sequences: readonly ShapeSequence[];
  readonly statisticsReaders: readonly string[];
}

/** Something of a table's, by its own name. */
interface Part {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}

/** What is needed of a connection: one statement, its values, its rows. */
interface Connection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Reads the shape of every table of the product's, in three statements, whatever its size. Call it inside a transaction of
 * isolation level repeatable read, for one picture of all.
 *
 * @throws RingfenceError `database_unsupported` on a server older than PostgreSQL 15.
 */
export async function readShape(client: Connection): Promise<ShapeFacts> {
  const catalog = await introspect(client);
  const [row] = (await client.query(DETAILS_STATEMENT)).rows as readonly { readonly details: string }[];
  const answer = JSON.parse(row?.details ?? '{}') as Answer;
  const relations = new Map(answer.relations.map(({ schema, name, ...rest }) => [keyOf(schema, name), rest]));
  const columns = byPart(answer.columns);
  const foreignKeys = byPart(answer.foreignKeys);
  const indexes = byPart(answer.indexes);
  const tables = catalog.tables.flatMap((table) => {
    const details = relations.get(keyOf(table.schema, table.name));
    const part = <T>(parts: ReadonlyMap<string, T>, name: string): T | undefined =>
      parts.get(keyOf(table.schema, table.name, name));
    // Read a moment later by a caller without a snapshot of its own: what is no longer there is left out.
    if (details === undefined) return [];
    return [
      {
        ...table,
        ...details,
        columns: table.columns.flatMap((column) => joined(column, part(columns, column.name))),
        foreignKeys: table.foreignKeys.flatMap((key) => joined(key, part(foreignKeys, key.name))),
        indexes: table.indexes.flatMap((index) => joined(index, part(indexes, index.name))),
      },
    ];
  });
  return {
    catalog,
    tables,
    sequences: answer.sequences,
    statisticsReaders: answer.statisticsReaders,
  };
}

function joined<A extends object, B extends object>(whole: A, rest: B | undefined): readonly (A & B)[] {
  return rest === undefined ? [] : [{ ...whole, ...rest }];
}

function byPart<T extends Part>(parts: readonly T[]): ReadonlyMap<string, Omit<T, keyof Part>> {
  return new Map(
    parts.map(({ schema, table, name, ...rest }) => [
      keyOf(schema, table, name),
      rest as Omit<T, keyof Part>,
    ]),
  );
}

function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names);
}
