/** Where the example happens: a PostgreSQL of its own, the shop in it, the policy applied, Ringfence open. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { createRingfence, parsePolicy, type Ringfence } from 'ringfence';
import { connectAdministrator } from '#dist/database/administrator.js';
import { apply } from '#dist/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '#dist/database/credentials.js';
import { generateKeys } from '#dist/database/keys.js';
import { startServer } from '#dist/database/server.js';
import { compilePolicy } from '#dist/policy/compile.js';
import { loadShop, TABLES } from './load.js';
import { remember } from './state.js';
import { tools } from './tools.js';

const DATABASE = 'ringfence_retail';

export interface Stage {
  readonly ringfence: Ringfence;
  /** The superuser, who watches from outside. */
  readonly admin: pg.ClientBase;
  /** Events in the ledger, pending ones included. */
  events(): Promise<number>;
  close(): Promise<void>;
}

/** Makes everything anew; the PostgreSQL beneath is kept. */
export async function setStage(data: string, dataDir: string, say: (step: string) => void): Promise<Stage> {
  const server = await startServer({ dataDir, onProgress: say });
  const closing: (() => Promise<unknown>)[] = [() => server.stop()];
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const connect = async (database: string) => {
      const administrator = await connectAdministrator(
        server.url(database, server.superuser, server.superuserPassword),
      );
      closing.push(() => administrator.close());
      return administrator.client;
    };
    const cluster = await connect('postgres');
    await cluster.query(`drop database if exists ${DATABASE} with (force)`);
    await cluster.query(`create database ${DATABASE}`);
    const admin = await connect(DATABASE);
    say('Filling the shop: three tenants with the same customers and orders, altered');
    await loadShop(admin, data);
    await letReadersIn(admin);
    await remember(admin);
    say('Applying the policy');
    const keys = generateKeys();
    const file = parsePolicy(await readFile(fileURLToPath(new URL('policy.yaml', import.meta.url)), 'utf8'));
    await apply(admin, (catalog) => compilePolicy(file, catalog), {
      alongside: async () => {
        await installClaimKeys(admin, keys);
        await setGatewayPassword(admin, keys);
        return true;
      },
    });
    const ringfence = await createRingfence({
      url: server.url(DATABASE, 'ringfence_gateway', keys.gatewayPassword),
      policy: file,
      keys,
      tools,
    });
    closing.push(() => ringfence.close());
    return {
      ringfence,
      admin,
      close,
      async events() {
        const { rows } = await admin.query<{ events: number }>(
          'select (select count(*) from ringfence.leaf)::int + (select count(*) from ringfence.event_pending)::int as events',
        );
        return rows[0]?.events ?? 0;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A role of the example's own that reads one tenant's rows, to look at the shop from outside of Ringfence. */
async function letReadersIn(admin: pg.ClientBase): Promise<void> {
  await admin.query(
    "do $$ begin if not exists (select from pg_roles where rolname = 'shop_reader') then create role shop_reader; end if; end $$",
  );
  await admin.query('grant usage on schema shop to shop_reader');
  for (const table of TABLES) {
    await admin.query(`grant select on shop.${table} to shop_reader`);
    await admin.query(`alter table shop.${table} enable row level security`);
    await admin.query(
      `create policy reader on shop.${table} for select to shop_reader using (tenant = current_setting('shop.tenant'))`,
    );
  }
}
