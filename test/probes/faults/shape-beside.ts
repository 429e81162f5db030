/** What can be wrong beside keys: links to a parent, sequences, partitions, indexes, how a table is kept. */
import type { Fault } from '../support/fault.js';
import { own, SOUND } from './shape-tenant-column.js';

const LINE = (columns: string): string => `create unique index on shop.invoice (id);
create table shop.line (${columns});
alter table shop.line owner to check_owner; alter table shop.line enable row level security; alter table shop.line force row level security;
create policy tenant on shop.line to check_app using (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())))
  with check (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())));
grant select, insert, update, delete on shop.line to check_app`;

export const VIA_FAULTS: readonly Fault[] = [
  {
    name: 'a link to the owning row that may be null',
    break: `${LINE('id uuid primary key default gen_random_uuid(), invoice_id uuid references shop.invoice (id), body text')};
      create index on shop.line (invoice_id)`,
    expect: { rule: 'via.nullable', object: 'column shop.line.invoice_id', severity: 'low' },
  },
  {
    name: 'rows that lead to no owning row',
    break: `${LINE('id uuid primary key default gen_random_uuid(), invoice_id uuid references shop.invoice (id), body text')}; create index on shop.line (invoice_id);
      insert into shop.line (body) values ('whose?')`,
    expect: { rule: 'via.nullable', object: 'column shop.line.invoice_id' },
    mend: 'delete from shop.line; alter table shop.line alter column invoice_id set not null',
  },
  {
    name: 'a link to the owning row without an index',
    break: LINE(
      'id uuid primary key default gen_random_uuid(), invoice_id uuid not null references shop.invoice (id), body text',
    ),
    expect: { rule: 'via.unindexed', object: 'table shop.line', severity: 'low' },
  },
  {
    name: 'a link to the owning row that no foreign key holds',
    break: LINE(
      'id uuid not null default gen_random_uuid(), invoice_id uuid not null, body text, primary key (invoice_id, id)',
    ),
    expect: { rule: 'via.no_foreign_key', object: 'table shop.line', severity: 'medium' },
  },
];

export const AMBIGUOUS_FAULTS: readonly Fault[] = [
  {
    name: 'a link that can lead to owning rows of several tenants',
    break: `create table shop.line (id uuid primary key default gen_random_uuid(), invoice_note text not null, body text);
      create index on shop.line (invoice_note);
      alter table shop.line owner to check_owner; alter table shop.line enable row level security; alter table shop.line force row level security;
      create policy tenant on shop.line to check_app using (invoice_note in (select i.note from shop.invoice i where i.tenant_id = (select shop.current_tenant())))
        with check (invoice_note in (select i.note from shop.invoice i where i.tenant_id = (select shop.current_tenant())));
      grant select, insert, update, delete on shop.line to check_app`,
    expect: { rule: 'via.ambiguous_parent', object: 'table shop.line', severity: 'high' },
    also: ['via.no_foreign_key table shop.line'],
    mend: 'drop table shop.line',
  },
];

export const SEQUENCE_FAULTS: readonly Fault[] = [
  {
    name: 'a sequence that everybody may use',
    break: `${SOUND('event', 'no bigint generated always as identity')} grant usage on sequence shop.event_no_seq to public`,
    expect: { rule: 'sequence.granted', object: 'sequence shop.event_no_seq', severity: 'medium' },
    also: ['sequence.shared_numbers column shop.event.no'],
    mend: 'drop table shop.event',
  },
  {
    name: 'a sequence whose value the login may read',
    break: `create sequence shop.pulse; alter sequence shop.pulse owner to check_owner; grant usage, select on sequence shop.pulse to check_app`,
    expect: { rule: 'sequence.granted', object: 'sequence shop.pulse', severity: 'low' },
  },
  {
    name: 'a sequence that the login may draw from and that numbers no table',
    break:
      'create sequence shop.pulse; alter sequence shop.pulse owner to check_owner; grant usage on sequence shop.pulse to check_app',
    expect: { rule: 'sequence.granted', object: 'sequence shop.pulse', severity: 'low' },
  },
  {
    name: 'sequences that the login may set',
    break: `create sequence shop.pulse; create sequence shop."Beat"; alter sequence shop.pulse owner to check_owner; alter sequence shop."Beat" owner to check_owner;
      grant all on all sequences in schema shop to check_app`,
    expect: { rule: 'sequence.granted', object: 'role check_app', severity: 'medium' },
  },
  {
    name: 'invoice numbers that all tenants draw from one sequence',
    break: `create sequence shop.invoice_no; alter sequence shop.invoice_no owner to check_owner; grant usage on sequence shop.invoice_no to check_app;
      alter table shop.invoice add column invoice_number bigint default nextval('shop.invoice_no')`,
    expect: {
      rule: 'sequence.shared_numbers',
      object: 'column shop.invoice.invoice_number',
      severity: 'low',
    },
    mend: 'alter table shop.invoice alter column invoice_number drop default; drop sequence shop.invoice_no',
  },
];

const READING = `create table shop.reading (tenant_id uuid not null references shop.tenant, at date not null, id uuid not null, primary key (tenant_id, at, id)) partition by range (at);
  create table shop.reading_1 partition of shop.reading for values from ('2025-01-01') to ('2026-01-01'); ${own('reading')}`;

export const PARTITION_FAULTS: readonly Fault[] = [
  {
    name: 'a partition of another owner',
    break: `${READING} alter table shop.reading_1 owner to check_staff`,
    expect: { rule: 'partition.owner_differs', object: 'table shop.reading_1', severity: 'medium' },
  },
  {
    name: 'a default partition of a table that is partitioned by tenant',
    break: `create table shop.vault (tenant_id uuid not null references shop.tenant, id uuid not null, primary key (tenant_id, id)) partition by list (tenant_id);
      create table shop.vault_1 partition of shop.vault for values in ('00000000-0000-4000-8000-000000000001');
      create table shop.vault_rest partition of shop.vault default; ${own('vault')}
      alter table shop.vault_1 owner to check_owner; alter table shop.vault_rest owner to check_owner`,
    expect: { rule: 'partition.default_by_tenant', object: 'table shop.vault_rest', severity: 'low' },
    mend: 'drop table shop.vault_rest',
  },
  {
    name: 'an index of a partitioned table that one part has no counterpart of',
    break: `${READING} alter table shop.reading_1 owner to check_owner; create index reading_at on only shop.reading (at)`,
    expect: { rule: 'index.invalid', object: 'index shop.reading_at', severity: 'low' },
    mend: 'create index reading_1_at on shop.reading_1 (at); alter index shop.reading_at attach partition shop.reading_1_at',
  },
  {
    name: 'an inheritance child without its parent’s foreign key',
    break: `${SOUND('memo')} create table shop.memo_old (primary key (tenant_id, id)) inherits (shop.memo);
      alter table shop.memo_old owner to check_owner`,
    expect: { rule: 'inheritance.key_missing', object: 'table shop.memo_old', severity: 'medium' },
  },
];

export const INDEX_FAULTS: readonly Fault[] = [
  {
    name: 'an index on a number that row security switches off',
    break: 'create index invoice_total on shop.invoice (total)',
    expect: { rule: 'index.disabled', object: 'index shop.invoice_total', severity: 'low' },
  },
  {
    name: 'an index on an expression that row security switches off',
    break: 'create index customer_mail on shop.customer (lower(email)) where email is not null',
    expect: { rule: 'index.disabled', object: 'index shop.customer_mail', severity: 'low' },
  },
  {
    name: 'a full text index that row security switches off',
    break: `create index invoice_words on shop.invoice using gin (to_tsvector('simple', note))`,
    expect: { rule: 'index.disabled', object: 'index shop.invoice_words', severity: 'low' },
    mend: 'drop index shop.invoice_words',
  },
  {
    name: 'a jsonb index that row security switches off',
    break: `alter table shop.invoice add column extra jsonb; create index invoice_extra on shop.invoice using gin (extra)`,
    expect: { rule: 'index.disabled', object: 'index shop.invoice_extra', severity: 'low' },
    mend: 'drop index shop.invoice_extra',
  },
  {
    name: 'an index on an enum that row security switches off',
    break: `create type shop.mood as enum ('good', 'bad'); alter type shop.mood owner to check_owner;
      alter table shop.invoice add column mood shop.mood; create index invoice_mood on shop.invoice (mood desc)`,
    expect: { rule: 'index.disabled', object: 'index shop.invoice_mood', severity: 'low' },
    mend: 'drop index shop.invoice_mood; create index invoice_mood on shop.invoice (tenant_id, mood)',
  },
  {
    name: 'an index that could not be built',
    break: `create index invoice_note on shop.invoice (note);
      update pg_index set indisvalid = false where indexrelid = 'shop.invoice_note'::regclass`,
    expect: { rule: 'index.invalid', object: 'index shop.invoice_note', severity: 'low' },
  },
];

export const STORAGE_FAULTS: readonly Fault[] = [
  {
    name: 'a table of tenants without a primary key',
    break: 'alter table shop.payment drop constraint payment_pkey',
    expect: { rule: 'primary_key.missing', object: 'table shop.payment', severity: 'low' },
    mend: 'alter table shop.payment add primary key (tenant_id, id)',
  },
  {
    name: 'an unlogged table of tenants',
    break: 'alter table shop.payment set unlogged',
    expect: { rule: 'table.unlogged', object: 'table shop.payment', severity: 'low' },
  },
  {
    name: 'a column of large objects',
    break: 'alter table shop.invoice add column scan oid',
    expect: { rule: 'column.large_object', object: 'column shop.invoice.scan', severity: 'low' },
    mend: 'alter table shop.invoice drop column scan',
  },
  {
    name: 'statistics of all tenants that a login may read',
    break: 'grant select on pg_catalog.pg_statistic to check_app',
    expect: { rule: 'statistics.readable', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'statistics that a login may read column by column',
    break: 'grant select (stavalues1) on pg_catalog.pg_statistic to check_app',
    expect: { rule: 'statistics.readable', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'a right to let foreign keys lead to a table of tenants',
    break: 'grant references on shop.customer to check_app',
    expect: { rule: 'grant.references', object: 'table shop.customer', severity: 'low' },
  },
  {
    name: 'a right to let foreign keys lead to a column of tenants',
    break: 'grant references (tenant_id, id) on shop.customer to check_app',
    expect: { rule: 'grant.references', object: 'table shop.customer', severity: 'low' },
  },
];
