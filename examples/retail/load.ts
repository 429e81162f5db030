/** Fills the shop: the benchmark's data for the first tenant, and the same customers and orders, altered, for the others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** The tenant whose data is the benchmark's own, and those that look like it. */
export const TENANTS = ['northwind', 'harbor', 'meadow'] as const;

interface User {
  readonly name: { readonly first_name: string; readonly last_name: string };
  readonly address: Readonly<Record<string, string>>;
  readonly email: string;
  readonly payment_methods: Readonly<
    Record<string, Readonly<Record<string, unknown>> & { readonly balance?: number }>
  >;
  readonly orders: readonly string[];
}

interface Order {
  readonly order_id: string;
  readonly user_id: string;
  readonly address: Readonly<Record<string, string>>;
  readonly items: readonly (Readonly<Record<string, unknown>> & { readonly price: number })[];
  readonly fulfillments: readonly {
    readonly tracking_id: readonly string[];
    readonly item_ids: readonly string[];
  }[];
  readonly status: string;
  readonly payment_history: readonly (Readonly<Record<string, unknown>> & { readonly amount: number })[];
}

interface Product {
  readonly name: string;
  readonly product_id: string;
  readonly variants: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly price: number }>>;
}

/** The tables that tools change or read, parents first. */
export const TABLES = [
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

type Table = (typeof TABLES)[number] | 'tenant';
type Row = Readonly<Record<string, unknown>>;

/** Makes the schema and fills it. `data` is the folder of the benchmark's `users.json`, `orders.json` and `products.json`. */
export async function loadShop(client: pg.ClientBase, data: string): Promise<void> {
  const read = async <T>(name: string): Promise<T> =>
    JSON.parse(await readFile(join(data, name), 'utf8')) as T;
  const users = await read<Record<string, User>>('users.json');
  const orders = await read<Record<string, Order>>('orders.json');
  const products = await read<Record<string, Product>>('products.json');
  await client.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
  for (const [index, tenant] of TENANTS.entries()) {
    const rows = rowsOf(users, orders, products, index);
    await fill(client, 'tenant', [{ tenant, name: tenant }]);
    for (const table of TABLES) {
      await fill(
        client,
        table,
        rows[table].map((row) => ({ tenant, ...row })),
      );
    }
  }
  await client.query('analyze');
}

/** @param lookalike 0 for the data as it is; else how far prices and names are off. */
function rowsOf(
  users: Readonly<Record<string, User>>,
  orders: Readonly<Record<string, Order>>,
  products: Readonly<Record<string, Product>>,
  lookalike: number,
): Record<(typeof TABLES)[number], Row[]> {
  const altered = lookalike === 0 ? '' : ` ${'of the other shop '.repeat(lookalike).trim()}`;
  const price = (amount: number): number => Number((amount + lookalike).toFixed(2));
  const rows: Record<(typeof TABLES)[number], Row[]> = {
    customer: [],
    payment_method: [],
    product: [],
    variant: [],
    purchase: [],
    purchase_item: [],
    payment: [],
    shipment: [],
    shipment_item: [],
    request: [],
    request_item: [],
  };
  const places = new Map<string, number>();
  for (const [user_id, user] of Object.entries(users)) {
    const { first_name, last_name } = user.name;
    rows.customer.push({
      user_id,
      first_name,
      last_name: `${last_name}${altered}`,
      email: user.email,
      ...user.address,
    });
    for (const [payment_method_id, { id: _, balance, ...method }] of Object.entries(user.payment_methods)) {
      const money = balance === undefined ? {} : { balance: balance + lookalike };
      rows.payment_method.push({ payment_method_id, user_id, ...method, ...money });
    }
    for (const [position, order_id] of user.orders.entries()) places.set(order_id, position);
  }
  for (const { product_id, name, variants } of Object.values(products)) {
    rows.product.push({ product_id, name: `${name}${altered}` });
    for (const [position, variant] of Object.values(variants).entries()) {
      rows.variant.push({ product_id, position, ...variant, price: price(variant.price) });
    }
  }
  for (const { order_id, user_id, address, items, fulfillments, status, payment_history } of Object.values(
    orders,
  )) {
    rows.purchase.push({ order_id, user_id, position: places.get(order_id) ?? 0, status, ...address });
    for (const [position, item] of items.entries()) {
      rows.purchase_item.push({ order_id, position, ...item, price: price(item.price) });
    }
    for (const [position, payment] of payment_history.entries()) {
      rows.payment.push({ order_id, position, ...payment, amount: price(payment.amount) });
    }
    for (const [shipment, { tracking_id, item_ids }] of fulfillments.entries()) {
      rows.shipment.push({ order_id, position: shipment, tracking_ids: tracking_id });
      for (const [position, item_id] of item_ids.entries()) {
        rows.shipment_item.push({ order_id, shipment, position, item_id });
      }
    }
  }
  return rows;
}

async function fill(client: pg.ClientBase, table: Table, rows: readonly Row[]): Promise<void> {
  await client.query(
    `insert into shop.${table} select * from json_populate_recordset(null::shop.${table}, $1)`,
    [JSON.stringify(rows)],
  );
}
