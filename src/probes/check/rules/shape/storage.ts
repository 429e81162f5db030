/** What tables are kept as, and what leaves them beside queries. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeTable } from '../../../../database/inspect/shape.js';
import type { Rule } from '../../rule.js';
import { counted, label, named, sqlName, tablesOf } from './tables.js';

const noPrimaryKey: Rule = {
  id: 'primary_key.missing',
  title: 'tables of tenants without a primary key',
  why: 'Nothing tells one row from another: a change cannot be recorded, undone or replicated row by row, and a duplicate of a tenant’s row goes unnoticed.',
  severities: ['low'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via')) {
      if (table.primaryKey.length > 0 || table.isPartition) continue;
      // A key over columns that are never null is one in all but name.
      const keyed = table.uniqueKeys.some(({ columns }) =>
        columns.every((name) => table.columns.some((one) => one.name === name && one.notNull)),
      );
      if (keyed) continue;
      yield {
        severity: 'low',
        object: `table ${label(table)}`,
        what: `${label(table)} has no primary key.`,
        mend: [],
        advice:
          'Add one that begins with the tenant; where no columns suit, with an identity column behind it.',
      };
    }
  },
};

const unlogged: Rule = {
  id: 'table.unlogged',
  title: 'unlogged tables of tenants',
  why: 'After a crash the table is empty, and on a standby and in a restored backup it always is: for the tenants’ own data that is a loss, and a check that reads it finds nothing to object to.',
  severities: ['low'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via', 'root'))
      if (table.unlogged)
        yield {
          severity: 'low',
          object: `table ${label(table)}`,
          what: `${label(table)} is unlogged.`,
          mend: [`alter table ${sqlName(table)} set logged`],
        };
  },
};

const fullIdentity: Rule = {
  id: 'replica_identity.full',
  title: 'published tables that send whole old rows',
  why: 'Replication knows no row security: with REPLICA IDENTITY FULL every update and delete sends each column of the old row of whichever tenant to every subscriber, also of columns that the publication’s readers never see changed.',
  severities: ['low'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via', 'root'))
      if (table.published && table.replicaIdentity === 'full')
        yield {
          severity: 'low',
          object: `table ${label(table)}`,
          what: `${label(table)} is published and has REPLICA IDENTITY FULL.`,
          ...(table.primaryKey.length > 0
            ? { mend: [`alter table ${sqlName(table)} replica identity default`] }
            : { mend: [], advice: 'Give it a primary key, then: replica identity default.' }),
        };
  },
};

const largeObject: Rule = {
  id: 'column.large_object',
  title: 'columns that name large objects',
  why: 'A large object belongs to the database, not to a row: row security does not reach it, and whoever has its number and a right on it reads it.',
  severities: ['low'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via'))
      for (const column of table.columns) {
        // A domain over oid, as the extension lo has it, resolves to oid.
        if (column.castType !== 'pg_catalog.oid' || table.isPartition) continue;
        yield {
          severity: 'low',
          object: `column ${label(table, column.name)}`,
          what: `${column.name} of ${label(table)} is an oid, as numbers of large objects are.`,
          mend: [],
          advice:
            'Keep the content in a bytea column of the row, or outside the database under a key that holds the tenant.',
        };
      }
  },
};

const statistics: Rule = {
  id: 'statistics.readable',
  title: 'roles that may read the statistics of every table',
  why: 'Statistics hold the most frequent values and a histogram of each column, of all tenants together. The views pg_stats and pg_stats_ext hold back what row security hides; the catalogs beneath them do not.',
  severities: ['high'],
  *find(world) {
    for (const reader of world.shape.statisticsReaders)
      yield {
        severity: 'high',
        object: `role ${named([reader])}`,
        what: `${reader === 'public' ? 'PUBLIC' : reader} may read values of all tenants in pg_statistic or pg_statistic_ext_data.`,
        mend: [
          `revoke select on pg_catalog.pg_statistic, pg_catalog.pg_statistic_ext_data from ${reader === 'public' ? 'public' : quoteIdent(reader)}`,
        ],
      };
  },
};

const references: Rule = {
  id: 'grant.references',
  title: 'roles that may let foreign keys lead to a table',
  why: 'Such a key is checked past row security: a role that may create a table anywhere finds out by it which keys exist, and can keep another tenant’s rows from being deleted.',
  severities: ['low'],
  *find(world) {
    const open = new Map<string, Set<ShapeTable>>();
    for (const { table } of tablesOf(world, 'column', 'via', 'root'))
      for (const { grantee, privilege } of table.grants) {
        if (privilege !== 'references' || grantee === table.owner || grantee === 'public') continue;
        if (!grantee.startsWith('ringfence_')) open.set(grantee, (open.get(grantee) ?? new Set()).add(table));
      }
    for (const [grantee, set] of [...open].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const tables = [...set];
      const [only] = tables;
      yield {
        severity: 'low',
        object:
          tables.length === 1 && only !== undefined ? `table ${label(only)}` : `role ${named([grantee])}`,
        what: `${grantee} has REFERENCES on ${counted(
          tables.map((table) => label(table)),
          'table',
        )}.`,
        mend: tables.map((table) => `revoke references on ${sqlName(table)} from ${quoteIdent(grantee)}`),
      };
    }
  },
};

export const STORAGE_RULES: readonly Rule[] = [
  noPrimaryKey,
  unlogged,
  fullIdentity,
  largeObject,
  statistics,
  references,
];
