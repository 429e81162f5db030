/** A small shop with several tenants, and the slice of it that the guard is tested with. */
import type { GuardSlice, GuardTable } from '../../../src/guard/slice.js';

export const TENANTS = ['red', 'green', 'blue'] as const;

/** One row per line: a tenant and the row. The same keys and values come up in more than one tenant, so a mix-up shows. */
const CUSTOMERS = [
  "('red', 1, 'Ada', 'de', 4, true, '2024-01-05', '{vip,old}', '{\"plan\": \"pro\", \"seats\": 3}', 'happy')",
  "('red', 2, 'Bob', 'fr', 2, false, '2024-02-11', '{}', '{\"plan\": \"free\"}', 'sad')",
  "('red', 3, 'Cyd', 'de', null, true, '2024-03-01', null, null, 'happy')",
  "('red', 4, 'O''Hara', 'it', 5, true, '2024-03-01', '{vip}', '{\"plan\": \"pro\"}', null)",
  "('green', 5, 'Ada', 'de', 1, true, '2024-01-05', '{vip}', '{\"plan\": \"pro\", \"seats\": 9}', 'happy')",
  "('green', 6, 'Dan', 'es', 3, false, '2023-12-24', '{old}', '{}', 'sad')",
  "('blue', 7, 'Eve', 'de', 5, true, '2024-02-11', null, '{\"plan\": \"free\"}', 'happy')",
  "('blue', 8, 'Bob', 'fr', 5, true, '2022-07-07', '{vip,new}', null, 'sad')",
];

const INVOICES = [
  "('red', 1, 1, 100.50, 'paid', '2024-01-10 10:00+00', '5 days', null)",
  "('red', 2, 1, 20.00, 'open', '2024-02-10 11:30+00', '30 days', 1)",
  "('red', 3, 2, 75.25, 'paid', '2024-02-14 09:15+00', '1 mon', null)",
  "('red', 4, null, 5.00, 'void', '2024-03-03 00:00+00', null, 2)",
  "('red', 5, 3, 0.00, 'paid', '2024-03-04 23:59+00', '14 days', 2)",
  "('green', 6, 5, 999.99, 'paid', '2024-01-10 10:00+00', '5 days', null)",
  "('green', 7, 6, 100.50, 'open', '2023-12-31 18:00+00', '7 days', 6)",
  "('green', 8, 1, 1.00, 'paid', '2024-02-02 08:00+00', null, 1)",
  "('blue', 9, 7, 250.00, 'open', '2024-03-03 00:00+00', '14 days', null)",
  "('blue', 10, 8, 75.25, 'paid', '2022-08-01 12:00+00', '30 days', 9)",
  "('blue', 11, 3, 640.00, 'paid', '2024-01-01 01:01+00', null, 3)",
];

const ofTenants = (rows: readonly string[], tenants: readonly string[]): string =>
  rows.filter((row) => tenants.some((tenant) => row.startsWith(`('${tenant}'`))).join(', ');

/**
 * The shop with the rows of these tenants alone. Schema `base` has the tables, schema `slice` what stands for them in `GuardTable.scoped`
 * (every tenant's rows, no row-level security), and schema `agent` what an agent would see of a database with a single tenant.
 */
export function shopSql(tenants: readonly string[]): string {
  return `
create schema base; create schema slice; create schema agent;
create type base.mood as enum ('sad', 'happy');
create function base.shout(text) returns text language sql immutable return upper($1) || '!';
create table base.customer (tenant text not null, id int primary key, name text not null, country varchar(2) not null, rating smallint,
  active bool not null, since date not null, tags text[], settings jsonb, mood base.mood);
create table base.invoice (tenant text not null, id bigint primary key, customer_id int, total numeric(10, 2) not null, status text not null,
  issued timestamptz not null, due interval, parent bigint);
insert into base.customer values ${ofTenants(CUSTOMERS, tenants)};
insert into base.invoice values ${ofTenants(INVOICES, tenants)};
create view slice.customer as select * from base.customer;
create view slice.invoice as select * from base.invoice;
create view agent.customer as select ${CUSTOMER_COLUMNS.join(', ')} from base.customer;
create view agent.invoice as select ${INVOICE_COLUMNS.join(', ')} from base.invoice;
`;
}

/** What a role may do that an executor without a seal runs statements as. */
export const SHOP_GRANTS = `grant usage on schema base, slice, agent to $login;
grant select on all tables in schema base, slice, agent to $login; grant execute on all functions in schema base to $login;`;

const CUSTOMER_COLUMNS = [
  'id',
  'name',
  'country',
  'rating',
  'active',
  'since',
  'tags',
  'settings',
  'mood',
] as const;
const INVOICE_COLUMNS = ['id', 'customer_id', 'total', 'status', 'issued', 'due', 'parent'] as const;

function shopTable(name: string, columns: readonly string[]): GuardTable {
  return {
    name,
    schema: 'base',
    table: name,
    columns,
    scopeColumns: ['tenant'],
    scoped: `select ${columns.map((column) => `t."${column}"`).join(', ')} from "slice"."${name}" t where t."tenant" = $1::pg_catalog.text`,
  };
}

/** As a server of that version would have it. A new one each time: the guard remembers statements by slice. */
export function shopSlice(serverMajor = 18, limits: Partial<GuardSlice['limits']> = {}): GuardSlice {
  return {
    tables: new Map([
      ['customer', shopTable('customer', CUSTOMER_COLUMNS)],
      ['invoice', shopTable('invoice', INVOICE_COLUMNS)],
    ]),
    types: [{ schema: 'base', name: 'mood' }],
    functions: [{ schema: 'base', name: 'shout' }],
    limits: { rows: 1_000, joinDepth: 8, ...limits },
    serverMajor,
    rule: 'roles.support',
  };
}
