import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTokenVerifier } from '../../src/boundary/token.js';
import { refusalOf } from './support/boundaries.js';
import { audience, issuer, issuerWithKey, signedWithSecret } from './support/tokens.js';

let server: Server;
let answer: RequestListener;
let asked: number;
let jwksUrl: string;

beforeEach(async () => {
  asked = 0;
  server = createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});

afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function publish(...keys: unknown[]): void {
  answer = (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  };
}

const verifier = () => createTokenVerifier({ issuer, audience, jwksUrl });
const login = issuerWithKey('one');

describe('a key set behind a URL', () => {
  test('is fetched once for many tokens', async () => {
    publish(await login.jwk());
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 8 }, (_, at) => login.sign({ sub: `user-${at}` })));
    const principals = await Promise.all(tokens.map(verify));
    expect(principals.map(({ user }) => user)).toEqual(tokens.map((_, at) => `user-${at}`));
    expect(asked).toBe(1);
  });

  test('is fetched again for a key that is new, but not for every token that names one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    publish(await login.jwk());
    const verify = verifier();
    await verify(await login.sign());
    const next = issuerWithKey('two');
    publish(await login.jwk(), await next.jwk());
    const token = await next.sign();
    await refusalOf('token_invalid', () => verify(token));
    await refusalOf('token_invalid', () => verify(token));
    expect(asked).toBe(1);
    vi.setSystemTime(Date.now() + 31_000);
    expect((await verify(token)).user).toBe('ada');
    expect(asked).toBe(2);
  });

  test('no longer verifies with a key that the issuer withdrew', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    publish(await login.jwk());
    const verify = verifier();
    await verify(await login.sign());
    publish(await issuerWithKey('two').jwk());
    vi.setSystemTime(Date.now() + 601_000);
    await refusalOf('token_invalid', async () => verify(await login.sign()));
  });

  test('tells several keys apart by name, and guesses none', async () => {
    const other = issuerWithKey('two');
    publish(await login.jwk(), await other.jwk());
    const verify = verifier();
    expect((await verify(await other.sign())).user).toBe('ada');
    await refusalOf('token_invalid', async () => verify(await other.sign({}, { kid: 'one' })));
    await refusalOf('token_invalid', async () => verify(await other.sign({}, { kid: undefined })));
  });

  test('serves no secrets: a symmetric key in it verifies nothing', async () => {
    const secret = 's'.repeat(32);
    publish({ kty: 'oct', k: Buffer.from(secret).toString('base64url'), alg: 'HS256', kid: 'shared' });
    await refusalOf('token_invalid', () => verifier()(signedWithSecret(secret, {}, { kid: 'shared' })));
  });
});

describe('an issuer that does not answer as it should is not the token’s fault', () => {
  const answers: Record<string, RequestListener> = {
    'an error': (_request, response) => response.writeHead(503).end('upstream 10.0.0.7 refused'),
    'a page': (_request, response) => response.end('<html>sign in</html>'),
    'something that is no key set': (_request, response) => response.end('{"keys":7}'),
    'a redirect, which is not followed': (_request, response) =>
      response.writeHead(302, { location: `${jwksUrl}?moved` }).end(),
    nothing: (request) => request.socket.destroy(),
  };
  for (const [what, listener] of Object.entries(answers)) {
    test(what, async () => {
      answer = listener;
      const token = await login.sign();
      const error = await refusalOf('key_missing', () => verifier()(token));
      expect(error.cause).toBeInstanceOf(Error);
      expect(error.message).not.toContain('10.0.0.7');
      expect(inspect(error)).not.toContain(token);
      expect(asked).toBe(1);
    });
  }

  test('and once it answers again, the same verifier works', async () => {
    answer = (_request, response) => response.writeHead(500).end();
    const verify = verifier();
    await refusalOf('key_missing', async () => verify(await login.sign()));
    publish(await login.jwk());
    expect((await verify(await login.sign())).user).toBe('ada');
  });
});

test('a key set at hand works as one behind a URL does', async () => {
  const verify = createTokenVerifier({ issuer, audience, jwks: { keys: [await login.jwk()] } });
  expect((await verify(await login.sign())).user).toBe('ada');
  await refusalOf('token_invalid', async () => verify(await issuerWithKey('two').sign()));
});
