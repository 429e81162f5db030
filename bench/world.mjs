/** The database that is measured: durable, on loopback, with a policy applied and Ringfence open on it. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { apply } from '../dist/database/apply.js';
import { installClaimKeys, setGatewayPassword } from '../dist/database/credentials.js';
import { generateKeys } from '../dist/database/keys.js';
import { startServer } from '../dist/database/server.js';
import { compilePolicy } from '../dist/policy/compile.js';
import { parsePolicy } from '../dist/policy/file.js';
import { createRingfence } from '../dist/ringfence.js';

const POLICY = `
version: 1
preset: production
owners: { tenant: bench, role: bench, secrets: bench, audit: bench }
tables:
  doc: { tenant: { column: tenant_id } }
  account: { tenant: { column: tenant_id } }
  entry: { tenant: { via: account } }
roles:
  agent:
    tools: [describe_schema, query, get, aggregate, sql, create, update]
    limits: { rows: 1000, scanned_rows: 100000000, timeout_ms: 60000 }
    tables:
      doc: { create: [title, body], update: [title], reason: optional }
      account: {}
      entry: {}
`;

/** A page of one tenant's documents: the query that floors are written by hand for. */
export const PAGE = { table: 'doc', columns: ['id', 'title', 'body', 'amount'], order: ['id'], limit: 20 };

/**
 * @param {{tenants: number, documents: number, accounts?: number, entries?: number}} size
 * @param {(what: string) => void} say
 */
export async function openWorld(size, say) {
  const dataDir = join(tmpdir(), `ringfence-bench-${process.pid}`);
  say('starting PostgreSQL');
  const server = await startServer({ dataDir, settings: { shared_buffers: '512MB', max_wal_size: '4GB' } });
  const url = server.url('postgres', server.superuser, server.superuserPassword);
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  say(`${size.documents.toLocaleString('en')} documents of ${size.tenants.toLocaleString('en')} tenants`);
  await admin.query(`
    create table doc (id bigint generated always as identity primary key, tenant_id int not null, title text not null, body text not null,
      amount numeric(12,2) not null default 0, kind text not null default 'note');
    create table account (id int primary key, tenant_id int not null, name text not null);
    create table entry (id int primary key, account_id int not null references account, note text not null, amount numeric(12,2) not null);
    create table plain_event (id uuid primary key, body text not null, at timestamptz not null default clock_timestamp());`);
  await admin.query(
    `insert into doc (tenant_id, title, body, amount, kind)
     select 1 + n % $1, 'title ' || n, 'body of document ' || n, n % 1000, 'kind' || n % 50 from generate_series(1, $2::int) n`,
    [size.tenants, size.documents],
  );
  await admin.query(
    'create index doc_tenant on doc (tenant_id, id); create index doc_title on doc (tenant_id, title text_pattern_ops); create index doc_amount on doc (tenant_id, amount)',
  );
  if (size.entries) {
    await admin.query(
      "insert into account select n, 1 + n % $1, 'account ' || n from generate_series(1, $2::int) n",
      [size.tenants, size.accounts],
    );
    await admin.query(
      "insert into entry select n, 1 + (n * 7919::bigint) % $1, 'note ' || n, n % 1000 from generate_series(1, $2::int) n",
      [size.accounts, size.entries],
    );
    await admin.query(
      'create index account_tenant on account (tenant_id); create index entry_account on entry (account_id)',
    );
  }
  await admin.query('vacuum analyze');
  say('applying the policy');
  const keys = generateKeys();
  const file = parsePolicy(POLICY);
  await apply(admin, (catalog) => compilePolicy(file, catalog), {
    alongside: async () => {
      await installClaimKeys(admin, keys);
      await setGatewayPassword(admin, keys);
      return true;
    },
  });
  const gatewayUrl = server.url('postgres', 'ringfence_gateway', keys.gatewayPassword);
  const ringfence = await createRingfence({ url: gatewayUrl, policy: file, keys, size: 32, perTenant: 32 });
  const raw = new pg.Pool({ connectionString: url, max: 32 });
  return {
    url,
    gatewayUrl,
    keys,
    file,
    admin,
    raw,
    ringfence,
    boundary: (tenant) =>
      ringfence.trustedBoundary({
        tenant: String(tenant),
        user: 'u1',
        role: 'agent',
        actor: { kind: 'agent', id: 'bench' },
      }),
    async close() {
      await ringfence.close();
      await raw.end();
      await admin.end();
      await server.stop();
      await rm(server.dataDir, { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
      for (const beside of ['.password', '.log', '.launcher'])
        await rm(`${dataDir}${beside}`, { force: true });
    },
  };
}
