/** Foreign keys: PostgreSQL checks them as the table's owner, past row security, in both directions. */
import { lookId } from '../../rows.js';
import type { Rule, World } from '../../rule.js';
import { tenancyOf } from '../../tenancy.js';
import { type Crossing, crossings } from './crossing.js';
import { foreignKeyThatSets, foreignKeyWithTenant } from './mends.js';
import { column, label, named, nullable, serves, sqlName, sqlNames, tablesOf } from './tables.js';

const ACTS = new Set(['cascade', 'set null', 'set default']);

function object({ child, key }: Pick<Crossing, 'child' | 'key'>): string {
  return `constraint ${named([key.name])} on ${label(child)}`;
}

function crossed(world: World, { child, key }: Crossing): boolean {
  return world.rows.found.has(lookId('crossing', child, key.name));
}

function* reachable(world: World): Generator<Crossing> {
  const open = new Set(tablesOf(world, 'column', 'via').map(({ table }) => table));
  for (const one of crossings(world.shape, world.tenancy)) if (open.has(one.child)) yield one;
}

const crosses: Rule = {
  id: 'foreign_key.crosses',
  title: 'foreign keys that can cross tenants',
  why: 'The check runs as the owner and sees every row: a tenant can point a row of its own at another tenant’s, learns by trying which identifiers exist there, and what is then joined, counted or deleted along the key is no longer its own.',
  severities: ['high', 'medium'],
  *find(world) {
    for (const one of reachable(world)) {
      if (crossed(world, one)) continue;
      const { child, parent, key, childTenant, parentTenant } = one;
      const acts = ACTS.has(key.onDelete);
      const mend =
        childTenant !== null && parentTenant !== null && sameType(one) && !key.columns.includes(childTenant)
          ? foreignKeyWithTenant(child, parent, key, { child: childTenant, parent: parentTenant })
          : null;
      yield {
        severity: acts ? 'high' : 'medium',
        object: object(one),
        what: `${named(key.columns)} of ${label(child)} can lead to another tenant’s row of ${label(parent)}${
          acts ? `, and a delete there reaches this tenant’s rows (on delete ${key.onDelete})` : ''
        }: the foreign key does not carry the tenant.`,
        ...(mend === null ? { mend: [], advice: advice(one) } : { mend }),
      };
    }
  },
};

function advice({ child, parent, childTenant, parentTenant, key }: Crossing): string {
  const lacking = [...(childTenant === null ? [child] : []), ...(parentTenant === null ? [parent] : [])];
  return lacking.length === 0
    ? `Give both tenant columns one type, and let the key (${named(key.columns)}) carry the tenant.`
    : `Give ${lacking.map((table) => label(table)).join(' and ')} a tenant column, and let the foreign key carry it: foreign key (tenant, ${named(key.columns)}) references ${label(parent)} (tenant, ${named(key.refColumns)}).`;
}

function sameType({ child, parent, childTenant, parentTenant }: Crossing): boolean {
  const own = column(child, childTenant ?? '');
  return own !== undefined && own.castType === column(parent, parentTenant ?? '')?.castType;
}

const rowsCross: Rule = {
  id: 'foreign_key.rows_cross',
  title: 'rows that point at another tenant’s row',
  why: 'It has happened: a join along this key shows one tenant what is another’s, or fails in one of the two.',
  severities: ['high'],
  *find(world) {
    for (const one of reachable(world)) {
      if (!crossed(world, one)) continue;
      const { child, parent, key, childTenant, parentTenant } = one;
      const statements =
        childTenant !== null && parentTenant !== null
          ? foreignKeyWithTenant(child, parent, key, { child: childTenant, parent: parentTenant })
          : [];
      yield {
        severity: 'high',
        object: object(one),
        what: `Rows of ${label(child)} point by ${named(key.columns)} at rows of ${label(parent)} that belong to another tenant.`,
        mend: [],
        advice: `Find out whose those rows are and mend them, then let the key carry the tenant: ${statements.join('; ')}`,
      };
    }
  },
  *unseen(world) {
    for (const one of reachable(world)) {
      const why = world.rows.missed.get(lookId('crossing', one.child, one.key.name));
      if (why !== undefined)
        yield { object: object(one), why: `whether rows already cross tenants by it is not known: ${why}` };
    }
  },
};

const unsetsTenant: Rule = {
  id: 'foreign_key.unsets_tenant',
  title: 'foreign keys that take the tenant off a row',
  why: 'When the row that it leads to is deleted, the row stays and belongs to nobody, or to whoever the default names.',
  severities: ['medium'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column')) {
      const own = column(table, tenancy.column);
      for (const key of table.foreignKeys) {
        const sets = key.sets.length === 0 ? key.columns : key.sets;
        if (key.inherited || own === undefined || !sets.includes(own.name)) continue;
        if (key.onDelete !== 'set null' && key.onDelete !== 'set default') continue;
        const rest = sets.filter((name) => name !== own.name);
        const settable =
          rest.length > 0 && rest.every((name) => key.onDelete !== 'set null' || isNullable(table, name));
        yield {
          severity: 'medium',
          object: object({ child: table, key }),
          what: `On delete ${key.onDelete}, ${key.name} of ${label(table)} takes ${own.name} off the row, which says whose it is${
            key.onDelete === 'set null' && !nullable(table, own) ? ', and so makes the delete fail' : ''
          }.`,
          mend: [
            ...foreignKeyThatSets(table, key, settable ? rest : null),
            ...(nullable(table, own) && !world.rows.found.has(lookId('null', table, own.name))
              ? [`alter table ${sqlName(table)} alter column ${sqlNames([own.name])} set not null`]
              : []),
          ],
        };
      }
    }
  },
};

function isNullable(table: Crossing['child'], name: string): boolean {
  const own = column(table, name);
  return own !== undefined && nullable(table, own);
}

const notValidated: Rule = {
  id: 'foreign_key.not_validated',
  title: 'foreign keys that were never checked against the rows',
  why: 'A key that was added NOT VALID holds for new rows alone: what was there before may point anywhere, at another tenant’s rows too.',
  severities: ['medium'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via')) {
      for (const key of table.foreignKeys) {
        const parent = tenancyOf(world.tenancy, { schema: key.refSchema, name: key.refTable });
        if (key.validated || key.inherited || parent.kind === 'shared' || parent.kind === 'unknown') continue;
        yield {
          severity: 'medium',
          object: object({ child: table, key }),
          what: `The foreign key ${key.name} of ${label(table)} is NOT VALID.`,
          mend: [`alter table ${sqlName(table)} validate constraint ${sqlNames([key.name])}`],
        };
      }
    }
  },
};

const unindexed: Rule = {
  id: 'foreign_key.unindexed',
  title: 'foreign keys that no index serves',
  why: 'Deleting a row of the parent then reads every row of this table, those of all tenants, with a lock held: one tenant’s delete is felt by all.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column', 'via')) {
      if (table.isPartition) continue;
      for (const key of table.foreignKeys) {
        const parent = tenancyOf(world.tenancy, { schema: key.refSchema, name: key.refTable });
        if (parent.kind !== 'column' && parent.kind !== 'via') continue;
        // The link by which a table belongs to a tenant has a rule of its own.
        if (tenancy.kind === 'via' && tenancy.columns.some((name) => key.columns.includes(name))) continue;
        if (table.indexes.some((index) => serves(index, key.columns))) continue;
        const columns =
          tenancy.kind === 'column' ? key.columns.filter((name) => name !== tenancy.column) : key.columns;
        yield {
          severity: 'low',
          object: object({ child: table, key }),
          what: `No index of ${label(table)} begins with a column of its foreign key ${key.name} (${named(key.columns)}).`,
          mend: [
            `create index on ${sqlName(table)} (${sqlNames(columns.length === 0 ? key.columns : columns)})`,
          ],
        };
      }
    }
  },
};

export const FOREIGN_KEY_RULES: readonly Rule[] = [crosses, rowsCross, unsetsTenant, notValidated, unindexed];
