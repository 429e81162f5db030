/** Replays one task: its actions through the gate, then what became of the shop. */
import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { type Boundary, type Decision, type Ringfence, within } from 'ringfence';
import * as shop from './shop.js';
import { changesSince, restore } from './state.js';

/** A line of a task file. */
export interface Task {
  readonly id: number | string;
  readonly actions: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly observations: readonly string[];
  readonly changed: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Replayed {
  readonly stateMatched: boolean;
  readonly observationsMatched: number;
  readonly otherTenantRowsTouched: number;
}

/** Replays a task in a boundary, and leaves the shop as it was before. */
export async function replay(
  task: Task,
  ringfence: Ringfence,
  boundary: Boundary,
  admin: pg.ClientBase,
): Promise<Replayed> {
  let observationsMatched = 0;
  for (const [index, action] of task.actions.entries()) {
    const decision = await within(boundary, () => ringfence.call(action.name, action.arguments));
    if (same(observationOf(decision), task.observations[index])) observationsMatched++;
  }
  const touched = await changesSince(admin, boundary.tenant);
  const after = await objects(admin, boundary.tenant, touched);
  await restore(admin);
  const before = await objects(admin, boundary.tenant, touched);
  return {
    stateMatched: isDeepStrictEqual(differing(before, after), task.changed),
    observationsMatched,
    otherTenantRowsTouched: touched.foreign,
  };
}

/** What the benchmark would have told the model. */
function observationOf(decision: Decision): string {
  if (decision.decision !== 'allowed') return `Error: ${decision.reason}`;
  return typeof decision.output === 'string' ? decision.output : JSON.stringify(decision.output);
}

/** Equal as text, or as JSON, where the order of members does not count. */
function same(told: string, expected: string | undefined): boolean {
  if (told === expected) return true;
  try {
    return isDeepStrictEqual(JSON.parse(told), JSON.parse(expected ?? ''));
  } catch {
    return false;
  }
}

type Objects = Record<'orders' | 'users', Record<string, unknown>>;

/** The objects as they are now, read by the administrator, past every boundary. */
async function objects(
  admin: pg.ClientBase,
  tenant: string,
  { orders, users }: { readonly orders: readonly string[]; readonly users: readonly string[] },
): Promise<Objects> {
  const db: shop.Session = {
    tenant,
    query: async (text, values = []) => (await admin.query(text, [...values])).rows,
  };
  const found: Objects = { orders: {}, users: {} };
  await admin.query('begin');
  // The shop's code names no tenant: for the administrator, too, row-level security has to.
  await admin.query("select set_config('shop.tenant', $1, true)", [tenant]);
  await admin.query('set local role shop_reader');
  for (const id of orders) found.orders[id] = await shop.orderDetails(db, id);
  for (const id of users) found.users[id] = await shop.userDetails(db, id);
  await admin.query('commit');
  return found;
}

/** Those that are not what they were, by kind; a kind without any is left out. */
function differing(before: Objects, after: Objects): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    (['orders', 'users'] as const).flatMap((kind) => {
      const changed = Object.entries(after[kind]).filter(
        ([id, now]) => !isDeepStrictEqual(now, before[kind][id]),
      );
      return changed.length === 0 ? [] : [[kind, Object.fromEntries(changed)]];
    }),
  );
}
