/** Catalogs written by hand: what introspection would have said of a database, as short as it can be said. */
import type {
  Catalog,
  CatalogColumn,
  CatalogForeignKey,
  CatalogIndex,
  CatalogTable,
  CatalogUniqueKey,
} from '../../../src/policy/catalog.js';
import type { CatalogExposure } from '../../../src/policy/exposure.js';

const TYPES = {
  int: { type: 'integer', castType: 'pg_catalog.int4', typeOid: 23, category: 'N', leakproof: true },
  bigint: { type: 'bigint', castType: 'pg_catalog.int8', typeOid: 20, category: 'N', leakproof: true },
  numeric: {
    type: 'numeric(10,2)',
    castType: 'pg_catalog.numeric',
    typeOid: 1700,
    category: 'N',
    leakproof: false,
  },
  text: { type: 'text', castType: 'pg_catalog.text', typeOid: 25, category: 'S', leakproof: true },
  varchar: {
    type: 'character varying(40)',
    castType: 'pg_catalog.varchar',
    typeOid: 1043,
    category: 'S',
    leakproof: true,
  },
  boolean: { type: 'boolean', castType: 'pg_catalog.bool', typeOid: 16, category: 'B', leakproof: true },
  date: { type: 'date', castType: 'pg_catalog.date', typeOid: 1082, category: 'D', leakproof: true },
  timestamptz: {
    type: 'timestamp with time zone',
    castType: 'pg_catalog.timestamptz',
    typeOid: 1184,
    category: 'D',
    leakproof: true,
  },
  time: {
    type: 'time without time zone',
    castType: 'pg_catalog.time',
    typeOid: 1083,
    category: 'D',
    leakproof: true,
  },
  uuid: { type: 'uuid', castType: 'pg_catalog.uuid', typeOid: 2950, category: 'U', leakproof: true },
  jsonb: { type: 'jsonb', castType: 'pg_catalog.jsonb', typeOid: 3802, category: 'U', leakproof: false },
  inet: { type: 'inet', castType: 'pg_catalog.inet', typeOid: 869, category: 'I', leakproof: false },
  textArray: { type: 'text[]', castType: 'pg_catalog._text', typeOid: 1009, category: 'A', leakproof: false },
} as const;

type TypeName = keyof typeof TYPES;

/** `name: 'int'`, `name: 'int?'` where it may be null, `name: 'int='` where it has a default. */
export type ColumnNote = TypeName | `${TypeName}?` | `${TypeName}=` | Partial<CatalogColumn>;

export function column(name: string, note: ColumnNote): CatalogColumn {
  const text = typeof note === 'string' ? note : 'text';
  const type = TYPES[text.replace(/[?=]$/, '') as TypeName];
  return {
    name,
    ...type,
    notNull: !text.endsWith('?'),
    hasDefault: text.endsWith('='),
    defaultSequence: null,
    identity: null,
    generated: false,
    comment: null,
    enumLabels: null,
    ...(typeof note === 'string' ? {} : note),
  };
}

export function enumColumn(name: string, labels: readonly string[]): CatalogColumn {
  return column(name, {
    type: 'status',
    castType: 'public.status',
    typeOid: 16_500,
    category: 'E',
    enumLabels: labels,
    leakproof: false,
  });
}

export interface TableNote
  extends Partial<Omit<CatalogTable, 'columns' | 'foreignKeys' | 'uniqueKeys' | 'indexes'>> {
  readonly columns: Readonly<Record<string, ColumnNote>> | readonly CatalogColumn[];
  /** `'customer_id -> customer.customer_id'`, `'a, b -> other.table.c, d'`; with `cascade` at the end where deleting does. */
  readonly keys?: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[] | Partial<CatalogIndex>)[];
}

export function table(name: string, note: TableNote): CatalogTable {
  const { columns, keys = [], unique = [], indexes = [], ...rest } = note;
  const primaryKey = note.primaryKey ?? [];
  const uniqueKeys: CatalogUniqueKey[] = unique.map((over) => ({
    name: `${name}_${over.join('_')}_key`,
    columns: over,
    isPrimary: false,
  }));
  if (primaryKey.length > 0)
    uniqueKeys.unshift({ name: `${name}_pkey`, columns: primaryKey, isPrimary: true });
  return {
    schema: 'public',
    name,
    kind: 'table',
    owner: 'app',
    comment: null,
    estimatedRows: -1,
    rowSecurity: false,
    forceRowSecurity: false,
    isChild: false,
    primaryKey,
    policies: [],
    grants: [],
    triggers: [],
    ...rest,
    columns: Array.isArray(columns)
      ? (columns as readonly CatalogColumn[])
      : Object.entries(columns as Readonly<Record<string, ColumnNote>>).map(([key, type]) =>
          column(key, type),
        ),
    uniqueKeys,
    foreignKeys: keys.map(foreignKey),
    indexes: [
      ...uniqueKeys.map((key) => index({ name: key.name, columns: key.columns, unique: true })),
      ...indexes.map((over) =>
        index(Array.isArray(over) ? { columns: over } : (over as Partial<CatalogIndex>)),
      ),
    ],
  };
}

function index(note: Partial<CatalogIndex>): CatalogIndex {
  const columns = note.columns ?? [];
  return {
    name: `${columns.join('_')}_idx`,
    columns,
    method: 'btree',
    unique: false,
    partial: false,
    definition: `create index on t (${columns.join(', ')})`,
    leakproof: true,
    ...note,
  };
}

function foreignKey(text: string): CatalogForeignKey {
  const [own = '', other = ''] = text.replace(/ cascade$/, '').split(' -> ');
  const parts = other.split('.');
  const refColumns = (parts.at(-1) ?? '').split(', ');
  return {
    name: `${own}_fkey`,
    columns: own.split(', '),
    refSchema: parts.length === 3 ? (parts[0] ?? '') : 'public',
    refTable: parts.at(-2) ?? '',
    refColumns,
    onDelete: text.endsWith(' cascade') ? 'cascade' : 'no action',
  };
}

export function catalog(...tables: readonly CatalogTable[]): Catalog {
  return {
    serverVersion: 180_000,
    database: 'shop',
    currentUser: 'app',
    currentUserIsSuperuser: false,
    tables,
    functions: [],
    roles: [],
    exposure: nothingExposed,
  };
}

/** A database that leaves nothing open beside what PostgreSQL does by default. */
export const nothingExposed: CatalogExposure = {
  schemas: ['information_schema', 'pg_catalog', 'public'].map((name) => ({
    name,
    usage: ['public'],
    create: [],
  })),
  functions: [],
  extensions: [],
  relations: [],
  memberships: [],
  unbound: [],
  boundaries: [],
  defaultPrivileges: [],
  parameters: [],
  database: { name: 'shop', create: [] },
  largeObjects: { grantees: [], unchecked: false },
};

/** The part of Chinook that has tenants, as its own script makes it. */
export const chinook = catalog(
  table('employee', {
    columns: {
      employee_id: 'int',
      last_name: 'varchar',
      first_name: 'varchar',
      title: 'varchar?',
      reports_to: 'int?',
      birth_date: 'timestamptz?',
      email: 'varchar?',
    },
    primaryKey: ['employee_id'],
    keys: ['reports_to -> employee.employee_id'],
    indexes: [['reports_to']],
  }),
  table('customer', {
    columns: {
      customer_id: 'int',
      first_name: 'varchar',
      last_name: 'varchar',
      company: 'varchar?',
      country: 'varchar?',
      phone: 'varchar?',
      fax: 'varchar?',
      email: 'varchar',
      support_rep_id: 'int?',
    },
    primaryKey: ['customer_id'],
    keys: ['support_rep_id -> employee.employee_id'],
    indexes: [['support_rep_id']],
  }),
  table('invoice', {
    columns: {
      invoice_id: 'int',
      customer_id: 'int',
      invoice_date: 'timestamptz',
      billing_city: 'varchar?',
      total: 'numeric',
    },
    primaryKey: ['invoice_id'],
    keys: ['customer_id -> customer.customer_id'],
    indexes: [['customer_id'], { columns: ['total'], leakproof: false }],
  }),
  table('invoice_line', {
    columns: {
      invoice_line_id: 'int',
      invoice_id: 'int',
      track_id: 'int',
      unit_price: 'numeric',
      quantity: 'int',
    },
    primaryKey: ['invoice_line_id'],
    keys: ['invoice_id -> invoice.invoice_id', 'track_id -> track.track_id'],
    indexes: [['invoice_id'], ['track_id']],
  }),
  table('track', {
    columns: { track_id: 'int', name: 'varchar', genre_id: 'int?', composer: 'varchar?' },
    primaryKey: ['track_id'],
    keys: ['genre_id -> genre.genre_id'],
    indexes: [['genre_id']],
  }),
  table('genre', { columns: { genre_id: 'int', name: 'varchar?' }, primaryKey: ['genre_id'] }),
);
