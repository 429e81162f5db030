/** Indexes that do not do what they were made for. */
import { quoteIdent, quoteName } from '../../../../compile/quote.js';
import type { ShapeIndex, ShapeTable } from '../../../../database/inspect/shape.js';
import type { Rule } from '../../rule.js';
import { label, named, sqlName, tablesOf } from './tables.js';

function object(table: ShapeTable, index: ShapeIndex): string {
  return `index ${label({ schema: table.schema, name: index.name })}`;
}

const disabled: Rule = {
  id: 'index.disabled',
  title: 'indexes that row security switches off',
  why: 'PostgreSQL lets a condition see a row before row security has judged it only where its operator is leakproof. Numeric and enum comparison, LIKE, full text, jsonb, arrays, ranges and expressions are not: for every role that is bound such an index serves no condition, and a query of 0.1 ms takes 50.',
  severities: ['low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column', 'via')) {
      if (!table.rowSecurity || table.isPartition) continue;
      const tenant = tenancy.kind === 'column' ? tenancy.column : null;
      for (const index of table.indexes) {
        // A unique one is there for its constraint. One that begins with the tenant serves by it.
        if (index.leakproof || index.unique || index.exclusion === true || index.inherited) continue;
        if (tenant !== null && index.columns[0] === tenant) continue;
        const mend = tenant === null ? null : behindTenant(table, index, tenant);
        yield {
          severity: 'low',
          object: object(table, index),
          what: `Row security on ${label(table)} keeps ${index.name} (${index.method}, on ${index.keys.join(', ')}) from serving a condition: its operators are not leakproof.`,
          ...(mend === null ? { mend: [], advice: advice(index) } : { mend }),
        };
      }
    }
  },
};

function behindTenant(table: ShapeTable, index: ShapeIndex, tenant: string): readonly string[] | null {
  if (index.method !== 'btree' || !index.plain || index.constraint !== null) return null;
  const where = index.predicate === null ? '' : ` where ${index.predicate}`;
  return [
    `drop index ${quoteName(table.schema, index.name)}`,
    `create index ${quoteIdent(index.name)} on ${sqlName(table)} (${[quoteIdent(tenant), ...index.keys].join(', ')})${where}`,
  ];
}

function advice({ method }: ShapeIndex): string {
  return method === 'gin' || method === 'gist'
    ? `Put the tenant before its columns (the extension btree_${method} lets it be a key there), or accept it: roles that are bound read their own tenant’s rows instead. For a prefix, ^@ is leakproof and LIKE is not.`
    : 'Put the tenant before its columns, ask by a leakproof type (integer, text, uuid, date), or accept that roles that are bound read their own tenant’s rows instead.';
}

const invalid: Rule = {
  id: 'index.invalid',
  title: 'indexes that could not be built',
  why: 'An index that CREATE INDEX CONCURRENTLY left half built, or that a partition has no counterpart of, serves no query; a unique one does not hold for the rows that are there.',
  severities: ['medium', 'low'],
  *find(world) {
    for (const { table, tenancy } of tablesOf(world, 'column', 'via', 'root')) {
      for (const index of table.indexes) {
        if (index.valid || index.inherited) continue;
        const tenant = tenancy.kind === 'column' && index.columns[0] === tenancy.column;
        const whole = table.kind === 'partitioned';
        yield {
          severity: index.unique || tenant ? 'medium' : 'low',
          object: object(table, index),
          what: `The ${index.unique ? 'unique ' : ''}index ${index.name} of ${label(table)} (${named(index.columns.filter((name) => name !== null))}) is not valid.`,
          ...(whole
            ? {
                mend: [],
                advice: `Create the index on each partition that has none, and attach it: alter index ${quoteName(table.schema, index.name)} attach partition …`,
              }
            : { mend: [`reindex index ${quoteName(table.schema, index.name)}`] }),
        };
      }
    }
  },
};

export const INDEX_RULES: readonly Rule[] = [disabled, invalid];
