-- An online shop, for several tenants: the data of the τ-bench retail benchmark, normalised.
--
-- Every key leads with the tenant, so that two shops may use the same order number and neither hears of the other. Amounts are
-- double precision because the benchmark computes with them; a real shop would take numeric.

create schema shop;

create table shop.tenant (
  tenant text primary key,
  name text not null
);

create table shop.customer (
  tenant text not null references shop.tenant,
  user_id text not null,
  first_name text not null,
  last_name text not null,
  email text not null,
  address1 text not null,
  address2 text not null,
  city text not null,
  country text not null,
  state text not null,
  zip text not null,
  primary key (tenant, user_id)
);
create index on shop.customer (tenant, lower(email));

create table shop.payment_method (
  tenant text not null,
  payment_method_id text not null,
  user_id text not null,
  source text not null check (source in ('credit_card', 'gift_card', 'paypal')),
  brand text,
  last_four text,
  balance double precision check ((source = 'gift_card') = (balance is not null)),
  primary key (tenant, user_id, payment_method_id),
  foreign key (tenant, user_id) references shop.customer
);

create table shop.product (
  tenant text not null references shop.tenant,
  product_id text not null,
  name text not null,
  primary key (tenant, product_id)
);

create table shop.variant (
  tenant text not null,
  product_id text not null,
  item_id text not null,
  position int not null,
  options json not null,
  available boolean not null,
  price double precision not null,
  primary key (tenant, product_id, item_id),
  foreign key (tenant, product_id) references shop.product
);

create table shop.purchase (
  tenant text not null,
  order_id text not null,
  user_id text not null,
  position int not null,
  status text not null,
  address1 text not null,
  address2 text not null,
  city text not null,
  country text not null,
  state text not null,
  zip text not null,
  cancel_reason text,
  primary key (tenant, order_id),
  foreign key (tenant, user_id) references shop.customer
);
comment on table shop.purchase is 'An order; the word is reserved in SQL.';
create index on shop.purchase (tenant, user_id, position);

create table shop.purchase_item (
  tenant text not null,
  order_id text not null,
  position int not null,
  product_id text not null,
  item_id text not null,
  name text not null,
  price double precision not null,
  options json not null,
  primary key (tenant, order_id, position),
  foreign key (tenant, order_id) references shop.purchase,
  foreign key (tenant, product_id, item_id) references shop.variant
);

create table shop.payment (
  tenant text not null,
  order_id text not null,
  position int not null,
  transaction_type text not null check (transaction_type in ('payment', 'refund')),
  amount double precision not null,
  payment_method_id text not null,
  primary key (tenant, order_id, position),
  foreign key (tenant, order_id) references shop.purchase
);

create table shop.shipment (
  tenant text not null,
  order_id text not null,
  position int not null,
  tracking_ids text[] not null,
  primary key (tenant, order_id, position),
  foreign key (tenant, order_id) references shop.purchase
);

create table shop.shipment_item (
  tenant text not null,
  order_id text not null,
  shipment int not null,
  position int not null,
  item_id text not null,
  primary key (tenant, order_id, shipment, position),
  foreign key (tenant, order_id, shipment) references shop.shipment
);

-- What a customer asked for after delivery: to send items back, or to have them exchanged.
create table shop.request (
  tenant text not null,
  order_id text not null,
  kind text not null check (kind in ('return', 'exchange')),
  payment_method_id text not null,
  price_difference double precision check ((kind = 'exchange') = (price_difference is not null)),
  primary key (tenant, order_id),
  foreign key (tenant, order_id) references shop.purchase
);

create table shop.request_item (
  tenant text not null,
  order_id text not null,
  position int not null,
  item_id text not null,
  new_item boolean not null,
  primary key (tenant, order_id, new_item, position),
  foreign key (tenant, order_id) references shop.request
);
