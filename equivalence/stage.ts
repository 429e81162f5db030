/** One world on one server: the shared database under Ringfence, and for each tenant a database that holds nothing but its rows. */
import { createHmac } from 'node:crypto';
import pg from 'pg';
import { apply } from '../src/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../src/database/credentials.js';
import { generateKeys, type Keys } from '../src/database/keys.js';
import { compilePolicy } from '../src/policy/compile.js';
import type { CompiledRole } from '../src/policy/compiled.js';
import { parsePolicy } from '../src/policy/file.js';
import { createRingfence, type Ringfence } from '../src/ringfence.js';
import { Solo } from './solo.js';
import type { Place, World } from './world.js';

export interface ServerAddress {
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
}

export interface StageOptions {
  /** Calls under way at a time. */
  readonly lanes: number;
  /** Stands in for the world's own policy: for planting faults. */
  readonly policy?: string;
  /** Of the gateway's login, where several databases of one server are governed one after the other. */
  readonly keys?: Keys;
}

export interface Stage {
  readonly world: World;
  readonly ringfence: Ringfence;
  /** The shared database, as superuser. */
  readonly admin: pg.Client;
  role(place: Place): CompiledRole;
  solo(place: Place): Solo;
  /** The same with a Ringfence that remembers nothing. Closed with this one. */
  afresh(): Promise<Stage>;
  /** Closes everything and drops the databases. */
  close(): Promise<void>;
}

let counter = 0;

export async function openStage(world: World, address: ServerAddress, options: StageOptions): Promise<Stage> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.reverse()) await end();
  };
  try {
    counter += 1;
    const prefix = `equivalence_${process.pid}_${counter}`;
    const cluster = await connect(address, 'postgres');
    closing.push(() => cluster.end());
    const make = async (name: string, template?: string): Promise<void> => {
      await cluster.query(`create database ${name}${template === undefined ? '' : ` template ${template}`}`);
      closing.push(() => cluster.query(`drop database if exists ${name} with (force)`));
    };
    const shared = `${prefix}_shared`;
    await make(shared);
    const builder = await connect(address, shared);
    await world.build(builder);
    await builder.end();
    const tenants = [...new Set(world.places.map(({ tenant }) => tenant))];
    for (const [index] of tenants.entries()) await make(`${prefix}_solo_${index}`, shared);

    const admin = await connect(address, shared);
    closing.push(() => admin.end());
    const keys = options.keys ?? generateKeys();
    const file = parsePolicy(options.policy ?? world.policy);
    await apply(admin, (catalog) => compilePolicy(file, catalog), {
      alongside: async () => {
        await installClaimKeys(admin, keys);
        await setGatewayPassword(admin, keys);
        return true;
      },
    });
    const solos = new Map<Place, Solo>();
    const reader = { name: `${prefix}_reader`, password: 'reader' };
    await cluster.query(`create role ${reader.name} login password '${reader.password}'`);
    closing.push(() => cluster.query(`drop role ${reader.name}`));
    for (const [index, tenant] of tenants.entries()) {
      const database = `${prefix}_solo_${index}`;
      const client = await connect(address, database);
      await makeSolo(client, admin, world, tenant);
      for (const [at, place] of world.places.entries()) {
        if (place.tenant !== tenant) continue;
        const schema = `place_${at}`;
        await client.query(
          `create schema ${schema}; grant usage on schema ${schema} to ${reader.name};
           ${Object.entries(world.views(place))
             .map(([name, select]) => `create view ${schema}.${name} as ${select};`)
             .join('\n')}
           grant select on all tables in schema ${schema} to ${reader.name}`,
        );
        const solo = new Solo(urlOf(address, reader, database), schema, options.lanes);
        closing.push(() => solo.close());
        solos.set(place, solo);
      }
      // What an enum's literal is cast to.
      await client.query(`do $$ declare s text; begin
        for s in select distinct n.nspname from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' loop
          execute format('grant usage on schema %I to ${reader.name}', s); end loop; end $$`);
      closing.push(async () => {
        await client.query(`drop owned by ${reader.name}`);
        await client.end();
      });
      await client.query('analyze');
    }
    const afresh = async (): Promise<Stage> => {
      const ringfence = await createRingfence({
        url: urlOf(address, { name: 'ringfence_gateway', password: keys.gatewayPassword }, shared),
        policy: file,
        keys,
        size: options.lanes + 4,
        // Statements that fail on purpose are no news.
        onOperatorEvent: () => undefined,
      });
      closing.push(() => ringfence.close());
      return {
        world,
        ringfence,
        admin,
        role: (place) => found(ringfence.policy.roles.get(place.role)),
        solo: (place) => found(solos.get(place)),
        afresh,
        close,
      };
    };
    return await afresh();
  } catch (error) {
    await close();
    throw error;
  }
}

/** Leaves the tenant's rows, and notes what is shown in place of those values that no expression of ours can compute. */
async function makeSolo(solo: pg.Client, shared: pg.Client, world: World, tenant: string): Promise<void> {
  await solo.query(world.keepOnly(tenant));
  await solo.query(
    'create schema oracle; create table oracle.pseudonym (value text primary key, shown text not null);' +
      'create table oracle.shown_text (value text primary key, shown text not null)',
  );
  const key = await maskKey(shared);
  for (const [table, column] of world.pseudonyms) {
    const { rows } = await solo.query<{ value: string }>(
      `select distinct ${column}::text as value from ${table} where ${column} is not null`,
    );
    for (const { value } of rows) {
      const shown = createHmac('sha256', key)
        .update(`mask\u001f${tenant}\u001f${value}`)
        .digest('hex')
        .slice(0, 16);
      await solo.query('insert into oracle.pseudonym values ($1, $2) on conflict do nothing', [value, shown]);
    }
  }
  for (const [value, shown] of world.shownTexts ?? []) {
    await solo.query('insert into oracle.shown_text values ($1, $2)', [value, shown]);
  }
}

/** The installation's key, out of the padded form that it is kept in (RFC 2104). */
async function maskKey(shared: pg.Client): Promise<Buffer> {
  const { rows } = await shared.query<{ seal_outer: Buffer }>('select seal_outer from ringfence.install');
  return found(rows[0]).seal_outer.map((byte) => byte ^ 0x5c) as Buffer;
}

async function connect(address: ServerAddress, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(address, { name: address.superuser, password: address.password }, database),
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function urlOf(
  { port }: ServerAddress,
  login: { readonly name: string; readonly password: string },
  database: string,
): string {
  return `postgresql://${encodeURIComponent(login.name)}:${encodeURIComponent(login.password)}@127.0.0.1:${port}/${database}`;
}

export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('What must be there is not.');
  return value;
}
