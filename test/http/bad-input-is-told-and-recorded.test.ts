/** What comes in wrong over HTTP: refused with a name, and either in the ledger or in the operator's log. */
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Served } from '../../src/http/serve.js';
import type { OperatorEntry } from '../../src/operator-log.js';
import { describeOnServers } from '../support/test-server.js';
import { allEvents, eventsOf } from '../tools/support/events.js';
import { audience, type Faced, faced, issuer, secret } from './support/faced.js';
import { exchange } from './support/wire.js';

/** What the operator was told since the last test. */
const told: OperatorEntry[] = [];
const log = (entry: OperatorEntry): void => void told.push(entry);
const messages = () => told.map(({ message }) => message);

describeOnServers('what comes in wrong over HTTP', (server) => {
  let face: Faced;
  let served: Served;
  beforeAll(async () => {
    face = await faced(server);
  });
  afterAll(() => face?.close());
  // Each test has a service of its own, and so a log that has said nothing yet.
  beforeEach(async () => {
    told.splice(0);
    served = await face.again({ log });
  });
  afterEach(() => served.close());

  const ask = async (path: string, init: RequestInit = {}, token?: string) => {
    const response = await fetch(`${served.url}${path}`, {
      ...init,
      headers: {
        authorization: `Bearer ${token ?? (await face.token())}`,
        'content-type': 'application/json',
        ...init.headers,
      },
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const call = (tool: string, body: string) => ask(`/v1/tools/${tool}`, { method: 'POST', body });

  describe('a token that does not hold', () => {
    const claims = { sub: 'ada', tenant: 'north', scope: 'ringfence:read' };
    const signed = (alg: string, key: Parameters<SignJWT['sign']>[0], to = audience, by = issuer) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg })
        .setIssuer(by)
        .setAudience(to)
        .setExpirationTime('5m')
        .sign(key);
    const key = createSecretKey(Buffer.from(secret));
    const tokens: readonly [string, () => Promise<string> | string, string][] = [
      ['is for another audience', () => signed('HS256', key, 'https://other.example/'), 'token_invalid'],
      [
        'was issued by another',
        () => signed('HS256', key, audience, 'https://evil.example/'),
        'token_invalid',
      ],
      ['has another key', () => signed('HS256', createSecretKey(Buffer.alloc(32, 1))), 'token_invalid'],
      [
        'has another algorithm',
        () => signed('HS512', createSecretKey(Buffer.from(secret.repeat(2)))),
        'token_invalid',
      ],
      [
        'is signed with a private key nobody knows',
        () => signed('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
        'token_invalid',
      ],
      [
        'is not signed at all',
        () =>
          new UnsecuredJWT(claims).setIssuer(issuer).setAudience(audience).setExpirationTime('5m').encode(),
        'token_invalid',
      ],
      [
        'never ends',
        () =>
          new SignJWT(claims)
            .setProtectedHeader({ alg: 'HS256' })
            .setIssuer(issuer)
            .setAudience(audience)
            .sign(key),
        'token_invalid',
      ],
      ['has ended', () => face.token({}, '-1m'), 'token_expired'],
      ['is twelve kilobytes of nothing', () => 'x'.repeat(12_000), 'token_invalid'],
    ];

    it.each(tokens)('that %s opens nothing, and the operator hears of it', async (_, made, code) => {
      const before = (await allEvents(face.database)).length;
      const token = await made();
      expect(await ask('/v1/tools', {}, token)).toMatchObject({ status: 401, json: { code } });
      expect(await ask('/mcp', { method: 'POST', body: '{}' }, token)).toMatchObject({ status: 401 });
      expect(messages()).toContain(`A request was refused: ${code}.`);
      expect(JSON.stringify(told.map(({ message }) => message))).not.toContain(token);
      expect(await allEvents(face.database)).toHaveLength(before);
    });
  });

  it('opens nothing for a token without scopes or membership, and the operator hears of it', async () => {
    expect(await ask('/v1/tools', {}, await face.token({ scope: 'openid' }))).toMatchObject({ status: 403 });
    expect(await ask('/v1/tools', {}, await face.token({ sub: 'eve' }))).toMatchObject({ status: 403 });
    expect(messages()).toEqual([
      'A request was refused: scope_insufficient.',
      'A request was refused: membership_missing.',
    ]);
  });

  it('ends a membership with the next request, whatever the token says', async () => {
    const token = await face.token({ sub: 'gone' });
    await face.database.query(
      "insert into ringfence.membership (tenant, user_id, role) values ('north', 'gone', 'desk')",
    );
    expect(await ask('/v1/tools', {}, token)).toMatchObject({ status: 200 });
    await face.database.query("delete from ringfence.membership where user_id = 'gone'");
    expect(await ask('/v1/tools', {}, token)).toMatchObject({
      status: 403,
      json: { code: 'membership_missing' },
    });
  });

  it.each([
    ['a tool that is not there', 'nothing', '{"input":{}}', 404, 'unknown_tool'],
    ['a name that is no name', '%2e%2e%2fadmin', '{"input":{}}', 404, 'unknown_tool'],
    ['a name without end', 'x'.repeat(5_000), '{"input":{}}', 404, 'unknown_tool'],
    ['a tool of another role', 'delete', '{"input":{"table":"ticket","id":1}}', 403, 'tool_not_allowed'],
    ['input that does not fit', 'query', '{"input":{"table":7}}', 400, 'input_invalid'],
    ['a tenant', 'query', '{"input":{"table":"ticket","where":{"org":"south"}}}', 403, 'tenant_named'],
  ])('records %s', async (_, tool, body, status, code) => {
    const answer = await call(tool, body);
    expect(answer).toMatchObject({ status, json: { code, event: expect.any(String) } });
    const [event] = await eventsOf(face.database, String(answer.json.event));
    expect(event).toMatchObject({ decision: { effect: 'denied', code } });
    expect(messages()).toEqual([]);
  });

  it.each([
    ['no JSON', '{"input":', 400, 'malformed_json'],
    ['nothing', '', 400, 'malformed_json'],
    ['bytes that are no text', '\u0000\u0001', 400, 'malformed_json'],
    ['another shape', '[]', 400, 'malformed_json'],
  ])('tells the operator of a call that is %s', async (_, body, status, code) => {
    expect(await call('query', body)).toMatchObject({ status, json: { code } });
    expect(messages()).toEqual([`A request was refused: ${code}.`]);
  });

  it('answers input that is nested without end, and goes on', async () => {
    const deep = 100_000;
    const body = `{"input":{"table":"ticket","where":${'{"not":'.repeat(deep)}{}${'}'.repeat(deep)}}}`;
    const { status, json } = await call('query', body);
    expect({ status, json }).toMatchObject({
      status: 422,
      json: { code: 'limit_exceeded', event: expect.any(String) },
    });
    expect((await call('query', '{"input":{"table":"ticket"}}')).status).toBe(200);
  });

  it('reads no more of a body than it may have, whether its length is declared or not', async () => {
    const token = await face.token();
    const head = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    const declared = await exchange(
      served.url,
      `POST /v1/tools/query HTTP/1.1\r\n${head}Content-Length: 999999999\r\n\r\n{"input":`,
    );
    expect(declared).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (const path of ['/v1/tools/query', '/mcp']) {
      const chunked = await exchange(
        served.url,
        `POST ${path} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`,
      );
      expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
      expect(chunked).toContain('body_too_large');
    }
    expect(messages()).toEqual(Array(3).fill('A request was refused: body_too_large.'));
  });

  it('refuses too many headers, and lengths that contradict each other', async () => {
    const many = Array.from({ length: 4_000 }, (_, n) => `x${n}: 1\r\n`).join('');
    expect(await exchange(served.url, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${many}\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    expect(
      await exchange(
        served.url,
        'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('cannot have its log drowned', async () => {
    for (let n = 0; n < 40; n++) await fetch(`${served.url}/v1/tools`);
    expect(told).toHaveLength(5);
  });

  it.each([
    ['Host: evil.example', 421],
    ['Host: localhost.evil.example', 421],
    ['Host: localhost@evil.example', 400],
    ['Host: 2130706433', 200],
    ['Host: localhost\r\nHost: evil.example', 421],
    ['X-Forwarded-Host: localhost\r\nHost: evil.example', 421],
    ['Host: localhost\r\nOrigin: https://evil.example', 403],
    ['Host: localhost\r\nOrigin: null', 403],
    ['Host: localhost\r\nOrigin: http://localhost.evil.example', 403],
    ['Host: localhost\r\nOrigin: http://localhost:1', 403],
    ['Host: localhost\r\nOrigin: http://localhost', 200],
    ['Host: localhost:9\r\nOrigin: http://localhost:9', 200],
    ['Host: evil.example\r\nOrigin: http://evil.example', 421],
  ])('answers a page that says %j with %i', async (headers, status) => {
    const answer = await exchange(
      served.url,
      `GET /openapi.json HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).not.toContain('access-control-allow-origin');
    expect(messages()).toEqual(
      status === 421 || status === 403
        ? [`A request was refused: ${status === 421 ? 'host' : 'origin'}_refused.`]
        : [],
    );
  });
});
