/** `ringfence mcp` and `ringfence serve`, as a client and an operator meet them. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keysText } from '../../src/database/keys.js';
import { compiledPackage } from '../support/compiled.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { type Governed, govern } from '../support/governed.js';
import { describeOnServers } from '../support/test-server.js';
import { type Workplace, workplace } from './support/command-line.js';

const POLICY = `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
roles: { support: { reach: tenant, tables: { note: {} } } }
`;
const SECRET = 'known to this test alone, and long enough for HS256 to take it';
const ISSUED = {
  RINGFENCE_ISSUER: 'https://login.example/',
  RINGFENCE_AUDIENCE: 'https://api.example/',
  RINGFENCE_TOKEN_SECRET: SECRET,
};

describeOnServers('the faces of the command line', (server) => {
  let database: TestDatabase;
  let governed: Governed;
  let place: Workplace;

  beforeAll(async () => {
    database = await createDatabase(server, {
      sql: "create table note (id int primary key, org text not null, body text); insert into note values (1, 'north', 'ours'), (2, 'south', 'theirs')",
    });
    governed = await govern(database, POLICY);
    await database.query(
      "insert into ringfence.membership (tenant, user_id, role) values ('north', 'ada', 'support')",
    );
    place = await workplace({
      RINGFENCE_GATEWAY_URL: governed.gatewayUrl,
      RINGFENCE_KEYS: keysText(governed.keys),
    });
    await mkdir(place.path('.ringfence'));
    await writeFile(place.path('ringfence.policy.yaml'), POLICY);
  });
  afterAll(async () => {
    await governed?.close();
    await database.drop();
  });

  const token = () =>
    new SignJWT({ sub: 'ada', tenant: 'north', scope: 'ringfence:read' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUED.RINGFENCE_ISSUER)
      .setAudience(ISSUED.RINGFENCE_AUDIENCE)
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));

  const overStdio = async (args: readonly string[], env: Record<string, string>, options: ClientOptions) => {
    const client = new Client({ name: 'test', version: '1.0.0' }, options);
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [`${await compiledPackage()}/dist/cli/main.js`, 'mcp', ...args],
        cwd: place.directory,
        env: { ...place.env, ...env },
        stderr: 'ignore',
      }),
    );
    return client;
  };

  it.each([
    ['of 2026', { versionNegotiation: { mode: 'auto' } } satisfies ClientOptions],
    ['before', {}],
  ])('serves a client of the protocol %s over stdio: list, call, refusal, going on', async (_, options) => {
    const client = await overStdio(['--tenant', 'north', '--user', 'ada', '--role', 'support'], {}, options);
    try {
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('query');
      const refused = await client.callTool({ name: 'query', arguments: { table: 'nothing' } });
      expect(refused).toMatchObject({ isError: true, structuredContent: { code: 'unknown_table' } });
      const { structuredContent } = await client.callTool({ name: 'query', arguments: { table: 'note' } });
      expect(structuredContent).toMatchObject({ decision: 'allowed', rows: [{ id: 1, body: 'ours' }] });
    } finally {
      await client.close();
    }
  });

  it('serves the boundary of a token over stdio', async () => {
    const client = await overStdio([], { ...ISSUED, RINGFENCE_TOKEN: await token() }, {});
    try {
      const { structuredContent } = await client.callTool({ name: 'query', arguments: { table: 'note' } });
      expect(structuredContent).toMatchObject({ rows: [{ id: 1, body: 'ours' }] });
    } finally {
      await client.close();
    }
  });

  it('says what is missing before it serves anybody', async () => {
    expect(await place.run(['mcp'])).toMatchObject({
      exit: 64,
      stderr: expect.stringContaining('Whose boundary?'),
    });
    expect(await place.run(['mcp', '--tenant', 'north', '--user', 'ada', '--role', 'nobody'])).toMatchObject({
      exit: 9,
    });
    expect(await place.run(['mcp', '--tenant', 'north'], { env: { RINGFENCE_TOKEN: 'x' } })).toMatchObject({
      exit: 64,
    });
    expect(await place.run(['serve'])).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('Which issuer?'),
    });
    expect(await place.run(['serve', '--port', 'x'], { env: ISSUED })).toMatchObject({ exit: 64 });
    expect(await place.run(['serve'], { env: { ...ISSUED, RINGFENCE_TOKEN_SECRET: '' } })).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('no key'),
    });
  });

  it('serves over HTTP until it is told to end, and ends cleanly', async () => {
    const { child, ended } = place.start(['serve', '--port', '0', '--json'], ISSUED);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/tools/query`, {
      method: 'POST',
      headers,
      body: '{"input":{"table":"note"}}',
    });
    expect(await response.json()).toMatchObject({ decision: 'allowed', rows: [{ body: 'ours' }] });
    child.kill('SIGTERM');
    expect((await ended).exit).toBe(0);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
