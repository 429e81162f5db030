/** Partitions that are not like the table they are a part of. */
import { quoteIdent } from '../../../../compile/quote.js';
import type { ShapeFacts, ShapeTable } from '../../../../database/inspect/shape.js';
import type { Rule } from '../../rule.js';
import { label, named, sqlName, tableNamed, tablesOf } from './tables.js';

const ownerDiffers: Rule = {
  id: 'partition.owner_differs',
  title: 'partitions that belong to another role than the whole',
  why: 'The owner of a partition reads and changes it directly, past the row security of the table it is a part of, and can detach it.',
  severities: ['medium'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via')) {
      const whole = parentOf(world.shape, table);
      if (whole === undefined || whole.owner === table.owner) continue;
      yield {
        severity: 'medium',
        object: `table ${label(table)}`,
        what: `${label(table)} is a part of ${label(whole)} and belongs to ${table.owner}, while the whole belongs to ${whole.owner}.`,
        mend: [`alter table ${sqlName(table)} owner to ${quoteIdent(whole.owner)}`],
      };
    }
  },
};

function parentOf(shape: ShapeFacts, { parent }: ShapeTable): ShapeTable | undefined {
  return parent === null ? undefined : tableNamed(shape, parent);
}

const catchAll: Rule = {
  id: 'partition.default_by_tenant',
  title: 'default partitions of tables that are partitioned by tenant',
  why: 'Where each tenant is to have a part of its own, the rows of those who were forgotten meet in the default one, together, unnoticed; and a new part cannot be attached while its rows are there.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column')) {
      const whole = table.isDefaultPartition ? parentOf(world.shape, table) : undefined;
      if (whole === undefined || whole.partitionKey[0] !== tenancy.column) continue;
      yield {
        severity: 'low',
        object: `table ${label(table)}`,
        what: `${label(table)} takes the rows of every tenant of ${label(whole)} that has no part of its own.`,
        mend: [],
        advice: `Give each of its tenants a part, then: drop table ${sqlName(table)}. Without it, a row of a tenant without a part is refused.`,
      };
    }
  },
};

const lacksKeys: Rule = {
  id: 'inheritance.key_missing',
  title: 'inheritance children without their parent’s keys',
  why: 'Inheritance passes columns and NOT NULL on, but no primary, unique or foreign key: rows that are inserted into the child are bound by none of what keeps the parent’s apart.',
  severities: ['medium'],
  *find(world) {
    for (const { table } of tablesOf(world, 'column', 'via')) {
      const whole = table.isPartition ? undefined : parentOf(world.shape, table);
      if (whole === undefined) continue;
      for (const key of whole.foreignKeys) {
        const has = table.foreignKeys.some(
          (own) =>
            own.refSchema === key.refSchema &&
            own.refTable === key.refTable &&
            own.columns.join('\0') === key.columns.join('\0'),
        );
        if (has) continue;
        yield {
          severity: 'medium',
          object: `table ${label(table)}`,
          what: `${label(table)} inherits from ${label(whole)} and has not its foreign key ${key.name} (${named(key.columns)}).`,
          mend: [
            `alter table ${sqlName(table)} add foreign key (${key.columns.map(quoteIdent).join(', ')}) references ${sqlName({ schema: key.refSchema, name: key.refTable })} (${key.refColumns.map(quoteIdent).join(', ')})`,
          ],
        };
      }
    }
  },
};

export const PARTITION_RULES: readonly Rule[] = [ownerDiffers, catchAll, lacksKeys];
