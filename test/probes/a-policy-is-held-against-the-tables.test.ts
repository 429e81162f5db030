/** Faults that only somebody who has the policy can see: what it shares, and should not. */
import { afterEach, expect, it } from 'vitest';
import { connectAdministrator } from '../../src/database/administrator.js';
import { parsePolicy } from '../../src/policy/file.js';
import { check } from '../../src/probes/check/check.js';
import type { Finding } from '../../src/probes/check/finding.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { embeddedServer } from '../support/test-server.js';

let database: TestDatabase;
afterEach(() => database.drop());

const SHOP = `
  create table tenants (id int primary key, name text);
  create table orders (tenant_id int not null references tenants, id int, total int, primary key (tenant_id, id));
  create table colors (code text primary key, name text);
  create table promos (code text primary key, tenant_id int references tenants, percent int);
  create table stars (code text primary key, tenant int, id int, foreign key (tenant, id) references orders);`;

const policy = (tables: string): string => `
version: 1
preset: development
tables:
  tenants: { tenant: { column: id } }
  orders: { tenant: { column: tenant_id } }
${tables}
roles: { support: { tables: { orders: {} } } }
`;

async function shared(tables: string, login: string): Promise<readonly Finding[]> {
  database = await createDatabase(embeddedServer, { sql: SHOP });
  await database.createLogin({ prefix: 'app', sql: login });
  const administrator = await connectAdministrator(database.url);
  try {
    const { findings } = await check(administrator, { policy: parsePolicy(policy(tables)) });
    return findings.filter(({ rule }) => rule.startsWith('shared.'));
  } finally {
    await administrator.close();
  }
}

const READ = 'grant select on all tables in schema public to $login';

it('is content with reference data that is only read', async () => {
  expect(await shared('  colors: { tenant: shared }', READ)).toEqual([]);
});

it('finds a shared table that has a tenant column', async () => {
  expect(await shared('  promos: { tenant: shared }', READ)).toMatchObject([
    { rule: 'shared.has_tenant', severity: 'high', object: 'table public.promos' },
    { rule: 'shared.points_at_tenants', object: 'constraint promos_tenant_id_fkey on public.promos' },
  ]);
});

it('finds a shared table that points at rows of tenants', async () => {
  expect(await shared('  stars: { tenant: shared }', READ)).toContainEqual(
    expect.objectContaining({
      rule: 'shared.points_at_tenants',
      severity: 'medium',
      object: 'constraint stars_tenant_id_fkey on public.stars',
    }),
  );
});

it('finds reference data that a login may change, and mends it', async () => {
  const findings = await shared(
    '  colors: { tenant: shared }',
    'grant select, insert, update on colors to $login',
  );
  expect(findings).toMatchObject([
    { rule: 'shared.writable', severity: 'medium', object: 'table public.colors' },
  ]);
  for (const sql of findings[0]?.mend ?? []) await database.query(sql);
  const [right] = await database.query<{ count: string }>(
    `select count(*) from pg_class c, aclexplode(c.relacl) a where c.relname = 'colors' and a.privilege_type in ('INSERT', 'UPDATE') and a.grantee <> c.relowner`,
  );
  expect(right?.count).toBe('0');
});
