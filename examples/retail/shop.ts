/** The shop's own code: what each of its tools does, in SQL that never names a tenant but where a row is made. The session holds it to one. */

/** A database session, as far as the shop's code needs one. */
export interface Session {
  readonly tenant: string;
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** What the benchmark calls an error: text for the agent. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
}

export interface Address {
  readonly address1: string;
  readonly address2: string;
  readonly city: string;
  readonly country: string;
  readonly state: string;
  readonly zip: string;
}

interface Item {
  readonly position: number;
  readonly name: string;
  readonly product_id: string;
  readonly item_id: string;
  readonly price: number;
  readonly options: unknown;
}

interface Payment {
  readonly transaction_type: 'payment' | 'refund';
  readonly amount: number;
  readonly payment_method_id: string;
}

interface PaymentMethod {
  readonly source: 'credit_card' | 'gift_card' | 'paypal';
  readonly balance: number | null;
}

const CANCEL_REASONS: readonly string[] = ['no longer needed', 'ordered by mistake'];
const ADDRESS = ['address1', 'address2', 'city', 'country', 'state', 'zip'] as const;

export async function findUserByEmail(db: Session, email: string): Promise<string> {
  const [user] = await db.query<{ user_id: string }>(
    'select user_id from shop.customer where lower(email) = lower($1)',
    [email],
  );
  if (user === undefined) throw new ShopError('user not found');
  return user.user_id;
}

export async function findUserByName(db: Session, first: string, last: string, zip: string): Promise<string> {
  const [user] = await db.query<{ user_id: string }>(
    'select user_id from shop.customer where lower(first_name) = lower($1) and lower(last_name) = lower($2) and zip = $3',
    [first, last, zip],
  );
  if (user === undefined) throw new ShopError('user not found');
  return user.user_id;
}

/** A customer as the benchmark writes one. */
export async function userDetails(db: Session, userId: string): Promise<unknown> {
  const [user] = await db.query<Address & { first_name: string; last_name: string; email: string }>(
    `select first_name, last_name, email, ${ADDRESS.join(', ')} from shop.customer where user_id = $1`,
    [userId],
  );
  if (user === undefined) throw new ShopError('user not found');
  const methods = await db.query<Record<string, unknown> & { id: string }>(
    'select payment_method_id as id, source, brand, last_four, balance from shop.payment_method where user_id = $1 order by 1',
    [userId],
  );
  const orders = await db.query<{ order_id: string }>(
    'select order_id from shop.purchase where user_id = $1 order by position',
    [userId],
  );
  return {
    name: { first_name: user.first_name, last_name: user.last_name },
    address: addressOf(user),
    email: user.email,
    payment_methods: Object.fromEntries(methods.map((method) => [method.id, withoutNulls(method)])),
    orders: orders.map(({ order_id }) => order_id),
  };
}

export async function productDetails(db: Session, productId: string): Promise<unknown> {
  const [product] = await db.query<{ name: string }>('select name from shop.product where product_id = $1', [
    productId,
  ]);
  if (product === undefined) throw new ShopError('product not found');
  const variants = await db.query<{ item_id: string; options: unknown; available: boolean; price: number }>(
    'select item_id, options, available, price from shop.variant where product_id = $1 order by position',
    [productId],
  );
  return {
    name: product.name,
    product_id: productId,
    variants: Object.fromEntries(variants.map((variant) => [variant.item_id, variant])),
  };
}

export async function productTypes(db: Session): Promise<unknown> {
  const products = await db.query<{ name: string; product_id: string }>(
    'select name, product_id from shop.product order by name collate "C"',
  );
  return Object.fromEntries(products.map(({ name, product_id }) => [name, product_id]));
}

/** An order as the benchmark writes one. */
export async function orderDetails(db: Session, orderId: string): Promise<unknown> {
  const [order] = await db.query<Address & { user_id: string; status: string; cancel_reason: string | null }>(
    `select user_id, status, cancel_reason, ${ADDRESS.join(', ')} from shop.purchase where order_id = $1`,
    [orderId],
  );
  if (order === undefined) throw new ShopError('order not found');
  const items = await itemsOf(db, orderId);
  const shipments = await db.query<{ tracking_id: string[]; item_ids: string[] }>(
    `select s.tracking_ids as tracking_id, array_agg(i.item_id order by i.position) as item_ids
     from shop.shipment s join shop.shipment_item i on i.order_id = s.order_id and i.shipment = s.position
     where s.order_id = $1 group by s.position, s.tracking_ids order by s.position`,
    [orderId],
  );
  return {
    order_id: orderId,
    user_id: order.user_id,
    address: addressOf(order),
    items: items.map(({ position: _, ...item }) => item),
    fulfillments: shipments,
    status: order.status,
    payment_history: await paymentsOf(db, orderId),
    ...(order.cancel_reason === null ? {} : { cancel_reason: order.cancel_reason }),
    ...(await requestOf(db, orderId)),
  };
}

async function requestOf(db: Session, orderId: string): Promise<Record<string, unknown>> {
  const [request] = await db.query<{ kind: string; payment_method_id: string; price_difference: number }>(
    'select kind, payment_method_id, price_difference from shop.request where order_id = $1',
    [orderId],
  );
  if (request === undefined) return {};
  const all = await db.query<{ item_id: string; new_item: boolean }>(
    'select item_id, new_item from shop.request_item where order_id = $1 order by new_item, position',
    [orderId],
  );
  const items = (wanted: boolean) =>
    all.filter(({ new_item }) => new_item === wanted).map(({ item_id }) => item_id);
  if (request.kind === 'return') {
    return { return_items: items(false), return_payment_method_id: request.payment_method_id };
  }
  return {
    exchange_items: items(false),
    exchange_new_items: items(true),
    exchange_payment_method_id: request.payment_method_id,
    exchange_price_difference: request.price_difference,
  };
}

export async function cancelPendingOrder(db: Session, orderId: string, reason: string): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'pending') throw new ShopError('non-pending order cannot be cancelled');
  if (!CANCEL_REASONS.includes(reason)) throw new ShopError('invalid reason');
  const payments = await paymentsOf(db, orderId);
  for (const { amount, payment_method_id } of payments) {
    if (payment_method_id.includes('gift_card')) await credit(db, order.user_id, payment_method_id, amount);
  }
  await addPayments(
    db,
    orderId,
    payments.length,
    payments.map(({ amount, payment_method_id }) => ({
      transaction_type: 'refund',
      amount,
      payment_method_id,
    })),
  );
  await db.query("update shop.purchase set status = 'cancelled', cancel_reason = $2 where order_id = $1", [
    orderId,
    reason,
  ]);
  return await orderDetails(db, orderId);
}

export async function changeOrderAddress(db: Session, orderId: string, address: Address): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'pending') throw new ShopError('non-pending order cannot be modified');
  await setAddress(db, 'shop.purchase', 'order_id', orderId, address);
  return await orderDetails(db, orderId);
}

export async function changeUserAddress(db: Session, userId: string, address: Address): Promise<unknown> {
  await setAddress(db, 'shop.customer', 'user_id', userId, address);
  return await userDetails(db, userId);
}

export async function changeOrderPayment(db: Session, orderId: string, methodId: string): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'pending') throw new ShopError('non-pending order cannot be modified');
  const method = await paymentMethod(db, order.user_id, methodId);
  const [first, ...more] = await paymentsOf(db, orderId);
  if (first === undefined || more.length > 0 || first.transaction_type !== 'payment') {
    throw new ShopError('there should be exactly one payment for a pending order');
  }
  if (first.payment_method_id === methodId) {
    throw new ShopError('the new payment method should be different from the current one');
  }
  const { amount } = first;
  if (method.balance !== null && method.balance < amount) {
    throw new ShopError('insufficient gift card balance to pay for the order');
  }
  await addPayments(db, orderId, 1, [
    { transaction_type: 'payment', amount, payment_method_id: methodId },
    { transaction_type: 'refund', amount, payment_method_id: first.payment_method_id },
  ]);
  if (method.source === 'gift_card') await credit(db, order.user_id, methodId, -amount);
  if (first.payment_method_id.includes('gift_card')) {
    await credit(db, order.user_id, first.payment_method_id, amount);
  }
  return await orderDetails(db, orderId);
}

export async function changeOrderItems(
  db: Session,
  orderId: string,
  itemIds: readonly string[],
  newItemIds: readonly string[],
  methodId: string,
): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'pending') throw new ShopError('non-pending order cannot be modified');
  const swaps = await exchange(db, orderId, itemIds, newItemIds);
  const difference = swaps.reduce((sum, { from, to }) => sum + (to.price - from.price), 0);
  const method = await paymentMethod(db, order.user_id, methodId);
  if (method.balance !== null && method.balance < difference) {
    throw new ShopError('insufficient gift card balance to pay for the new item');
  }
  const payments = await paymentsOf(db, orderId);
  await addPayments(db, orderId, payments.length, [
    {
      transaction_type: difference > 0 ? 'payment' : 'refund',
      amount: Math.abs(difference),
      payment_method_id: methodId,
    },
  ]);
  if (method.source === 'gift_card') await credit(db, order.user_id, methodId, -difference);
  // One after another, each on the first line that still has the old item.
  for (const { from, to } of swaps) {
    await db.query(
      `update shop.purchase_item set item_id = $3, price = $4, options = $5 where order_id = $1 and position =
         (select min(position) from shop.purchase_item where order_id = $1 and item_id = $2)`,
      [orderId, from.item_id, to.item_id, to.price, JSON.stringify(to.options)],
    );
  }
  await db.query("update shop.purchase set status = 'pending (item modified)' where order_id = $1", [
    orderId,
  ]);
  return await orderDetails(db, orderId);
}

export async function exchangeDeliveredItems(
  db: Session,
  orderId: string,
  itemIds: readonly string[],
  newItemIds: readonly string[],
  methodId: string,
): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'delivered') throw new ShopError('non-delivered order cannot be exchanged');
  const swaps = await exchange(db, orderId, itemIds, newItemIds);
  const difference = cents(swaps.reduce((sum, { from, to }) => sum + (to.price - from.price), 0));
  const method = await paymentMethod(db, order.user_id, methodId);
  if (method.balance !== null && method.balance < difference) {
    throw new ShopError('insufficient gift card balance to pay for the price difference');
  }
  await addRequest(db, orderId, 'exchange', methodId, difference, itemIds, newItemIds);
  await db.query("update shop.purchase set status = 'exchange requested' where order_id = $1", [orderId]);
  return await orderDetails(db, orderId);
}

export async function returnDeliveredItems(
  db: Session,
  orderId: string,
  itemIds: readonly string[],
  methodId: string,
): Promise<unknown> {
  const order = await lockOrder(db, orderId);
  if (order.status !== 'delivered') throw new ShopError('non-delivered order cannot be returned');
  await paymentMethod(db, order.user_id, methodId);
  const [original] = await paymentsOf(db, orderId);
  if (!methodId.includes('gift_card') && methodId !== original?.payment_method_id) {
    throw new ShopError('payment method should be either the original payment method or a gift card');
  }
  const items = await itemsOf(db, orderId);
  if (missing(itemIds, items) !== undefined) throw new ShopError('some item not found');
  await addRequest(db, orderId, 'return', methodId, null, itemIds, []);
  await db.query("update shop.purchase set status = 'return requested' where order_id = $1", [orderId]);
  return await orderDetails(db, orderId);
}

/** Two agents at one order take turns. */
async function lockOrder(db: Session, orderId: string): Promise<{ user_id: string; status: string }> {
  const [order] = await db.query<{ user_id: string; status: string }>(
    'select user_id, status from shop.purchase where order_id = $1 for update',
    [orderId],
  );
  if (order === undefined) throw new ShopError('order not found');
  return order;
}

async function itemsOf(db: Session, orderId: string): Promise<Item[]> {
  return await db.query<Item>(
    'select position, name, product_id, item_id, price, options from shop.purchase_item where order_id = $1 order by position',
    [orderId],
  );
}

async function paymentsOf(db: Session, orderId: string): Promise<Payment[]> {
  return await db.query<Payment>(
    'select transaction_type, amount, payment_method_id from shop.payment where order_id = $1 order by position',
    [orderId],
  );
}

async function paymentMethod(db: Session, userId: string, methodId: string): Promise<PaymentMethod> {
  const [method] = await db.query<PaymentMethod>(
    'select source, balance from shop.payment_method where user_id = $1 and payment_method_id = $2 for update',
    [userId, methodId],
  );
  if (method === undefined) throw new ShopError('payment method not found');
  return method;
}

/** Pairs each item with the one that is to take its place. */
async function exchange(
  db: Session,
  orderId: string,
  itemIds: readonly string[],
  newItemIds: readonly string[],
): Promise<{ from: Item; to: { item_id: string; price: number; options: unknown } }[]> {
  const items = await itemsOf(db, orderId);
  const absent = missing(itemIds, items);
  if (absent !== undefined) throw new ShopError(`${absent} not found`);
  if (itemIds.length !== newItemIds.length) {
    throw new ShopError('the number of items to be exchanged should match');
  }
  const swaps = [];
  for (const [index, itemId] of itemIds.entries()) {
    const from = items.find(({ item_id }) => item_id === itemId);
    const newId = newItemIds[index] ?? '';
    const [to] = await db.query<{ item_id: string; price: number; options: unknown }>(
      'select item_id, price, options from shop.variant where product_id = $1 and item_id = $2 and available',
      [from?.product_id, newId],
    );
    if (from === undefined || to === undefined)
      throw new ShopError(`new item ${newId} not found or available`);
    swaps.push({ from, to });
  }
  return swaps;
}

/** The first id that is asked for more often than the order has it. */
function missing(itemIds: readonly string[], items: readonly Item[]): string | undefined {
  const times = (ids: readonly string[], id: string) => ids.filter((one) => one === id).length;
  const there = items.map(({ item_id }) => item_id);
  return itemIds.find((id) => times(itemIds, id) > times(there, id));
}

async function addPayments(
  db: Session,
  orderId: string,
  after: number,
  payments: readonly Payment[],
): Promise<void> {
  for (const [index, { transaction_type, amount, payment_method_id }] of payments.entries()) {
    await db.query(
      'insert into shop.payment (tenant, order_id, position, transaction_type, amount, payment_method_id) values ($1, $2, $3, $4, $5, $6)',
      [db.tenant, orderId, after + index, transaction_type, amount, payment_method_id],
    );
  }
}

async function addRequest(
  db: Session,
  orderId: string,
  kind: 'return' | 'exchange',
  methodId: string,
  difference: number | null,
  itemIds: readonly string[],
  newItemIds: readonly string[],
): Promise<void> {
  await db.query(
    'insert into shop.request (tenant, order_id, kind, payment_method_id, price_difference) values ($1, $2, $3, $4, $5)',
    [db.tenant, orderId, kind, methodId, difference],
  );
  for (const [ids, isNew] of [
    [itemIds, false],
    [newItemIds, true],
  ] as const) {
    for (const [position, itemId] of [...ids].sort().entries()) {
      await db.query(
        'insert into shop.request_item (tenant, order_id, position, item_id, new_item) values ($1, $2, $3, $4, $5)',
        [db.tenant, orderId, position, itemId, isNew],
      );
    }
  }
}

async function credit(db: Session, userId: string, methodId: string, amount: number): Promise<void> {
  const method = await paymentMethod(db, userId, methodId);
  await db.query(
    'update shop.payment_method set balance = $3 where user_id = $1 and payment_method_id = $2',
    [userId, methodId, cents((method.balance ?? 0) + amount)],
  );
}

async function setAddress(
  db: Session,
  table: string,
  key: string,
  id: string,
  address: Address,
): Promise<void> {
  await db.query(
    `update ${table} set ${ADDRESS.map((name, at) => `${name} = $${at + 2}`).join(', ')} where ${key} = $1`,
    [id, ...ADDRESS.map((name) => address[name])],
  );
}

/** To two places, halves to the even digit, as the benchmark rounds. */
function cents(amount: number): number {
  return Number(amount.toFixed(2));
}

function addressOf({ address1, address2, city, country, state, zip }: Address): Address {
  return { address1, address2, city, country, state, zip };
}

function withoutNulls(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
