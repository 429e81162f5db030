/** Whose rows a table's are: where nobody can say, where the policy says what the columns deny, what is for all and still not safe. */
import { quoteIdent } from '../../../../compile/quote.js';
import { conceptOf, sameConcept } from '../../../../policy/guess/concepts.js';
import { looksLikeKey, snake } from '../../../../policy/guess/words.js';
import type { Rule } from '../../rule.js';
import { tenancyOf } from '../../tenancy.js';
import { label, named, sqlName, tablesOf } from './tables.js';

const WRITES = new Set(['insert', 'update', 'delete']);

const unknown: Rule = {
  id: 'tenancy.unknown',
  title: 'tables that nobody can place',
  why: 'What is not known to be somebody’s cannot be checked: give the table a tenant column, a foreign key to its owner, or a line in the policy.',
  severities: [],
  *find() {
    // Not knowing is no fault of the table's: it is said below, never passed over.
  },
  *unseen(world) {
    if (world.tenancy.column === null && world.tenancy.source === 'guess') {
      yield {
        object: null,
        why: `${world.tenancy.why}: no table was checked for whose its rows are. Name the column with --tenant table.column, or give a policy with --policy`,
      };
      return;
    }
    for (const table of world.shape.tables) {
      const tenancy = tenancyOf(world.tenancy, table);
      if (table.kind === 'view' || tenancy.kind !== 'unknown') continue;
      yield {
        object: `${table.kind === 'materialized_view' ? 'materialized view' : table.kind === 'foreign' ? 'foreign table' : 'table'} ${label(table)}`,
        why: `nobody can say whose its rows are: ${tenancy.why}`,
      };
    }
  },
};

const sharedWithTenant: Rule = {
  id: 'shared.has_tenant',
  title: 'tables that the policy shares and that have a tenant column',
  why: 'What is shared is shown to every tenant, all of it. A tenant column says that its rows are somebody’s.',
  severities: ['high'],
  *find(world) {
    const tenant = world.tenancy.column;
    if (world.tenancy.source !== 'policy' || tenant === null) return;
    for (const { table, tenancy } of tablesOf(world, 'shared')) {
      if (!tenancy.sure || table.isPartition) continue;
      const column = table.columns.find(
        ({ name }) =>
          name === tenant || (sameConcept(conceptOf(name), conceptOf(tenant)) && looksLikeKey(name)),
      );
      if (column === undefined) continue;
      yield {
        severity: 'high',
        object: `table ${label(table)}`,
        what: `${label(table)} is shared by all tenants, and its ${column.name} says whose a row is.`,
        mend: [],
        advice: `In the policy: tenant: { column: ${column.name} } in place of shared; or drop the column if it means something else.`,
      };
    }
  },
};

const sharedPoints: Rule = {
  id: 'shared.points_at_tenants',
  title: 'shared tables that point at rows of tenants',
  why: 'Every tenant sees the row, and with it the key of another tenant’s.',
  severities: ['medium'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'shared')) {
      if (!tenancy.sure || table.isPartition || world.tenancy.source !== 'policy') continue;
      for (const key of table.foreignKeys) {
        const parent = { schema: key.refSchema, name: key.refTable };
        const other = tenancyOf(world.tenancy, parent);
        if (other.kind !== 'column' && other.kind !== 'via' && other.kind !== 'root') continue;
        yield {
          severity: 'medium',
          object: `constraint ${named([key.name])} on ${label(table)}`,
          what: `${label(table)} is shared by all tenants, and its ${named(key.columns)} points at rows of ${label(parent)}, which are somebody’s.`,
          mend: [],
          advice:
            'Give the table the tenancy of what it points at, or move the key into a table of the tenants’.',
        };
      }
    }
  },
};

const sharedWritable: Rule = {
  id: 'shared.writable',
  title: 'reference data that tenants may change',
  why: 'Everybody reads it, so whoever may change it changes what all tenants see, and two tenants can pass each other messages by it.',
  severities: ['medium'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'shared')) {
      if (table.rowSecurity || table.isPartition) continue;
      const all = table.grants.filter(
        ({ grantee, privilege }) =>
          WRITES.has(privilege) && grantee !== table.owner && !grantee.startsWith('ringfence_'),
      );
      // A guess that a table is everybody's is not enough to grudge a login its writes.
      for (const grantee of new Set(all.map((grant) => grant.grantee))) {
        if (grantee === 'public' || !(tenancy.sure && world.tenancy.source === 'policy')) continue;
        const rights = [
          ...new Set(all.filter((grant) => grant.grantee === grantee).map(({ privilege }) => privilege)),
        ].sort();
        yield {
          severity: 'medium',
          object: `table ${label(table)}`,
          what: `${grantee} may ${rights.join(', ')} in ${label(table)}, which all tenants read.`,
          mend: [`revoke ${rights.join(', ')} on ${sqlName(table)} from ${quoteIdent(grantee)}`],
        };
      }
    }
  },
};

const polymorphic: Rule = {
  id: 'foreign_key.polymorphic',
  title: 'keys whose table stands in another column',
  why: 'No foreign key can hold such a pair to an existing row, let alone to one of the same tenant: whoever writes it can name any row of any tenant.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column', 'via')) {
      if (table.isPartition) continue;
      const keys = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
      for (const { name, category } of table.columns) {
        const stem = /^(.+)_type$/.exec(snake(name))?.[1];
        if (stem === undefined || (category !== 'S' && category !== 'E')) continue;
        const id = table.columns.find((one) => snake(one.name) === `${stem}_id`);
        const own =
          tenancy.kind === 'column' ? [tenancy.column] : tenancy.kind === 'via' ? tenancy.columns : [];
        if (
          id === undefined ||
          keys.has(id.name) ||
          own.includes(id.name) ||
          table.primaryKey.includes(id.name)
        )
          continue;
        yield {
          severity: 'low',
          object: `column ${label(table, id.name)}`,
          what: `${id.name} of ${label(table)} names a row of whichever table ${name} says, and no foreign key holds it inside the tenant.`,
          mend: [],
          advice: `One column and foreign key per table that it can lead to, each carrying the tenant, and a check that exactly one is set.`,
        };
      }
    }
  },
};

export const PLACEMENT_RULES: readonly Rule[] = [
  unknown,
  sharedWithTenant,
  sharedPoints,
  sharedWritable,
  polymorphic,
];
