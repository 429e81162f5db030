/** The benchmark's sixteen tools, as tools of the product's own. What they do is in shop.ts. */
import { defineTool, type OwnTool, Refusal, type ToolRun } from 'ringfence';
import { z } from 'zod';
import { calculate } from './calculate.js';
import * as shop from './shop.js';

const address = {
  address1: z.string(),
  address2: z.string(),
  city: z.string(),
  state: z.string(),
  country: z.string(),
  zip: z.string(),
};
const order = z.string().describe("The order id, such as '#W0000000', with the '#' in front.");
const items = z.array(z.string()).describe('Item ids. There may be duplicates.');
const method = z.string().describe("The payment method id, such as 'gift_card_0000000'.");
const json = z.unknown();

/** The session that shop.ts works with, from the one that the gate lends. */
function session({ boundary, client }: ToolRun): shop.Session {
  return {
    tenant: boundary.tenant,
    query: async (text, values = []) => (await client.query(text, [...values])).rows,
  };
}

/** Runs the shop's code; what it would not do is said to the agent. */
async function asked<T>(run: ToolRun, work: (db: shop.Session) => Promise<T> | T): Promise<T> {
  try {
    return await work(session(run));
  } catch (error) {
    if (error instanceof shop.ShopError) throw new Refusal(error.message);
    throw error;
  }
}

export const tools: readonly OwnTool[] = [
  defineTool({
    name: 'calculate',
    description: 'Calculates the result of a mathematical expression.',
    effect: 'read',
    input: z.object({ expression: z.string().describe("Such as '2 + 2'.") }),
    output: z.string(),
    run: ({ expression }, run) => asked(run, () => calculate(expression)),
  }),
  defineTool({
    name: 'think',
    description: 'Notes a thought. It changes nothing and finds nothing out.',
    effect: 'read',
    input: z.object({ thought: z.string() }),
    output: z.string(),
    run: async () => '',
  }),
  defineTool({
    name: 'transfer_to_human_agents',
    description: 'Hands the customer to a human, with a summary, where the tools cannot help.',
    effect: 'read',
    input: z.object({ summary: z.string() }),
    output: z.string(),
    run: async () => 'Transfer successful',
  }),
  defineTool({
    name: 'find_user_id_by_email',
    description: 'Finds a user id by email.',
    effect: 'read',
    input: z.object({ email: z.string() }),
    output: z.string(),
    run: ({ email }, run) => asked(run, (db) => shop.findUserByEmail(db, email)),
  }),
  defineTool({
    name: 'find_user_id_by_name_zip',
    description: 'Finds a user id by first name, last name and zip code.',
    effect: 'read',
    input: z.object({ first_name: z.string(), last_name: z.string(), zip: z.string() }),
    output: z.string(),
    run: ({ first_name, last_name, zip }, run) =>
      asked(run, (db) => shop.findUserByName(db, first_name, last_name, zip)),
  }),
  defineTool({
    name: 'get_user_details',
    description: 'The details of a user, with their orders.',
    effect: 'read',
    input: z.object({ user_id: z.string() }),
    output: json,
    run: ({ user_id }, run) => asked(run, (db) => shop.userDetails(db, user_id)),
  }),
  defineTool({
    name: 'get_order_details',
    description: 'The status and the details of an order.',
    effect: 'read',
    input: z.object({ order_id: order }),
    output: json,
    run: ({ order_id }, run) => asked(run, (db) => shop.orderDetails(db, order_id)),
  }),
  defineTool({
    name: 'get_product_details',
    description: 'The details of a product, with what it comes in.',
    effect: 'read',
    input: z.object({ product_id: z.string().describe('A product id, which is not an item id.') }),
    output: json,
    run: ({ product_id }, run) => asked(run, (db) => shop.productDetails(db, product_id)),
  }),
  defineTool({
    name: 'list_all_product_types',
    description: 'The name and the product id of every product.',
    effect: 'read',
    input: z.object({}),
    output: json,
    run: (_, run) => asked(run, shop.productTypes),
  }),
  defineTool({
    name: 'cancel_pending_order',
    description: 'Cancels a pending order and refunds what was paid. Ask the customer to confirm first.',
    effect: 'write',
    risk: 'high',
    input: z.object({ order_id: order, reason: z.string() }),
    output: json,
    run: ({ order_id, reason }, run) => asked(run, (db) => shop.cancelPendingOrder(db, order_id, reason)),
  }),
  defineTool({
    name: 'modify_pending_order_address',
    description: 'Changes where a pending order goes. Ask the customer to confirm first.',
    effect: 'write',
    input: z.object({ order_id: order, ...address }),
    output: json,
    run: ({ order_id, ...to }, run) => asked(run, (db) => shop.changeOrderAddress(db, order_id, to)),
  }),
  defineTool({
    name: 'modify_pending_order_items',
    description:
      'Exchanges items of a pending order for others of the same products, once. Ask the customer to confirm first.',
    effect: 'write',
    risk: 'high',
    input: z.object({ order_id: order, item_ids: items, new_item_ids: items, payment_method_id: method }),
    output: json,
    run: ({ order_id, item_ids, new_item_ids, payment_method_id }, run) =>
      asked(run, (db) => shop.changeOrderItems(db, order_id, item_ids, new_item_ids, payment_method_id)),
  }),
  defineTool({
    name: 'modify_pending_order_payment',
    description: 'Changes how a pending order is paid. Ask the customer to confirm first.',
    effect: 'write',
    risk: 'high',
    input: z.object({ order_id: order, payment_method_id: method }),
    output: json,
    run: ({ order_id, payment_method_id }, run) =>
      asked(run, (db) => shop.changeOrderPayment(db, order_id, payment_method_id)),
  }),
  defineTool({
    name: 'modify_user_address',
    description: 'Changes the default address of a user. Ask the customer to confirm first.',
    effect: 'write',
    input: z.object({ user_id: z.string(), ...address }),
    output: json,
    run: ({ user_id, ...to }, run) => asked(run, (db) => shop.changeUserAddress(db, user_id, to)),
  }),
  defineTool({
    name: 'exchange_delivered_order_items',
    description:
      'Requests the exchange of delivered items for others of the same products, once an order. Ask the customer to confirm first.',
    effect: 'write',
    risk: 'high',
    input: z.object({ order_id: order, item_ids: items, new_item_ids: items, payment_method_id: method }),
    output: json,
    run: ({ order_id, item_ids, new_item_ids, payment_method_id }, run) =>
      asked(run, (db) =>
        shop.exchangeDeliveredItems(db, order_id, item_ids, new_item_ids, payment_method_id),
      ),
  }),
  defineTool({
    name: 'return_delivered_order_items',
    description: 'Requests the return of delivered items. Ask the customer to confirm first.',
    effect: 'write',
    risk: 'high',
    input: z.object({ order_id: order, item_ids: items, payment_method_id: method }),
    output: json,
    run: ({ order_id, item_ids, payment_method_id }, run) =>
      asked(run, (db) => shop.returnDeliveredItems(db, order_id, item_ids, payment_method_id)),
  }),
];
