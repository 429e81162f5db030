import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RingfenceError } from '../../src/errors.js';
import type { CatalogTable } from '../../src/policy/catalog.js';
import { compileGuess } from './guess-schemas/compile-guess.js';
import { type ColumnNote, catalog, column, table } from './support/catalog.js';

const TELLING = [
  'id',
  'tenant_id',
  'org_id',
  'OrganizationId',
  'email',
  'phone',
  'password_hash',
  'token',
  'token_count',
  'api_key',
  'birth_date',
  'created_at',
  'updated_at',
  'created_by',
  'user_id',
  'parent_id',
  'name',
  'body',
  'ssn',
  'kind',
  'and',
  'or',
  'on',
  '__proto__',
  'constructor',
];
const NOTES: readonly ColumnNote[] = [
  'int',
  'int?',
  'int=',
  'bigint',
  'numeric?',
  'text',
  'text?',
  'varchar?',
  'boolean',
  'date?',
  'timestamptz=',
  'timestamptz',
  'time?',
  'uuid',
  'uuid?',
  'jsonb?',
  'inet?',
  'textArray?',
];
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TELLING) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1, maxLength: 15 })
      .filter((text) => !/[\0\ud800-\udfff]/.test(text)),
  },
);
const tableName = fc.oneof(
  fc.constantFrom(
    'tenants',
    'organizations',
    'users',
    'orders',
    'Order',
    'order_items',
    'countries',
    'sessions',
    'plan_types',
    'a.b',
    '"',
  ),
  name,
);

interface Draft {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly (readonly [string, ColumnNote])[];
  readonly keyed: number;
  readonly unique: readonly number[];
  readonly links: readonly { readonly to: number; readonly from: number; readonly cascade: boolean }[];
  readonly kind: CatalogTable['kind'];
  readonly isChild: boolean;
  readonly identity: boolean;
}

const draft: fc.Arbitrary<Draft> = fc.record({
  schema: fc.constantFrom('public', 'public', 'App', 'b "c'),
  name: tableName,
  columns: fc.uniqueArray(fc.tuple(name, fc.constantFrom(...NOTES)), {
    selector: ([text]) => text,
    maxLength: 8,
  }),
  keyed: fc.nat(2),
  unique: fc.array(fc.nat(7), { maxLength: 3 }),
  links: fc.array(fc.record({ to: fc.nat(9), from: fc.nat(7), cascade: fc.boolean() }), { maxLength: 4 }),
  kind: fc.constantFrom('table', 'table', 'table', 'table', 'partitioned', 'view', 'foreign'),
  isChild: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  identity: fc.boolean(),
});

const drafts = fc.uniqueArray(draft, {
  selector: ({ schema, name: text }) => `${schema}\n${text}`,
  minLength: 1,
  maxLength: 10,
});

/** Foreign keys lead to the first column of a table's primary key, whatever the types: PostgreSQL is at least as strict. */
function build(all: readonly Draft[]): readonly CatalogTable[] {
  return all.map((own) => {
    const names = own.columns.map(([text]) => text);
    const pick = (position: number): string[] => names.slice(position, position + 1);
    const foreignKeys = own.links.flatMap(({ to, from, cascade }, index) => {
      const target = all[to % all.length];
      const [column_, ref] = [names[from], target?.keyed === 1 ? target.columns[0]?.[0] : undefined];
      if (target === undefined || column_ === undefined || ref === undefined) return [];
      return [
        {
          name: `key_${index}`,
          columns: [column_],
          refSchema: target.schema,
          refTable: target.name,
          refColumns: [ref],
          onDelete: cascade ? ('cascade' as const) : ('no action' as const),
        },
      ];
    });
    const made = table(own.name, {
      schema: own.schema,
      kind: own.kind,
      isChild: own.isChild,
      columns: own.columns.map(([text, note], index) => ({
        ...column(text, note),
        ...(index === 0 && own.identity ? { identity: 'always' as const } : {}),
      })),
      primaryKey: names.slice(0, own.keyed),
      unique: own.unique.map(pick).filter((columns) => columns.length > 0),
    });
    return { ...made, foreignKeys };
  });
}

const isRefusal = (error: unknown): boolean =>
  error instanceof RingfenceError && error.code === 'config_invalid';

/** Guesses, and compiles what was written; a schema with nothing to go by is refused in so many words. */
function compiles(tables: readonly CatalogTable[], options: Parameters<typeof compileGuess>[1]): void {
  try {
    const { policy, guess } = compileGuess(catalog(...tables), options);
    expect(policy.tables.size).toBe(guess.tables.length);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

it('writes a policy that compiles for any schema', () => {
  fc.assert(
    fc.property(drafts, fc.option(fc.tuple(fc.nat(9), fc.nat(7)), { nil: undefined }), (all, named) => {
      const tables = build(all);
      const owner = named === undefined ? undefined : tables[named[0] % tables.length];
      const tenant = named === undefined ? undefined : owner?.columns[named[1]]?.name;
      compiles(tables, {});
      compiles(tables, { single: true });
      if (owner !== undefined && tenant !== undefined)
        compiles(tables, { tenant: `${owner.schema}.${owner.name}.${tenant}` });
    }),
    { numRuns: 400 },
  );
});

it('never shares a table with a key to a tenant’s row', () => {
  fc.assert(
    fc.property(drafts, (all) => {
      const tables = build(all);
      for (const { columns, name: text, schema } of tables.slice(0, 3)) {
        const tenant = columns[0]?.name;
        if (tenant === undefined) continue;
        try {
          const { guess } = compileGuess(catalog(...tables), { tenant: `${schema}.${text}.${tenant}` });
          const id = (place: { schema: string; name: string }): string =>
            JSON.stringify([place.schema, place.name]);
          const scoped = new Set(
            guess.tables
              .filter(({ tenancy }) => tenancy.kind !== 'shared')
              .map((guessed) => id(guessed.table)),
          );
          const shared = guess.tables.filter(({ tenancy }) => tenancy.kind === 'shared');
          for (const guessed of shared)
            for (const { refSchema, refTable } of guessed.table.foreignKeys)
              expect(scoped.has(id({ schema: refSchema, name: refTable }))).toBe(false);
        } catch (error) {
          if (!isRefusal(error)) throw error;
        }
      }
    }),
    { numRuns: 200 },
  );
});
