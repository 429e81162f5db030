/** What the tenant column is made of: the tenants’ own type, an equality that tells them apart, a foreign key to them. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeColumn, ShapeTable } from '../../../../database/inspect/shape.js';
import { holdSameKeys } from '../../../../policy/guess/guess.js';
import { lookId } from '../../rows.js';
import type { Rule, World } from '../../rule.js';
import { tenancyOf } from '../../tenancy.js';
import { alter, held, object } from './held.js';
import { column, label, type Owned, sqlName, tableNamed, tablesOf } from './tables.js';

const typeDiffers: Rule = {
  id: 'tenant_column.type',
  title: 'tenant columns of another type than the tenants’ key',
  why: 'No foreign key can hold the two together, a comparison needs a cast that no index serves, and texts differ where the values are the same (upper and lower case, leading zeros), so a rule can miss rows or match too many.',
  severities: ['medium', 'low'],
  *find(world) {
    const expected = expectedType(world);
    if (expected === undefined) return;
    for (const one of held(world)) {
      const { table, column: own } = one;
      if (own.castType === expected.castType) continue;
      const kin = holdSameKeys(own, expected);
      // Strings of any length, and integers below an integer key, hold the same keys without a loss.
      if (kin && (own.category === 'S' || WIDTH[own.castType] === undefined)) continue;
      const inUse = table.columnsInUse.includes(own.name) || table.partitionKey.includes(own.name);
      const castable = kin || own.category === 'S' || expected.category === 'S';
      const statement = `${alter(table, own.name)} type ${expected.castType} using ${quoteIdent(own.name)}::${expected.castType}`;
      yield {
        severity: kin ? 'low' : 'medium',
        object: object(one),
        what: `${own.name} of ${label(table)} is ${own.type}, and the tenants are told by ${expected.type}.`,
        ...(castable && !inUse && own.expression === null
          ? { mend: [statement] }
          : {
              mend: [],
              advice: castable
                ? `Policies, views, triggers, partitions or a default name the column: drop them, then: ${statement}; then create them again.`
                : `Add a column of type ${expected.type}, fill it with the tenants’ own keys, and let it take the place of ${own.name}.`,
            }),
      };
    }
  },
};

const WIDTH: Readonly<Record<string, number>> = {
  'pg_catalog.int2': 2,
  'pg_catalog.int4': 4,
  'pg_catalog.int8': 8,
};

/** The type of the tenants' own key; where there is no such table, that of three in four tenant columns. */
function expectedType(world: World): ShapeColumn | undefined {
  const root = world.tenancy.root === null ? undefined : tableNamed(world.shape, world.tenancy.root);
  const key = root === undefined ? undefined : tenancyOf(world.tenancy, root);
  if (root !== undefined && key?.kind === 'root') return column(root, key.key);
  const all = [...held(world)].map((one) => one.column);
  return all.find(
    ({ castType }) => all.filter((other) => other.castType === castType).length >= all.length * 0.75,
  );
}

const looseEquality: Rule = {
  id: 'tenant_column.loose_equality',
  title: 'tenant columns under which different values are equal',
  why: 'Where two spellings are one value to PostgreSQL, whoever signs up as "ACME" is inside the boundary of "acme".',
  severities: ['medium'],
  *find(world) {
    const roots = tablesOf(world, 'root').flatMap(({ table, tenancy }: Owned<'root'>) => {
      const key = column(table, tenancy.key);
      return key === undefined ? [] : [{ table, column: key }];
    });
    for (const one of [...held(world), ...roots]) {
      const { castType } = one.column;
      const loose =
        castType.endsWith('.citext') ||
        castType === 'pg_catalog.bpchar' ||
        castType === 'pg_catalog.float4' ||
        castType === 'pg_catalog.float8' ||
        !one.column.deterministic;
      if (!loose || one.table.isPartition) continue;
      yield {
        severity: 'medium',
        object: object(one),
        what: `${one.column.name} of ${label(one.table)} is ${one.column.type}${one.column.deterministic ? '' : ' under a nondeterministic collation'}, which takes different values for one tenant.`,
        mend: [],
        advice:
          'Keep tenants by uuid, by an integer, or by text under a deterministic collation with a check that it is in lower case.',
      };
    }
  },
};

const noForeignKey: Rule = {
  id: 'tenant_column.no_foreign_key',
  title: 'tenant columns that no foreign key holds to the tenants',
  why: 'A row can name a tenant that does not exist, and its rows stay behind when a tenant is deleted.',
  severities: ['low'],
  *find(world) {
    const { root } = world.tenancy;
    const key = root === null ? undefined : tenancyOf(world.tenancy, root);
    if (root === null || key?.kind !== 'root') return;
    const all = [...held(world)];
    const without = all.filter(({ table, column: own }) => !isDeclared(world, table, own.name));
    // Where most tables go without, it is how this product is made, and told once by the tables that do not fit.
    if (without.length * 2 > all.length) return;
    const there = tableNamed(world.shape, root);
    const rootKey = there === undefined ? undefined : column(there, key.key);
    for (const one of without) {
      if (rootKey === undefined || !holdSameKeys(one.column, rootKey)) continue;
      if (world.rows.found.has(lookId('orphan', one.table, one.column.name))) continue;
      yield {
        severity: 'low',
        object: object(one),
        what: `${one.column.name} of ${label(one.table)} has no foreign key to ${label(root)}.`,
        mend: [
          `alter table ${sqlName(one.table)} add foreign key (${quoteIdent(one.column.name)}) references ${sqlName(root)} (${quoteIdent(key.key)})`,
        ],
      };
    }
  },
};

/** By a key of its own, or as a part of a key to a row of the same tenant. */
function isDeclared(world: World, table: ShapeTable, name: string): boolean {
  return table.foreignKeys.some((key) => {
    if (!key.columns.includes(name)) return false;
    const parent = tenancyOf(world.tenancy, { schema: key.refSchema, name: key.refTable });
    if (parent.kind === 'root') return true;
    return parent.kind === 'column' && key.refColumns[key.columns.indexOf(name)] === parent.column;
  });
}

export const TENANT_TYPE_RULES: readonly Rule[] = [typeDiffers, looseEquality, noForeignKey];
