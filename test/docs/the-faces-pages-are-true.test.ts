/** What the pages on HTTP, MCP, frameworks and the login of tools say, held against the faces. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MAX_STEPS } from '../../src/adapters/call.js';
import { createTokenVerifier } from '../../src/boundary/token.js';
import { DEFAULT_RATE_LIMITS } from '../../src/http/rate-limit.js';
import { type Served, serve } from '../../src/http/serve.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { embeddedServer } from '../support/test-server.js';
import { blocksOf, checkout, codeSpans, onlyBlock, readPage, section, tableRows } from './support/pages.js';
import { FABRIKAM, makeShop, type Shop } from './support/shop.js';

const secret = 'known to this test alone, and long enough for HS256 to take it';
const issuer = 'https://login.example.com/';

const own = defineTool({
  name: 'own',
  description: 'Does nothing.',
  effect: 'read',
  input: z.object({}),
  output: z.null(),
  run: async () => null,
});

let shop: Shop;
let served: Served;
let token: string;
beforeAll(async () => {
  shop = await makeShop(embeddedServer);
  await shop.database.query(
    `insert into ringfence.membership (tenant, workspace, user_id, role) values ('${FABRIKAM}', 'front', 'jane', 'support')`,
  );
  const verify = createTokenVerifier({ issuer, audience: 'shop', secret });
  served = await serve({ ringfence: shop.ringfence, verify, version: '1.0.0', port: 0 });
  token = await new SignJWT({ sub: 'jane', scope: 'ringfence:read ringfence:write' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setAudience('shop')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
});
afterAll(async () => {
  await served?.close();
  await shop?.close();
  await shop?.database.drop();
});

describe('an exchange on a page', () => {
  const exchanges = blocksOf([readPage('docs/http.md'), readPage('docs/operations.md')], ['http'], 'run');

  it.each(exchanges.map((block) => [`${block.page}:${block.line}`, block.text]))(
    '%s goes so',
    async (_, text) => {
      const [asked = '', answered = ''] = text.split('\n\n');
      const [line = '', body] = asked.split('\n');
      const [method = '', path = ''] = line.split(' ');
      const [status = '', json = ''] = answered.split('\n');
      const response = await fetch(`${served.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      expect(response.status).toBe(Number(status));
      expect(await response.json()).toMatchObject(JSON.parse(json) as object);
    },
  );
});

describe('docs/http.md', () => {
  const page = readPage('docs/http.md');

  it('has the paths that there are', async () => {
    const document = (await (await fetch(`${served.url}/openapi.json`)).json()) as { readonly paths: object };
    const general = Object.keys(document.paths).map((path) => path.replace(/^(\/v1\/tools\/).+/, '$1<tool>'));
    const told = tableRows(section(page, 'Paths')).flatMap(([cell = '']) => codeSpans(cell));
    expect([...new Set([...general, '/openapi.json'])].sort()).toEqual(told.sort());
  });

  it('has the rates that there are', () => {
    const told = tableRows(section(page, 'Limits')).map(([, limit = '']) => Number.parseInt(limit, 10));
    expect(told.slice(0, 2)).toEqual([DEFAULT_RATE_LIMITS.perAddress, DEFAULT_RATE_LIMITS.perSession]);
  });
});

describe('docs/mcp.md', () => {
  it('configures a client over HTTP that is served', async () => {
    const { text } = onlyBlock(readPage('docs/mcp.md'), 'json', 'config=http');
    const { shop: configured } = (
      JSON.parse(text) as {
        readonly mcpServers: {
          readonly shop: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
        };
      }
    ).mcpServers;
    const headers = Object.fromEntries(
      Object.entries(configured.headers).map(([name, value]) => [
        name,
        value.replace(/\$\{RINGFENCE_TOKEN\}/, token),
      ]),
    );
    const client = new Client({ name: 'test', version: '1.0.0' });
    const { pathname } = new URL(configured.url);
    await client.connect(
      new StreamableHTTPClientTransport(new URL(pathname, served.url), { requestInit: { headers } }),
    );
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('query');
    await client.close();
  });
});

describe('docs/frameworks.md', () => {
  const page = readPage('docs/frameworks.md');

  it('names the packages, the subpaths and the versions that are tried', () => {
    const { exports, peerDependencies } = JSON.parse(
      readFileSync(join(checkout, 'package.json'), 'utf8'),
    ) as {
      readonly exports: Readonly<Record<string, unknown>>;
      readonly peerDependencies: Readonly<Record<string, string>>;
    };
    const rows = tableRows(page.prose.join('\n')).filter(([, subpath = '']) =>
      subpath.startsWith('`ringfence/'),
    );
    const told = rows.map(([, subpath = '', install = '', tried = '']) => {
      const [name = ''] = codeSpans(install);
      const installed = join(checkout, 'node_modules', name, 'package.json');
      expect((JSON.parse(readFileSync(installed, 'utf8')) as { readonly version: string }).version).toBe(
        tried,
      );
      expect(Object.keys(exports)).toContain(codeSpans(subpath)[0]?.replace('ringfence', '.'));
      return name;
    });
    // Those of tools of the product's own are told where such tools are.
    const elsewhere = tableRows(section(readPage('docs/own-tools.md'), 'Kysely, Drizzle and Prisma')).map(
      ([, , install = '']) => codeSpans(install)[0],
    );
    expect(told.sort()).toEqual(
      Object.keys(peerDependencies)
        .filter((name) => !elsewhere.includes(name))
        .sort(),
    );
  });

  it('configures the Claude Agent SDK so that an MCP client with it is served, and with nothing beside it', async () => {
    const { text } = onlyBlock(page, 'ts', 'config=claude');
    const options = new Function('token', `${text.replace(' as const', '')}\nreturn options;`)(token) as {
      readonly mcpServers: {
        readonly shop: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
      };
    };
    expect(options).toMatchObject({
      strictMcpConfig: true,
      settingSources: [],
      tools: [],
      allowedTools: ['mcp__shop__*'],
    });
    const { url, headers } = options.mcpServers.shop;
    const client = new Client({ name: 'claude-agent-sdk', version: '0.0.0' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(new URL(url).pathname, served.url), {
        requestInit: { headers },
      }),
    );
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('query');
    expect(
      await client.callTool({ name: 'query', arguments: { table: 'customer', limit: 1 } }),
    ).toMatchObject({
      structuredContent: { decision: 'allowed', untrusted: ['rows'] },
    });
    expect(client.getInstructions()).toContain('describe_schema');
    await client.close();
  });

  it('says where loops end', () => {
    expect(section(page, 'The loop')).toContain(`\`MAX_STEPS\` is ${MAX_STEPS}`);
    for (const { text } of blocksOf([page], ['ts']))
      for (const [, turns] of text.matchAll(/maxTurns: (\d+)/g)) expect(Number(turns)).toBe(MAX_STEPS);
  });
});

describe('docs/database.md, on tools of your own,', () => {
  const text = section(readPage('docs/database.md'), 'Tools of your own');
  let database: TestDatabase;
  let governed: Governed;
  beforeAll(async () => {
    database = await createDatabase(embeddedServer, {
      sql: `create table customer (id int generated by default as identity primary key, org text not null);
        create table ticket (id serial primary key, customer_id int not null references customer);
        create table country (code text primary key); create table elsewhere (id int primary key);
        create materialized view summary as select org, count(*) from customer group by org;`,
    });
    governed = await govern(
      database,
      `version: 1
preset: development
tables:
  customer: { tenant: { column: org } }
  ticket: { tenant: { via: customer } }
  country: { tenant: shared }
  summary: { tenant: { column: org } }
tools: { own: { effect: read } }
roles: { support: { tools: [own], tables: { customer: {} } } }`,
      { tools: [own] },
    );
  });
  afterAll(async () => {
    await governed?.close();
    await database?.drop();
  });
  const column = async (sql: string): Promise<string[]> =>
    (await database.query<{ one: string }>(sql)).map(({ one }) => one);

  it('tells which functions the login may execute, and no others', async () => {
    const may = await column(
      `select 'ringfence.' || proname || '(' || coalesce((
         select string_agg(format_type(t, null), ', ' order by n) from unnest(proargtypes::oid[]) with ordinality a (t, n)), '') || ')' as one
       from pg_proc where pronamespace = 'ringfence'::regnamespace and has_function_privilege('ringfence_app', oid, 'execute') order by 1`,
    );
    const told = codeSpans(text).filter((code) => /^ringfence\..+\)$/.test(code));
    expect(told.sort()).toEqual(may);
  });

  it('tells which rights it gets on what', async () => {
    const rights = await database.query(
      `select relname, string_agg(privilege_type, ', ' order by strpos('SELECT INSERT UPDATE DELETE', privilege_type)) as rights
       from pg_class cross join lateral aclexplode(relacl) where grantee = 'ringfence_app'::regrole and relkind in ('r', 'm') group by relname order by 1`,
    );
    const [all = '', shared = ''] = tableRows(text).map(([cell = '']) => cell);
    expect(rights).toEqual([
      { relname: 'country', rights: shared },
      { relname: 'customer', rights: all },
      { relname: 'ticket', rights: all },
    ]);
  });

  it('tells which policies hold it', async () => {
    const policies = await column(
      `select distinct polname || case when polpermissive then ', permissive' else ', restrictive' end as one
       from pg_policy where polroles = array['ringfence_app'::regrole::oid] order by 1`,
    );
    for (const policy of policies) expect(text).toContain(policy.replace(', ', '`, '));
    expect(policies).toHaveLength(2);
    const protectedTables = await column(
      'select relname as one from pg_class where relrowsecurity order by 1',
    );
    expect(protectedTables.filter((name) => ['customer', 'ticket'].includes(name))).toHaveLength(2);
  });
});
