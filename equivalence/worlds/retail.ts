/** The retail shop of the example, cut to a few customers a tenant: every key leads with the tenant, and all have nearly the same rows. */
import { loadShop, TENANTS } from '../../examples/retail/load.js';
import { corpus } from '../corpora.js';
import { literal, type Place, type World } from '../world.js';
import { email, hash, last4, partial } from './mask.js';

/** The tenants keep overlapping thirds of the same customers. */
const CUT = `
create temp table kept as
  select tenant, user_id, row_number() over (partition by tenant order by user_id) as n from shop.customer;
delete from kept where n not between case tenant when 'northwind' then 1 when 'harbor' then 8 else 15 end
  and case tenant when 'northwind' then 24 when 'harbor' then 32 else 30 end;
create temp table kept_order as
  select p.tenant, p.order_id from shop.purchase p join kept using (tenant, user_id);
set session_replication_role = replica;
delete from shop.customer x where not exists (select from kept k where (k.tenant, k.user_id) = (x.tenant, x.user_id));
delete from shop.payment_method x where not exists (select from kept k where (k.tenant, k.user_id) = (x.tenant, x.user_id));
delete from shop.purchase x where not exists (select from kept_order k where (k.tenant, k.order_id) = (x.tenant, x.order_id));
delete from shop.purchase_item x where not exists (select from kept_order k where (k.tenant, k.order_id) = (x.tenant, x.order_id));
delete from shop.payment x where not exists (select from kept_order k where (k.tenant, k.order_id) = (x.tenant, x.order_id));
delete from shop.shipment x where not exists (select from kept_order k where (k.tenant, k.order_id) = (x.tenant, x.order_id));
delete from shop.shipment_item x where not exists (select from kept_order k where (k.tenant, k.order_id) = (x.tenant, x.order_id));
delete from shop.variant x where not exists (select from shop.purchase_item i where (i.tenant, i.product_id, i.item_id) = (x.tenant, x.product_id, x.item_id));
insert into shop.request select tenant, order_id, 'return', 'paypal_1', null from shop.purchase where status = 'delivered' and order_id < '#W5';
insert into shop.request select tenant, order_id, 'exchange', 'paypal_1', 1.5 from shop.purchase where status = 'delivered' and order_id >= '#W5';
insert into shop.request_item select tenant, order_id, position, item_id, position % 2 = 1 from shop.purchase_item where position < 3
  and (tenant, order_id) in (select tenant, order_id from shop.request);
set session_replication_role = origin;
drop table kept, kept_order;
analyze;
`;

const TABLES = [
  'customer',
  'payment_method',
  'product',
  'variant',
  'purchase',
  'purchase_item',
  'payment',
  'shipment',
  'shipment_item',
  'request',
  'request_item',
] as const;

const policy = `
version: 1
preset: development
schema: shop
tables:
${TABLES.map((name) => `  ${name}: { tenant: { column: tenant } }`).join('\n')}
limits: { rows: 10000, scanned_rows: 1000000000000, timeout_ms: 20000, join_depth: 8 }
roles:
  manager:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables: { ${TABLES.map((name) => `${name}: {}`).join(', ')} }
  clerk:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      customer: { mask: { last_name: partial, email: email, address1: last4, zip: hash } }
      payment_method: { columns: [payment_method_id, user_id, source, last_four], mask: { last_four: hash } }
      product: { rows: { name: { contains: s } } }
      variant: { rows: { available: true } }
      purchase: { rows: { status: { ne: cancelled } }, mask: { address1: "null" } }
      purchase_item: { columns: [order_id, position, product_id, item_id, name, price], rows: { price: { lt: 300 } } }
      payment: { rows: { has: { purchase: { status: [delivered, pending] } } } }
      request: {}
      request_item: {}
`;

const places: readonly Place[] = [
  { role: 'manager', tenant: 'northwind', user: 'clerk' },
  { role: 'manager', tenant: 'meadow', user: 'clerk' },
  { role: 'clerk', tenant: 'northwind', user: 'clerk' },
  { role: 'clerk', tenant: 'harbor', user: 'clerk' },
];

const WHERE_TO = 'address1, address2, city, country, state, zip';

const MANAGER = {
  customer: `select user_id, first_name, last_name, email, ${WHERE_TO} from shop.customer`,
  payment_method:
    'select payment_method_id, user_id, source, brand, last_four, balance from shop.payment_method',
  product: 'select product_id, name from shop.product',
  variant: 'select product_id, item_id, position, options, available, price from shop.variant',
  purchase: `select order_id, user_id, position, status, ${WHERE_TO}, cancel_reason from shop.purchase`,
  purchase_item:
    'select order_id, position, product_id, item_id, name, price, options from shop.purchase_item',
  payment: 'select order_id, position, transaction_type, amount, payment_method_id from shop.payment',
  shipment: 'select order_id, position, tracking_ids from shop.shipment',
  shipment_item: 'select order_id, shipment, position, item_id from shop.shipment_item',
  request: 'select order_id, kind, payment_method_id, price_difference from shop.request',
  request_item: 'select order_id, position, item_id, new_item from shop.request_item',
};

const CLERK = {
  customer: `select user_id, first_name, ${partial('last_name')} as last_name, ${email('email')} as email, ${last4('address1')} as address1,
    address2, city, country, state, ${hash('zip')} as zip from shop.customer`,
  payment_method: `select payment_method_id, user_id, source, ${hash('last_four')} as last_four from shop.payment_method`,
  product: `select product_id, name from shop.product where name ilike '%s%'`,
  variant: `${MANAGER.variant} where available`,
  purchase: `select order_id, user_id, position, status, null::text as address1, address2, city, country, state, zip, cancel_reason
    from shop.purchase where status <> 'cancelled'`,
  purchase_item:
    'select order_id, position, product_id, item_id, name, price from shop.purchase_item where price < 300',
  payment: `${MANAGER.payment} where order_id in (select order_id from shop.purchase where status in ('delivered', 'pending'))`,
  request: MANAGER.request,
  request_item: MANAGER.request_item,
};

export const retail: World = {
  name: 'retail',
  policy,
  places,
  build: async (client) => {
    await loadShop(client, corpus('tau-retail'));
    await client.query(CUT);
  },
  keepOnly: (tenant) => `
    set session_replication_role = replica;
    ${[...TABLES, 'tenant'].map((name) => `delete from shop.${name} where tenant <> ${literal(tenant)};`).join('\n')}
    set session_replication_role = origin`,
  views: ({ role }) => (role === 'manager' ? MANAGER : CLERK),
  pseudonyms: [
    ['shop.customer', 'zip'],
    ['shop.payment_method', 'last_four'],
  ],
  hidden: {
    tables: ['tenant', 'shop.tenant', 'purchases'],
    columns: [
      'customer.tenant',
      'purchase.tenant',
      'payment_method.tenant',
      'product.price',
      'customer.zipcode',
    ],
  },
  disturb: (tenant) => `
    set session_replication_role = replica;
    insert into shop.customer select tenant, user_id || '_' || g, first_name, last_name, email, ${WHERE_TO} from shop.customer, generate_series(1, 9) g
      where tenant <> ${literal(tenant)} on conflict do nothing;
    insert into shop.customer select ${literal(TENANTS.find((one) => one !== tenant) ?? '')}, user_id, first_name, last_name, email, ${WHERE_TO} from shop.customer
      where tenant = ${literal(tenant)} on conflict do nothing;
    insert into shop.purchase select tenant, order_id || '_' || g, user_id, position, 'pending', ${WHERE_TO}, cancel_reason from shop.purchase, generate_series(1, 9) g
      where tenant <> ${literal(tenant)} on conflict do nothing;
    insert into shop.payment select ${literal(TENANTS.find((one) => one !== tenant) ?? '')}, order_id, position, transaction_type, amount, payment_method_id from shop.payment
      where tenant = ${literal(tenant)} on conflict do nothing;
    insert into shop.product select tenant, product_id || '_' || g, name from shop.product, generate_series(1, 9) g where tenant <> ${literal(tenant)} on conflict do nothing;
    update shop.purchase_item set price = price + 1000, name = 'Zoe' where tenant <> ${literal(tenant)} and position = 0;
    update shop.purchase set status = 'cancelled' where tenant <> ${literal(tenant)} and order_id like '%1';
    delete from shop.variant where tenant <> ${literal(tenant)} and available;
    delete from shop.shipment_item where tenant <> ${literal(tenant)} and position > 0;
    set session_replication_role = origin`,
};
