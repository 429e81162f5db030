/**
 * What a task changed, seen from outside: triggers of the administrator's note every row that anybody writes, whatever role they are,
 * and a copy of each table says how it was.
 */
import type pg from 'pg';
import { TABLES } from './load.js';

/** What was written since the last {@link restore}. */
export interface Changes {
  /** Rows of other tenants. */
  readonly foreign: number;
  readonly orders: readonly string[];
  readonly users: readonly string[];
}

/** The columns that tell one row of a table from every other. */
const KEYS: Readonly<Record<(typeof TABLES)[number], readonly string[]>> = {
  customer: ['tenant', 'user_id'],
  payment_method: ['tenant', 'user_id', 'payment_method_id'],
  product: ['tenant', 'product_id'],
  variant: ['tenant', 'product_id', 'item_id'],
  purchase: ['tenant', 'order_id'],
  purchase_item: ['tenant', 'order_id', 'position'],
  payment: ['tenant', 'order_id', 'position'],
  shipment: ['tenant', 'order_id', 'position'],
  shipment_item: ['tenant', 'order_id', 'shipment', 'position'],
  request: ['tenant', 'order_id'],
  request_item: ['tenant', 'order_id', 'new_item', 'position'],
};

const WATCH = `
create schema before;
create table before.written (id bigint generated always as identity primary key, name text not null, row json not null);
create function before.note() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op <> 'INSERT' then insert into before.written (name, row) values (tg_table_name, to_json(old)); end if;
  if tg_op <> 'DELETE' then insert into before.written (name, row) values (tg_table_name, to_json(new)); end if;
  return null;
end
$$;`;

/** Keeps a copy of every table, and watches it from now on. */
export async function remember(client: pg.ClientBase): Promise<void> {
  await client.query(WATCH);
  for (const table of TABLES) {
    await client.query(`create table before.${table} (like shop.${table} including indexes)`);
    await client.query(`insert into before.${table} table shop.${table}`);
    await client.query(
      `create trigger noted after insert or update or delete on shop.${table} for each row execute function before.note()`,
    );
  }
}

/** What has been written, by a task that was to stay within a tenant. */
export async function changesSince(client: pg.ClientBase, tenant: string): Promise<Changes> {
  const { rows } = await client.query<{ row: Readonly<Record<string, unknown>> }>(
    'select row from before.written',
  );
  const own = rows.filter(({ row }) => row.tenant === tenant).map(({ row }) => row);
  const ids = (name: string, of: typeof own) => [...new Set(of.map((row) => String(row[name])))].sort();
  return {
    foreign: rows.length - own.length,
    orders: ids(
      'order_id',
      own.filter((row) => row.order_id !== undefined),
    ),
    users: ids(
      'user_id',
      own.filter((row) => row.order_id === undefined && row.user_id !== undefined),
    ),
  };
}

/** Puts every row that was written back to how it was. */
export async function restore(client: pg.ClientBase): Promise<void> {
  await client.query('begin');
  // Neither keys nor triggers are asked while rows are on their way back.
  await client.query('set local session_replication_role = replica');
  for (const table of TABLES) {
    const keys = KEYS[table].join(', ');
    const written = `select ${keys} from before.written w, json_populate_record(null::shop.${table}, w.row) where w.name = '${table}'`;
    await client.query(`delete from shop.${table} where (${keys}) in (${written})`);
    await client.query(
      `insert into shop.${table} select * from before.${table} where (${keys}) in (${written})`,
    );
  }
  await client.query('truncate before.written');
  await client.query('commit');
}
