/** The executor and nothing before it: texts go straight into `ringfence.execute`, as the gateway's login, on one connection. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Boundary } from '../../../src/boundary/boundary.js';
import { trustedBoundary } from '../../../src/boundary/resolve.js';
import type {
  DescribeCall,
  DescribeOutcome,
  ExecuteCall,
  ExecuteOutcome,
} from '../../../src/database/agent-sql.js';
import { type ApplyOptions, apply } from '../../../src/database/apply.js';
import { type ClaimMaker, createClaimMaker } from '../../../src/database/claim.js';
import { installClaimKeys, setGatewayPassword } from '../../../src/database/credentials.js';
import { describeAgentSql } from '../../../src/database/describe-agent-sql.js';
import { executeAgentSql } from '../../../src/database/execute-agent-sql.js';
import { generateKeys, type Keys } from '../../../src/database/keys.js';
import { TenantPool } from '../../../src/database/pool.js';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { CompiledPolicy, CompiledRole } from '../../../src/policy/compiled.js';
import { parsePolicy } from '../../../src/policy/file.js';
import type { TestDatabase } from '../../support/database.js';

/** A shop with two tenants. Every text of b's holds the word `zephyr`, every key of b's is 7001 or above. */
export const SHOP = `
create type mood as enum ('glad', 'sad');
create table customer (id int primary key, tenant text not null, name text not null, email text not null, token text not null, feeling mood not null default 'glad');
create table purchase (id bigint generated always as identity primary key, customer_id int not null references customer, total numeric(12,2) not null, note text not null);
create table town (code text primary key, name text not null);
create table memo (id serial primary key, tenant text not null, body text not null);
create sequence counter;
insert into customer select n, 'a', 'name ' || n, n || '@a.example', 'token ' || n from generate_series(1, 40) n;
insert into customer select n, 'b', 'zephyr ' || n, n || '@zephyr.example', 'zephyr token ' || n from generate_series(7001, 7040) n;
insert into purchase (customer_id, total, note) select c.id, n, case c.tenant when 'b' then 'zephyr' else 'note' end || n from customer c, generate_series(1, 5) n;
insert into memo values (1, 'a', 'note'), (7001, 'b', 'zephyr 7001');
insert into town values ('B', 'Berlin'), ('P', 'Paris');
create index on customer (tenant); create index on purchase (customer_id);
analyze;
`;

export const SHOP_POLICY = `
version: 1
preset: development
tables:
  customer: { tenant: { column: tenant } }
  purchase: { tenant: { via: customer } }
  memo: { tenant: { column: tenant } }
  town: { tenant: shared }
acknowledge: { unique: [memo.id] }
deny:
  columns: ["*token*"]
roles:
  support:
    tools: [describe_schema, query, create, update, delete, sql]
    tables:
      customer: { mask: { email: email } }
      purchase: {}
      memo: { create: [body], update: [body], delete: true }
      town: {}
  finance:
    tools: [describe_schema, sql]
    tables:
      purchase: {}
  clerk:
    tools: [query]
    tables:
      town: {}
`;

export interface Executor {
  readonly policy: CompiledPolicy;
  readonly keys: Keys;
  readonly pool: TenantPool;
  readonly claims: ClaimMaker;
  readonly gatewayUrl: string;
  role(name?: string): CompiledRole;
  boundary(tenant?: string, role?: string): Boundary;
  /** In tenant a, as support, with five seconds and an event, unless told otherwise. */
  execute(
    text: string,
    options?: Partial<ExecuteCall> & { readonly tenant?: string },
  ): Promise<ExecuteOutcome>;
  describe(
    text: string,
    options?: Partial<DescribeCall> & { readonly tenant?: string },
  ): Promise<DescribeOutcome>;
  /** On the one connection that the calls go over, as the gateway's login. */
  onConnection<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
  close(): Promise<void>;
}

/** An event of its own, with bodies as the gate writes them. */
export function event(): { readonly id: string; readonly allowed: string; readonly failed: string } {
  return {
    id: randomUUID(),
    allowed: '{"action":"sql","decision":{"effect":"allowed"}}',
    failed: '{"action":"sql","decision":{"effect":"failed","sqlstate":"00000"}}',
  };
}

/** Applies a policy and opens a pool of one connection. */
export async function openExecutor(
  database: TestDatabase,
  options: {
    readonly policy?: string;
    readonly admin?: pg.Client;
    readonly apply?: ApplyOptions;
    readonly url?: string;
    readonly pooled?: boolean;
    readonly size?: number;
  } = {},
): Promise<Executor> {
  const file = parsePolicy(options.policy ?? SHOP_POLICY);
  const keys = generateKeys();
  const admin = options.admin ?? (await database.connect());
  let policy: CompiledPolicy | undefined;
  await apply(
    admin,
    (catalog) => {
      policy = compilePolicy(file, catalog);
      return policy;
    },
    {
      ...options.apply,
      alongside: async () => {
        await installClaimKeys(admin, keys);
        await setGatewayPassword(admin, keys);
        return true;
      },
    },
  );
  if (options.admin === undefined) await admin.end();
  if (policy === undefined) throw new Error('no policy was compiled');
  const gatewayUrl = database.urlFor({ name: 'ringfence_gateway', password: keys.gatewayPassword });
  const opened = await openPool(policy, keys, {
    url: options.url ?? gatewayUrl,
    pooled: options.pooled ?? false,
    size: options.size ?? 1,
  });
  return { ...opened, gatewayUrl };
}

/** The same on a database that has the policy already. */
export async function openPool(
  policy: CompiledPolicy,
  keys: Keys,
  {
    url,
    pooled = false,
    size = 1,
  }: { readonly url: string; readonly pooled?: boolean; readonly size?: number },
): Promise<Executor> {
  const pool = new TenantPool({ url, size, perTenant: size, pooled });
  const onConnection: Executor['onConnection'] = async <Row extends pg.QueryResultRow>(sql: string) => {
    const lease = await pool.lease('test');
    try {
      return (await lease.client.query<Row>(sql)).rows;
    } finally {
      lease.release(true);
    }
  };
  const [installed] = await onConnection<{ domain: string }>('select ringfence.domain() as domain');
  const claims = createClaimMaker(keys, installed?.domain ?? '');
  const role = (name = 'support'): CompiledRole => {
    const found = policy.roles.get(name);
    if (found === undefined) throw new Error(`no role ${name}`);
    return found;
  };
  const boundary = (tenant = 'a', name = 'support'): Boundary =>
    trustedBoundary({
      tenant,
      user: 'u1',
      role: name,
      actor: { kind: 'agent', id: 'test' },
      policy: { hash: policy.hash, roles: new Set(policy.roles.keys()) },
    });
  const who = (tenant?: string) => ({ boundary: boundary(tenant), role: role(), timeoutMs: 5_000 });
  return {
    policy,
    keys,
    pool,
    claims,
    gatewayUrl: url,
    role,
    boundary,
    execute: (text, { tenant, ...options } = {}) =>
      executeAgentSql(pool, claims, {
        ...who(tenant),
        text,
        columns: 1,
        rowLimit: 100,
        byteLimit: 100_000,
        event: event(),
        ...options,
      }),
    describe: (text, { tenant, ...options } = {}) =>
      describeAgentSql(pool, claims, { ...who(tenant), opaque: text, ...options }),
    onConnection,
    close: () => pool.close(),
  };
}

/** `rows`, an SQLSTATE, or the code of a verdict. */
export function stateOf(outcome: ExecuteOutcome | DescribeOutcome): string {
  switch (outcome.kind) {
    case 'rows':
    case 'described':
      return outcome.kind;
    case 'error':
      return outcome.error.sqlstate;
    case 'verdict':
      return outcome.verdict.code;
  }
}

/** The rows of an outcome that must have some. */
export function rowsOf(outcome: ExecuteOutcome): readonly (readonly (string | null)[])[] {
  if (outcome.kind !== 'rows') throw new Error(JSON.stringify(outcome));
  return outcome.rows;
}
