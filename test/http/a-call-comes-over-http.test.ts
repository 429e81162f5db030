/** Tools over HTTP: a token opens a boundary, the gate decides, and everything that goes wrong is a problem with a name. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { type Faced, faced } from './support/faced.js';

describeOnServers('over HTTP', (server) => {
  let face: Faced;
  beforeAll(async () => {
    face = await faced(server);
  });
  afterAll(() => face?.close());

  const call = async (tool: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${face.served.url}/v1/tools/${tool}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await face.token()}`,
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
      status: response.status,
      headers: response.headers,
      json: (await response.json()) as Record<string, unknown>,
    };
  };
  const events = async () =>
    await face.database.query<{ body: string }>(
      'select body from ringfence.event_pending order by recorded_at',
    );

  it('answers with the rows of the tenant that the token names', async () => {
    const { status, json } = await call('query', { input: { table: 'ticket' } });
    expect(status).toBe(200);
    expect((json.rows as { title: string }[]).map(({ title }) => title)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `north ticket ${n}`),
    );
    const bob = await call(
      'query',
      { input: { table: 'ticket' } },
      { authorization: `Bearer ${await face.token({ sub: 'bob', tenant: 'south' })}` },
    );
    expect(JSON.stringify(bob.json)).not.toContain('north');
  });

  it('lists the tools of the caller, by role and by scope', async () => {
    const names = async (scope: string) => {
      const response = await fetch(`${face.served.url}/v1/tools`, {
        headers: { authorization: `Bearer ${await face.token({ scope })}` },
      });
      return ((await response.json()) as { tools: { name: string }[] }).tools.map(({ name }) => name);
    };
    expect(await names('ringfence:read ringfence:write')).toEqual([
      'describe_schema',
      'query',
      'get',
      'update',
    ]);
    expect(await names('openid ringfence:read')).toEqual(['describe_schema', 'query', 'get']);
  });

  it('tells a refusal as a problem, with the event that recorded it', async () => {
    const { status, headers, json } = await call('query', {
      input: { table: 'ticket', columns: ['secret_note'] },
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({
      type: 'urn:ringfence:problem:unknown_column',
      code: 'unknown_column',
      status: 422,
    });
    expect(await call('nope', { input: {} })).toMatchObject({
      status: 404,
      json: { code: 'unknown_tool', event: expect.any(String) },
    });
    expect((await events()).filter(({ body }) => body.includes('"unknown_tool"'))).toHaveLength(1);
  });

  it('records a write under a token that may only read as denied, and does not make it', async () => {
    const readOnly = { authorization: `Bearer ${await face.token({ scope: 'ringfence:read' })}` };
    const { status, json } = await call(
      'update',
      { input: { table: 'ticket', id: 1, values: { title: 'x' } }, reason: 'test' },
      readOnly,
    );
    expect({ status, code: json.code, rule: json.rule }).toEqual({
      status: 403,
      code: 'tool_not_allowed',
      rule: 'boundary.tools',
    });
    expect(await face.database.query("select from ticket where title = 'x'")).toEqual([]);
  });

  it('turns away who has no token, an old one, one for somebody else, or one without a scope', async () => {
    const tries: [string | null, number, string][] = [
      [null, 401, 'token_invalid'],
      ['Basic YTpi', 401, 'token_invalid'],
      ['Bearer ', 401, 'token_invalid'],
      ['Bearer a.b.c', 401, 'token_invalid'],
      [`Bearer ${await face.token({}, '-1m')}`, 401, 'token_expired'],
      [`Bearer ${await face.token({ scope: 'openid' })}`, 403, 'scope_insufficient'],
      [`Bearer ${await face.token({ scope: undefined })}`, 403, 'scope_insufficient'],
      [`Bearer ${await face.token({ tenant: 'south' })}`, 403, 'membership_missing'],
      [`Bearer ${await face.token({ sub: 'eve' })}`, 403, 'membership_missing'],
    ];
    for (const [authorization, status, code] of tries) {
      const response = await fetch(`${face.served.url}/v1/tools`, {
        headers: authorization === null ? {} : { authorization },
      });
      expect({ status: response.status, code: ((await response.json()) as { code: string }).code }).toEqual({
        status,
        code,
      });
      if (code !== 'membership_missing') expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    }
  });

  it.each([
    ['no JSON', '{"input":', 400, 'malformed_json'],
    ['another shape', '[]', 400, 'malformed_json'],
    ['an unknown member', '{"input":{},"tenant":"south"}', 400, 'malformed_json'],
    ['a body that is too large', `{"input":"${'x'.repeat(1_100_000)}"}`, 413, 'body_too_large'],
    ['an input of another type', '{"input":"table"}', 400, 'input_invalid'],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await call('query', body)).toMatchObject({ status, json: { code } });
  });

  it('refuses another content type, another host and a page of another origin', async () => {
    expect(await call('query', '{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(
      await call('query', '{"input":{"table":"ticket"}}', { origin: 'https://evil.example' }),
    ).toMatchObject({
      status: 403,
      json: { code: 'origin_refused' },
    });
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
  });

  it('says how things stand, and that it is ready', async () => {
    const health = (await (await fetch(`${face.served.url}/healthz`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({
      status: 'ok',
      version: '1.2.3',
      policy: face.governed.ringfence.policy.hash,
      database: { status: 'up', policyInForce: true },
      ledger: { status: 'up', pending: expect.any(Number) },
    });
    expect(await (await fetch(`${face.served.url}/readyz`)).json()).toEqual({ ready: true });
    const document = (await (await fetch(`${face.served.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toContain('/v1/tools/query');
    expect((await fetch(`${face.served.url}/elsewhere`)).status).toBe(404);
  });

  it('cuts off headers without end', async () => {
    expect(
      await raw(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 431 /);
  });

  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(face.served.url);
      let answer = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (data) => {
        answer += data.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    });

  describe('with few requests allowed', () => {
    it('tells who asks too often to wait', async () => {
      const strict = await faced(server, { rateLimits: { perSession: 2 } });
      try {
        const headers = { authorization: `Bearer ${await strict.token()}` };
        const statuses = [];
        for (let n = 0; n < 3; n++) {
          const response = await fetch(`${strict.served.url}/v1/tools`, { headers });
          statuses.push([response.status, response.headers.has('retry-after')]);
        }
        expect(statuses).toEqual([
          [200, false],
          [200, false],
          [429, true],
        ]);
      } finally {
        await strict.close();
      }
    });
  });

  it('ends the calls under way before it stops', async () => {
    const other = await faced(server);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await other.token()}` };
    const blocker = await other.database.connect();
    await blocker.query('begin; lock table ticket in access exclusive mode');
    const waiting = fetch(`${other.served.url}/v1/tools/query`, {
      method: 'POST',
      headers,
      body: '{"input":{"table":"ticket"}}',
    });
    await expect
      .poll(async () => (await other.database.query('select from pg_locks where not granted')).length)
      .toBe(1);
    const closing = other.served.close();
    await expect(fetch(`${other.served.url}/healthz`)).rejects.toThrow();
    await blocker.query('commit');
    await blocker.end();
    expect((await waiting).status).toBe(200);
    await closing;
    await other.close();
  });
});
