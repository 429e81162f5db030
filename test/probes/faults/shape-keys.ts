/** What can be wrong with unique keys and foreign keys. */
import type { Fault } from '../support/fault.js';
import { own, SOUND } from './shape-tenant-column.js';

const A = "'00000000-0000-4000-8000-000000000001'";
const B = "'00000000-0000-4000-8000-000000000002'";
const MEMO = SOUND('memo', 'customer_id uuid, body text');

export const UNIQUE_KEY_FAULTS: readonly Fault[] = [
  {
    name: 'a unique e-mail address over all tenants',
    break: 'alter table shop.customer add constraint customer_email_key unique (email)',
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint customer_email_key on shop.customer',
      severity: 'medium',
    },
  },
  {
    name: 'a unique index on an expression over all tenants',
    break: 'create unique index customer_email_idx on shop.customer (lower(email))',
    expect: { rule: 'unique_key.tells', object: 'index shop.customer_email_idx', severity: 'medium' },
  },
  {
    name: 'a partial unique index over all tenants',
    break: `create unique index customer_main on shop.customer (email) where country = 'DE'`,
    expect: { rule: 'unique_key.tells', object: 'index shop.customer_main', severity: 'medium' },
  },
  {
    name: 'a unique key of two columns, included ones and NULLs that are not distinct, over all tenants',
    break: `${SOUND('memo', 'title text, mail text, body text')}
      alter table shop.memo add constraint "Title & Mail" unique nulls not distinct (title, mail) include (body)`,
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint "Title & Mail" on shop.memo',
      severity: 'medium',
    },
  },
  {
    name: 'a deferrable unique key over all tenants',
    break:
      'alter table shop.invoice add constraint invoice_note_key unique (note) deferrable initially deferred',
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint invoice_note_key on shop.invoice',
      severity: 'medium',
    },
  },
  {
    name: 'a primary key that people choose',
    break: `create table shop.coupon (code text primary key, tenant_id uuid not null references shop.tenant, percent int not null);
      create index on shop.coupon (tenant_id); ${own('coupon')}`,
    expect: { rule: 'unique_key.tells', object: 'constraint coupon_pkey on shop.coupon', severity: 'medium' },
  },
  {
    name: 'a unique number over all tenants that a foreign key leads to',
    break: `${SOUND('device', 'serial_no text not null constraint device_serial unique')}
      ${SOUND('signal', 'serial_no text not null, foreign key (tenant_id, serial_no) references shop.device (tenant_id, serial_no)').replace('create table shop.signal', 'create unique index on shop.device (tenant_id, serial_no); create table shop.signal')}`,
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint device_serial on shop.device',
      severity: 'medium',
    },
  },
  {
    name: 'a number that counts per tenant, unique over all of them',
    break: `create table shop.desk (tenant_id uuid not null references shop.tenant, no int not null, primary key (tenant_id, no)); ${own('desk')}
      ${SOUND('badge', 'desk_no int not null unique, foreign key (tenant_id, desk_no) references shop.desk (tenant_id, no)')}`,
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint badge_desk_no_key on shop.badge',
      severity: 'medium',
    },
  },
  {
    name: 'an identifier of another system that is unique over all tenants',
    break:
      'alter table shop.customer add column stripe_customer_id text; create unique index customer_stripe on shop.customer (stripe_customer_id)',
    expect: { rule: 'unique_key.tells', object: 'index shop.customer_stripe', severity: 'low' },
  },
  {
    name: 'an exclusion constraint over all tenants',
    break: `${SOUND('booking', 'desk text not null, during daterange not null, constraint booking_free exclude using gist (during with &&)')}`,
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint booking_free on shop.booking',
      severity: 'medium',
    },
    mend: 'alter table shop.booking drop constraint booking_free',
  },
  {
    name: 'a unique name over all tenants in a table that belongs through its parent',
    break: `create table shop.line (invoice_tenant uuid, invoice_id uuid not null, no int not null, label text unique, primary key (invoice_id, no));
      alter table shop.line drop column invoice_tenant;
      create unique index invoice_id_key on shop.invoice (id); alter table shop.line add foreign key (invoice_id) references shop.invoice (id);
      alter table shop.line owner to check_owner; alter table shop.line enable row level security; alter table shop.line force row level security;
      create policy tenant on shop.line to check_app using (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())))
        with check (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())));
      grant select, insert, update, delete on shop.line to check_app`,
    expect: {
      rule: 'unique_key.tells',
      object: 'constraint line_label_key on shop.line',
      severity: 'medium',
    },
    mend: 'alter table shop.line drop constraint line_label_key, add constraint line_label_key unique (invoice_id, label)',
  },
];

export const FOREIGN_KEY_FAULTS: readonly Fault[] = [
  {
    name: 'a foreign key that does not carry the tenant',
    break: `create unique index on shop.customer (id); ${MEMO}
      alter table shop.memo add constraint memo_customer foreign key (customer_id) references shop.customer (id);
      create index on shop.memo (customer_id)`,
    expect: {
      rule: 'foreign_key.crosses',
      object: 'constraint memo_customer on shop.memo',
      severity: 'medium',
    },
  },
  {
    name: 'a foreign key across tenants that deletes along',
    break: `create unique index on shop.customer (id); ${MEMO}
      alter table shop.memo add constraint memo_customer foreign key (customer_id) references shop.customer (id) on delete cascade;
      create index on shop.memo (customer_id)`,
    expect: {
      rule: 'foreign_key.crosses',
      object: 'constraint memo_customer on shop.memo',
      severity: 'high',
    },
  },
  {
    name: 'a foreign key across tenants that sets null, deferred',
    break: `create unique index on shop.customer (id); ${MEMO}
      alter table shop.memo add constraint memo_customer foreign key (customer_id) references shop.customer (id)
        on update cascade on delete set null deferrable initially deferred;
      create index on shop.memo (customer_id)`,
    expect: {
      rule: 'foreign_key.crosses',
      object: 'constraint memo_customer on shop.memo',
      severity: 'high',
    },
  },
  {
    name: 'a hierarchy that can cross tenants',
    break: `${SOUND('folder', 'parent_id uuid, name text')} create unique index on shop.folder (id);
      alter table shop.folder add constraint folder_parent foreign key (parent_id) references shop.folder (id);
      create index on shop.folder (tenant_id, parent_id); create index on shop.folder (parent_id)`,
    expect: {
      rule: 'foreign_key.crosses',
      object: 'constraint folder_parent on shop.folder',
      severity: 'medium',
    },
  },
  {
    name: 'rows that point at another tenant’s row',
    break: `create unique index on shop.customer (id); ${MEMO}
      alter table shop.memo add constraint memo_customer foreign key (customer_id) references shop.customer (id);
      create index on shop.memo (customer_id);
      insert into shop.memo (tenant_id, customer_id) select ${A}, id from shop.customer where tenant_id = ${B} limit 1`,
    expect: {
      rule: 'foreign_key.rows_cross',
      object: 'constraint memo_customer on shop.memo',
      severity: 'high',
    },
    mend: `delete from shop.memo; alter table shop.memo drop constraint memo_customer,
      add constraint memo_customer foreign key (tenant_id, customer_id) references shop.customer (tenant_id, id)`,
  },
  {
    name: 'a foreign key that takes the tenant off with the rest',
    break: `${MEMO} alter table shop.memo add constraint memo_customer foreign key (tenant_id, customer_id)
        references shop.customer (tenant_id, id) on delete set null; create index on shop.memo (tenant_id, customer_id)`,
    expect: {
      rule: 'foreign_key.unsets_tenant',
      object: 'constraint memo_customer on shop.memo',
      severity: 'medium',
    },
  },
  {
    name: 'rows that a deleted tenant leaves behind without one',
    break: `create table shop.memo (id uuid primary key default gen_random_uuid(), tenant_id uuid, body text,
        constraint memo_tenant foreign key (tenant_id) references shop.tenant on delete set null);
      create index on shop.memo (tenant_id); ${own('memo')}`,
    expect: {
      rule: 'foreign_key.unsets_tenant',
      object: 'constraint memo_tenant on shop.memo',
      severity: 'medium',
    },
  },
  {
    name: 'a foreign key that was never checked against the rows',
    break: `${MEMO} create index on shop.memo (tenant_id, customer_id);
      alter table shop.memo add constraint memo_customer foreign key (tenant_id, customer_id) references shop.customer (tenant_id, id) not valid`,
    expect: {
      rule: 'foreign_key.not_validated',
      object: 'constraint memo_customer on shop.memo',
      severity: 'medium',
    },
  },
  {
    name: 'a link table whose two parents may be of two tenants',
    break: `create unique index on shop.invoice (id); create unique index on shop.payment (id);
      create table shop.settlement (invoice_id uuid not null references shop.invoice (id), payment_id uuid not null,
        constraint settlement_payment foreign key (payment_id) references shop.payment (id), primary key (invoice_id, payment_id));
      create index on shop.settlement (payment_id);
      alter table shop.settlement owner to check_owner; alter table shop.settlement enable row level security; alter table shop.settlement force row level security;
      create policy tenant on shop.settlement to check_app using (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())))
        with check (invoice_id in (select i.id from shop.invoice i where i.tenant_id = (select shop.current_tenant())));
      grant select, insert, update, delete on shop.settlement to check_app`,
    expect: {
      rule: 'foreign_key.crosses',
      object: 'constraint settlement_payment on shop.settlement',
      severity: 'medium',
    },
    mend: 'drop table shop.settlement',
  },
  {
    name: 'a foreign key that no index serves',
    break: `create table shop.memo (id uuid primary key default gen_random_uuid(), tenant_id uuid not null references shop.tenant, ref uuid, kind text,
        constraint memo_customer foreign key (tenant_id, ref) references shop.customer (tenant_id, id));
      create index on shop.memo (kind, tenant_id); ${own('memo')}`,
    expect: { rule: 'tenant_column.unindexed', object: 'column shop.memo.tenant_id', severity: 'low' },
    also: ['foreign_key.unindexed constraint memo_customer on shop.memo'],
  },
  {
    name: 'a key whose table stands in another column',
    break: `${SOUND('remark', 'subject_type text not null, subject_id uuid not null, body text')}`,
    expect: { rule: 'foreign_key.polymorphic', object: 'column shop.remark.subject_id', severity: 'low' },
    mend: 'alter table shop.remark drop column subject_type',
  },
];
