/** Tables whose rows belong to whom a parent's row belongs to: that the link always leads there, and fast. */
import { quoteIdent } from '../../../../compile/quote.js';
import { lookId } from '../../rows.js';
import type { Rule } from '../../rule.js';
import {
  column,
  label,
  named,
  nullable,
  type Owned,
  sameTable,
  serves,
  sqlName,
  sqlNames,
  tableNamed,
  tablesOf,
} from './tables.js';

type Via = Owned<'via'>;

/** Each link once: a partition has its parent's. */
function links(world: Parameters<Rule['find']>[0]): readonly Via[] {
  return tablesOf(world, 'via').filter(({ table }) => !table.isPartition);
}

const nullableLink: Rule = {
  id: 'via.nullable',
  title: 'links to the owning row that may be null',
  why: 'A row without a parent belongs to nobody: hidden from everybody by a rule that asks for the parent, shown to everybody by one that forgets to.',
  severities: ['medium', 'low'],
  *find(world) {
    for (const { table, tenancy } of links(world)) {
      for (const name of tenancy.columns) {
        const own = column(table, name);
        if (own === undefined || !nullable(table, own)) continue;
        const rows = world.rows.found.has(lookId('null', table, name));
        const statement = `alter table ${sqlName(table)} alter column ${quoteIdent(name)} set not null`;
        yield {
          severity: tenancy.sure && rows ? 'medium' : 'low',
          object: `column ${label(table, name)}`,
          what: `${name} of ${label(table)} says whose a row is, by ${label(tenancy.parent)}, and ${rows ? 'is null in some rows' : 'may be null'}.`,
          ...(rows
            ? {
                mend: [],
                advice: `Give each of those rows its parent or a tenant column of its own, then: ${statement}`,
              }
            : { mend: [statement] }),
        };
      }
    }
  },
};

const unindexedLink: Rule = {
  id: 'via.unindexed',
  title: 'links to the owning row that no index begins with',
  why: 'Row security finds such a table’s rows by its parent’s. Without an index on the link, each query reads the rows of all tenants.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of links(world)) {
      if (table.indexes.some((index) => serves(index, tenancy.columns))) continue;
      yield {
        severity: 'low',
        object: `table ${label(table)}`,
        what: `No index of ${label(table)} begins with ${named(tenancy.columns)}, by which its rows belong to ${label(tenancy.parent)}.`,
        mend: [`create index on ${sqlName(table)} (${sqlNames(tenancy.columns)})`],
      };
    }
  },
};

const undeclaredLink: Rule = {
  id: 'via.no_foreign_key',
  title: 'links to the owning row that no foreign key holds',
  why: 'A row can point at a parent that does not exist: nobody’s now, and whoever’s row gets that key next later.',
  severities: ['medium'],
  *find(world) {
    for (const { table, tenancy } of links(world)) {
      const declared = table.foreignKeys.some(
        (key) =>
          sameTable({ schema: key.refSchema, name: key.refTable }, tenancy.parent) &&
          tenancy.columns.every(
            (name, at) => key.refColumns[key.columns.indexOf(name)] === tenancy.parentColumns[at],
          ),
      );
      if (declared) continue;
      yield {
        severity: 'medium',
        object: `table ${label(table)}`,
        what: `${label(table)} has no foreign key from ${named(tenancy.columns)} to ${label(tenancy.parent)}, by which its rows belong to a tenant.`,
        mend: [
          `alter table ${sqlName(table)} add foreign key (${sqlNames(tenancy.columns)}) references ${sqlName(tenancy.parent)} (${sqlNames(tenancy.parentColumns)})`,
        ],
      };
    }
  },
};

const ambiguousParent: Rule = {
  id: 'via.ambiguous_parent',
  title: 'links that can lead to several parents at once',
  why: 'Where the parent’s columns are not unique, one row belongs to several tenants, and each of them sees it.',
  severities: ['high'],
  *find(world) {
    for (const { table, tenancy } of links(world)) {
      const parent = tableNamed(world.shape, tenancy.parent);
      if (parent === undefined || parent.kind === 'materialized_view') continue;
      if (
        parent.uniqueKeys.some(({ columns }) => columns.every((name) => tenancy.parentColumns.includes(name)))
      )
        continue;
      yield {
        severity: 'high',
        object: `table ${label(table)}`,
        what: `Rows of ${label(table)} belong to ${label(parent)} by its ${named(tenancy.parentColumns)}, which several of its rows may share.`,
        mend: [`alter table ${sqlName(parent)} add unique (${sqlNames(tenancy.parentColumns)})`],
      };
    }
  },
};

export const VIA_RULES: readonly Rule[] = [nullableLink, unindexedLink, undeclaredLink, ambiguousParent];
