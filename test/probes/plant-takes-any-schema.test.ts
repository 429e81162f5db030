/** Lookalike tenants, planted: rows that any schema takes, and gone afterwards without a trace in the product's tables. */
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { connectAdministrator } from '../../src/database/administrator.js';
import { introspect } from '../../src/database/introspect.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { guessPolicy } from '../../src/policy/guess/guess-policy.js';
import { writePolicy } from '../../src/policy/guess/write-policy.js';
import { clearAbandoned, takeAway } from '../../src/probes/plant/journal.js';
import { whyLive } from '../../src/probes/plant/looks-live.js';
import { marksOf } from '../../src/probes/plant/marks.js';
import { type Planting, plant } from '../../src/probes/plant/plant.js';
import { pickSides } from '../../src/probes/probe/pick-sides.js';
import { runProbes } from '../../src/probes/probe/run.js';
import { standWithAdministrator } from '../../src/probes/probe/stand.js';
import { SAAS } from '../policy/guess-schemas/saas.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { installRingfence } from '../support/installed.js';
import { describeOnServers, embeddedServer } from '../support/test-server.js';
import { digestOf, failedProbes, faultsOf, openShop } from './support/probed.js';

/** Constraints of every kind, a reference to itself, a cycle, a table without a key, types of its own. */
const AWKWARD = `
create type mood as enum ('good', 'bad');
create domain email as text check (value ~ '^[^@ ]+@[^@ ]+$');
create domain percent as int check (value between 1 and 90);
create table tenant (id serial primary key, slug varchar(12) not null unique check (slug ~ '^[a-z0-9]+$'), name text not null);
create table person (id uuid primary key default gen_random_uuid(), tenant_id int not null references tenant, mail email not null unique,
  share percent, mood mood not null, boss uuid references person, seen_from date not null, seen_to date not null, check (seen_from < seen_to));
create table job (id bigint generated always as identity primary key, tenant_id int not null references tenant, owner uuid not null references person,
  code char(4) not null check (code = upper(code)), kind text not null check (kind in ('alpha', 'beta')), tags text[] not null, extra jsonb not null,
  place inet not null, span int4range not null, unique (tenant_id, code), double numeric generated always as (1.5) stored);
create table step (job_id bigint not null references job, no int not null check (no > 0), text text not null, primary key (job_id, no));
create table log (tenant_id int not null references tenant, what text not null, at timestamptz not null default now());
create table seen (n int not null);
create function notice() returns trigger language plpgsql as 'begin insert into seen values (1); return null; end';
create trigger noticed after insert on log for each row execute function notice();
`;
const AWKWARD_POLICY = `
version: 1
preset: development
tables:
  tenant: { tenant: { column: id } }
  person: { tenant: { column: tenant_id } }
  job: { tenant: { column: tenant_id } }
  step: { tenant: { via: job } }
  log: { tenant: { column: tenant_id } }
roles:
  support: { tools: [query, get, aggregate], tables: { tenant: {}, person: {}, job: {}, step: {}, log: {} } }
`;

interface Grown {
  readonly database: TestDatabase;
  readonly client: pg.Client;
  readonly planting: Planting;
  takeAway(): Promise<void>;
}

async function grown(
  server: Parameters<typeof createDatabase>[0],
  sql: string,
  policy: string | null,
): Promise<Grown> {
  const database = await createDatabase(server, { sql });
  await installRingfence(database);
  const client = await database.connect();
  const gardener = await connectAdministrator(database.url);
  const catalog = await introspect(gardener);
  const text = policy ?? writePolicy(guessPolicy(catalog));
  const planting = await plant(gardener, compilePolicy(parsePolicy(text), catalog), catalog);
  return {
    database,
    client,
    planting,
    takeAway: async () => {
      expect((await takeAway(gardener, planting.batch)).kept).toEqual([]);
      await gardener.close();
    },
  };
}

describeOnServers('planting', (server) => {
  it('satisfies constraints by trial, says what took no canary, and is gone afterwards', async () => {
    const database = await createDatabase(server, { sql: AWKWARD });
    const before = await digestOf(await database.connect(), { versions: false });
    await database.drop();
    const { client, planting, takeAway: end, database: used } = await grown(server, AWKWARD, AWKWARD_POLICY);
    expect(planting.unplanted).toEqual([]);
    expect([...planting.theirs.rows.keys()].sort()).toEqual(['job', 'log', 'person', 'step', 'tenant']);
    for (const table of ['person', 'job', 'step', 'log']) {
      expect(planting.ours.rows.get(table)?.length, table).toBe(2);
      expect(planting.theirs.rows.get(table)?.length, table).toBe(3);
    }
    expect(planting.unmarked).toEqual(['job.code', 'job.kind']);
    expect(planting.triggers).toEqual(['public.log: noticed']);
    expect(planting.writtenBeside).toEqual(['public.seen']);
    const [a, b] = [planting.ours.tenant, planting.theirs.tenant].map(Number);
    expect((b ?? 0) - (a ?? 0)).toBe(1);
    await end();
    // What a trigger wrote stays, and has been told of.
    await client.query('delete from seen');
    expect(await digestOf(client, { versions: false })).toBe(before);
    await used.drop();
  });

  it('takes a product of a hundred and fifty tables whose policy was guessed', async () => {
    const { client, planting, takeAway: end, database } = await grown(server, SAAS, null);
    expect(planting.theirs.rows.size).toBeGreaterThan(60);
    expect(planting.unplanted).toEqual([]);
    await end();
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables where schemaname <> 'ringfence'`,
    );
    for (const { name } of rows) {
      const found = await client.query(`select from ${name} limit 1`);
      expect(found.rowCount, name).toBe(0);
    }
    await database.drop();
  });
});

describe('planted rows', () => {
  it('stand in for tenants in every probe', async () => {
    const shop = await openShop(embeddedServer);
    const before = await shop.digest();
    const gardener = await connectAdministrator(shop.database.url);
    const { policy } = shop.governed.ringfence;
    const planting = await plant(gardener, policy, await introspect(gardener));
    const sides = await pickSides(gardener, policy, {
      tenants: [planting.ours.tenant, planting.theirs.tenant],
    });
    const run = await shop.probe({ planted: { sides, canaries: marksOf(planting.theirs.canary) } });
    expect(failedProbes(run), faultsOf(run)).toEqual([]);
    expect(run.results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(60);
    expect(await planting.grow()).toBeGreaterThan(3);
    await takeAway(gardener, planting.batch);
    expect(await shop.digest()).toBe(before);
    await gardener.close();
    await shop.drop();
  });

  it('that a run left are taken away by the next, and those of a run under way are not', async () => {
    const shop = await openShop(embeddedServer);
    const before = await shop.digest();
    const first = await connectAdministrator(shop.database.url);
    const { policy } = shop.governed.ringfence;
    await plant(first, policy, await introspect(first));
    const next = await connectAdministrator(shop.database.url);
    expect(await clearAbandoned(next)).toEqual({ rows: 0, kept: [] });
    await first.close();
    // The server lets go of a session's locks once it has noticed that the session is over.
    let cleared = await clearAbandoned(next);
    for (let tries = 0; cleared.rows === 0 && tries < 100; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      cleared = await clearAbandoned(next);
    }
    expect(cleared.rows).toBeGreaterThan(10);
    expect(await shop.digest()).toBe(before);
    await next.close();
    await shop.drop();
  });

  it('that others refer to by now are kept, and told of', async () => {
    const shop = await openShop(embeddedServer);
    const gardener = await connectAdministrator(shop.database.url);
    const { policy } = shop.governed.ringfence;
    const planting = await plant(gardener, policy, await introspect(gardener));
    await shop.sql(
      `insert into invoice (id, org_id, client_id, number, total)
       select 900, org_id, id, 'mine', 1 from client where org_id = '${planting.ours.tenant}' limit 1`,
    );
    const { kept } = await takeAway(gardener, planting.batch);
    expect(kept.map(({ table }) => table)).toEqual(expect.arrayContaining(['public.client', 'public.org']));
    await shop.sql(`delete from invoice where number = 'mine'`);
    expect((await takeAway(gardener, planting.batch)).kept).toEqual([]);
    await gardener.close();
    await shop.drop();
  });

  it('give probes canaries to find', async () => {
    const shop = await openShop(embeddedServer);
    const gardener = await connectAdministrator(shop.database.url);
    const { policy } = shop.governed.ringfence;
    const planting = await plant(gardener, policy, await introspect(gardener));
    const sides = await pickSides(gardener, policy, {
      tenants: [planting.ours.tenant, planting.theirs.tenant],
    });
    const administrator = await connectAdministrator(shop.database.url);
    const ground = await standWithAdministrator(shop.governed.ringfence, administrator, {
      tenants: [],
      planted: { sides, canaries: marksOf(planting.theirs.canary) },
    });
    const call: typeof ground.ringfence.call = async (tool, input, options) => {
      const decision = await ground.ringfence.call(tool, input, options);
      return decision.decision === 'denied'
        ? { ...decision, reason: `no: ${planting.theirs.canary}` }
        : decision;
    };
    const run = await runProbes(
      { ...ground, ringfence: { ...ground.ringfence, call } },
      { seed: 1, seconds: 60, show: true },
    );
    expect(faultsOf(run)).toContain('A canary of the other tenant is in the answer.');
    await takeAway(gardener, planting.batch);
    await administrator.close();
    await gardener.close();
    await shop.drop();
  });
});

it.each([
  ['postgres://a@db.internal/shop', true],
  ['postgres://a@localhost/shop_production', true],
  ['postgres://a@prod-db.example.com/shop_test', true],
  ['postgres://a@db.staging.example.com/shop', false],
  ['postgres://a@10.0.0.4/shop_test', false],
  ['postgres://a@localhost:5432/shop', false],
  ['postgres:///shop?host=/var/run/postgresql', false],
  ['postgres://a@delivery.example.com/dev', false],
])('%s looks live: %s', (url, live) => {
  expect(whyLive(url, {}) !== null).toBe(live);
  expect(whyLive(url, { NODE_ENV: 'production' })).not.toBeNull();
});

it('a policy of one tenant has no tenants to plant', async () => {
  const database = await createDatabase(embeddedServer, {
    sql: 'create table note (id int primary key, body text)',
  });
  const governed = await govern(
    database,
    'version: 1\npreset: development\ntenancy: single\ntables: { note: {} }\nroles: { support: { tables: { note: {} } } }',
  );
  const gardener = await connectAdministrator(database.url);
  await expect(plant(gardener, governed.ringfence.policy, await introspect(gardener))).rejects.toMatchObject({
    code: 'config_invalid',
  });
  await gardener.close();
  await governed.close();
  await database.drop();
});
