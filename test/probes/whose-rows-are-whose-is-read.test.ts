/** Where `check` learns whose rows are whose: a policy file, a policy that was applied, the product's own row security, keys and names. */
import { afterEach, expect, it } from 'vitest';
import { readShape } from '../../src/database/inspect/shape.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import { readTenancy, type Tenancy } from '../../src/probes/check/tenancy.js';
import { loadChinook } from '../support/chinook.js';
import { describeWithCorpus } from '../support/corpora.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { govern } from '../support/governed.js';
import { embeddedServer } from '../support/test-server.js';

let database: TestDatabase | undefined;
afterEach(() => database?.drop());

async function tenancyOf(
  sql: string | TestDatabase,
  said: { readonly policy?: string; readonly tenant?: string } = {},
): Promise<Tenancy> {
  database = typeof sql === 'string' ? await createDatabase(embeddedServer, { sql }) : sql;
  const client = await database.connect();
  await client.query('begin isolation level repeatable read read only');
  await client.query('set local search_path = pg_catalog, pg_temp');
  const shape = await readShape(client);
  const { policy, ...rest } = said;
  const tenancy = await readTenancy(shape, {
    ...rest,
    ...(policy === undefined ? {} : { policy: compilePolicy(parsePolicy(policy), shape.catalog) }),
  });
  await client.query('rollback');
  return tenancy;
}

/** A table and what is known of it, in a line each. */
function told({ tables }: Tenancy): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...tables].map(([name, tenancy]) => {
      const short = name.replace(/^public\./, '');
      if (tenancy.kind === 'column') return [short, tenancy.column];
      if (tenancy.kind === 'via') return [short, `${tenancy.columns.join()} > ${tenancy.parent.name}`];
      return [short, tenancy.kind];
    }),
  );
}

const fenced = (table: string, rule: string): string =>
  `alter table ${table} enable row level security; create policy own on ${table} using (${rule});`;

it('is what row security compares with a setting, whatever the column is called', async () => {
  const setting = "(current_setting('request.jwt.claims', true)::jsonb ->> 'park')::int";
  const tenancy = await tenancyOf(`
    create table parks (id int primary key, name text);
    create table rides (id int primary key, belongs_to int references parks, author_id int, label text);
    create table tickets (id int primary key, belongs_to int references parks, ride_id int references rides);
    create table visitors (id int primary key, org_id int);
    ${fenced('rides', `belongs_to = ${setting}`)} ${fenced('tickets', `(select ${setting}) = belongs_to and ride_id is not null`)}`);
  expect(told(tenancy)).toMatchObject({ parks: 'root', rides: 'belongs_to', tickets: 'belongs_to' });
  expect(tenancy).toMatchObject({ source: 'guess', confidence: 'likely', column: 'belongs_to' });
  expect(tenancy.why).toMatch(/^row security compares belongs_to with the session/);
});

it('is what row security looks up among the memberships of a user', async () => {
  const mine = 'select m.org_id from members m where m.user_id = (select auth.uid())';
  const tenancy = await tenancyOf(`
    create schema auth; create table auth.users (id uuid primary key, email text);
    create function auth.uid() returns uuid language sql stable as $$ select current_setting('request.jwt.claim.sub')::uuid $$;
    create table orgs (id uuid primary key, name text);
    create table members (org_id uuid not null references orgs, user_id uuid not null references auth.users, primary key (org_id, user_id));
    create table boards (id uuid primary key, org_id uuid not null references orgs, created_by uuid references auth.users);
    create table cards (id uuid primary key, board_id uuid not null, author uuid references auth.users, title text);
    create table profiles (id uuid primary key references auth.users, nick text);
    ${fenced('orgs', `id in (${mine})`)} ${fenced('members', 'user_id = auth.uid()')} ${fenced('boards', `org_id in (${mine})`)}
    ${fenced('cards', `exists (select from boards b where b.id = cards.board_id and b.org_id in (${mine}))`)}
    ${fenced('profiles', 'id = auth.uid()')}`);
  expect(told(tenancy)).toEqual({
    orgs: 'root',
    members: 'org_id',
    boards: 'org_id',
    // No foreign key says so; row security does.
    cards: 'board_id > boards',
    profiles: 'unknown',
    'auth.users': 'unknown',
  });
});

it('is a user where row security asks for nothing else', async () => {
  const tenancy = await tenancyOf(`
    create table users (id int primary key, email text);
    create table notes (id int primary key, user_id int not null references users, body text);
    create table lists (id int primary key, user_id int not null references users);
    create table items (id int primary key, list_id int not null references lists, body text);
    ${fenced('notes', "user_id = current_setting('app.user')::int")} ${fenced('lists', "user_id = current_setting('app.user')::int")}`);
  expect(told(tenancy)).toEqual({
    users: 'root',
    notes: 'user_id',
    lists: 'user_id',
    items: 'list_id > lists',
  });
});

it('is what a function of the product’s is asked about', async () => {
  const tenancy = await tenancyOf(`
    create function may_see(int) returns bool language sql stable as 'select true';
    create table clubs (id int primary key); create table games (id int primary key, club int references clubs, day date);
    create table goals (id int primary key, club int references clubs, minute int);
    ${fenced('games', 'may_see(club)')} ${fenced('goals', 'may_see(club) and minute > 0')}`);
  expect(told(tenancy)).toEqual({ clubs: 'root', games: 'club', goals: 'club' });
});

it('is found in spite of a table that types or spells the column differently', async () => {
  const tenancy = await tenancyOf(`
    create table organisations (id uuid primary key, name text);
    create table invoices (id uuid primary key, organisation_id uuid not null references organisations, total int);
    create table orders (id uuid primary key, organisation_id uuid not null references organisations);
    create table events (id uuid primary key, organisation_id text not null, order_id uuid references orders);
    create table legacy (id int primary key, "OrgID" uuid, body text);
    create table imports (id int primary key, org uuid not null, body text);`);
  expect(told(tenancy)).toMatchObject({
    organisations: 'root',
    events: 'organisation_id',
    legacy: 'OrgID',
    imports: 'org',
  });
});

it('leads through a key that nobody declared, and is then not sure', async () => {
  const tenancy = await tenancyOf(`
    create table tenants (id int primary key);
    create table orders (id int primary key, tenant_id int not null references tenants, total int);
    create table carts (id int primary key, tenant_id int not null references tenants);
    create table order_lines (id int primary key, order_id int not null, sku text);`);
  expect(tenancy.tables.get('public.order_lines')).toMatchObject({
    kind: 'via',
    columns: ['order_id'],
    parent: { schema: 'public', name: 'orders' },
    sure: false,
  });
});

it('holds for partitions, children, materialised views and foreign tables as well', async () => {
  const tenancy = await tenancyOf(`
    create table tenants (id int primary key);
    create table readings (tenant_id int not null references tenants, day date not null) partition by range (day);
    create table readings_a partition of readings for values from ('2027-01-01') to ('2028-01-01') partition by list (tenant_id);
    create table readings_a1 partition of readings_a for values in (1);
    create table notes (tenant_id int not null references tenants, body text); create table old_notes () inherits (notes);
    create materialized view days as select tenant_id, day from readings;
    create materialized view counts as select count(*) from readings;
    create foreign data wrapper nothing; create server elsewhere foreign data wrapper nothing;
    create foreign table archive (tenant_id int, body text) server elsewhere;`);
  expect(told(tenancy)).toEqual({
    tenants: 'root',
    readings: 'tenant_id',
    readings_a: 'tenant_id',
    readings_a1: 'tenant_id',
    notes: 'tenant_id',
    old_notes: 'tenant_id',
    days: 'tenant_id',
    counts: 'unknown',
    archive: 'tenant_id',
  });
});

describeWithCorpus('chinook', 'of a database whose tenant nothing shows', () => {
  it('says that it does not know, of every table', async () => {
    const tenancy = await tenancyOf(await loadChinook(embeddedServer));
    expect(new Set(Object.values(told(tenancy)))).toEqual(new Set(['unknown']));
    expect(tenancy).toMatchObject({ confidence: 'unsure', column: null, root: null });
  });

  it('takes the column that a person names', async () => {
    const tenancy = await tenancyOf(await loadChinook(embeddedServer), { tenant: 'customer.support_rep_id' });
    expect(told(tenancy)).toMatchObject({
      customer: 'support_rep_id',
      invoice: 'customer_id > customer',
      genre: 'shared',
    });
    expect(tenancy.confidence).toBe('certain');
  });
});

it('refuses a column that no table has', async () => {
  await expect(
    tenancyOf('create table t (id int primary key, org_id int)', { tenant: 'orgg_id' }),
  ).rejects.toMatchObject({
    code: 'config_invalid',
  });
});

const SHOP = `
  create table tenants (id int primary key, name text);
  create table orders (id int primary key, tenant_id int not null references tenants, total int);
  create table lines (id int primary key, order_id int not null references orders, note text);
  create table colors (code text primary key, name text);`;

const POLICY = `
version: 1
preset: development
tables:
  tenants: { tenant: { column: id } }
  orders: { tenant: { column: tenant_id } }
  lines: { tenant: { via: orders } }
roles: { support: { tables: { orders: {}, lines: {} } } }
`;

it('is what a policy says, with a guess for what it leaves out', async () => {
  const tenancy = await tenancyOf(SHOP, { policy: POLICY });
  expect(told(tenancy)).toEqual({
    tenants: 'root',
    orders: 'tenant_id',
    lines: 'order_id > orders',
    colors: 'shared',
  });
  expect(tenancy).toMatchObject({ source: 'policy', confidence: 'certain', column: 'tenant_id' });
  expect(tenancy.tables.get('public.colors')).toMatchObject({
    sure: false,
    why: expect.stringMatching(/^it is not in the policy/),
  });
});

it('is read from a policy that was applied and is not at hand', async () => {
  const made = await createDatabase(embeddedServer, { sql: SHOP.replaceAll('tenant_id', 'belongs') });
  await (await govern(made, POLICY.replaceAll('tenant_id', 'belongs'))).close();
  const tenancy = await tenancyOf(made);
  expect(told(tenancy)).toMatchObject({ orders: 'belongs', lines: 'order_id > orders' });
  expect(tenancy).toMatchObject({ source: 'policy', confidence: 'certain', column: 'belongs' });
});
