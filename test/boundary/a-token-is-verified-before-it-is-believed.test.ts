import { createHmac, createPublicKey, verify as verifySignature } from 'node:crypto';
import { inspect } from 'node:util';
import { decodeJwt, decodeProtectedHeader, EncryptJWT } from 'jose';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createTokenVerifier, type TokenVerifierOptions, verifyToken } from '../../src/boundary/token.js';
import { refusalOf } from './support/boundaries.js';
import { audience, goodClaims, issuer, issuerWithKey, signedWithSecret, unsigned } from './support/tokens.js';

afterEach(() => vi.useRealTimers());

const login = issuerWithKey();
const options: TokenVerifierOptions = { issuer, audience, key: login.publicPem };
const verify = createTokenVerifier(options);

/** The raw path of many products: the payload is decoded and believed. */
const naiveDecode = (token: string) => decodeJwt(token).sub;

/** The raw path of older libraries: the token says how it is to be verified, with whatever key there is. */
function naiveVerify(token: string, keyText: string): string | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const content = `${header}.${payload}`;
  const bytes = Buffer.from(signature, 'base64url');
  const good =
    decodeProtectedHeader(token).alg === 'HS256'
      ? createHmac('sha256', keyText).update(content).digest().equals(bytes)
      : verifySignature(
          'sha256',
          Buffer.from(content),
          { key: createPublicKey(keyText), dsaEncoding: 'ieee-p1363' },
          bytes,
        );
  return good ? decodeJwt(token).sub : undefined;
}

describe('a good token', () => {
  test('names its user and nothing it may do', async () => {
    const token = await login.sign({ role: 'admin', tenant: 'dental', workspace: 'north' });
    const principal = await verify(token);
    expect(principal).toMatchObject({
      kind: 'user',
      user: 'ada',
      tenant: 'dental',
      workspace: 'north',
      issuer,
    });
    expect(principal).not.toHaveProperty('role');
    expect(principal.expiresAt).toBe((Number(principal.claims.exp) + 5) * 1000);
    expect(await verifyToken(token, options)).toMatchObject({ user: 'ada' });
  });

  test('without a membership leaves it open', async () => {
    expect(await verify(await login.sign({ tenant: null }))).toMatchObject({ tenant: null, workspace: null });
  });

  test('of a service is verified by a verifier for services', async () => {
    const services = createTokenVerifier({ ...options, kind: 'service' });
    expect((await services(await login.sign({ kind: 'user' }))).kind).toBe('service');
  });

  test('may be meant for several, and come from one of several issuers', async () => {
    const several = createTokenVerifier({
      ...options,
      issuer: ['https://old.test', issuer],
      audience: [audience, 'b'],
    });
    expect((await several(await login.sign({ aud: ['x', audience] }))).user).toBe('ada');
  });

  test('may keep its names elsewhere, nested ones too, and numbers are names', async () => {
    const mapped = createTokenVerifier({
      ...options,
      claims: { user: 'uid', tenant: ['app_metadata', 'org'], workspace: 'https://example.test/ws' },
    });
    const token = await login.sign({ uid: 7, app_metadata: { org: 42 }, 'https://example.test/ws': 'north' });
    expect(await mapped(token)).toMatchObject({ user: '7', tenant: '42', workspace: 'north' });
  });
});

describe('a forged token', () => {
  test('unsigned is believed by whoever only decodes it, and refused here', async () => {
    for (const algorithm of ['none', 'None', 'NONE', 'nOnE']) {
      const token = unsigned({ sub: 'eve' }, algorithm);
      expect(naiveDecode(token)).toBe('eve');
      await refusalOf('token_invalid', () => verify(token));
    }
  });

  test('with its claims changed is believed by whoever only decodes it, and refused here', async () => {
    const [header, , signature] = (await login.sign()).split('.');
    const payload = Buffer.from(JSON.stringify(goodClaims({ sub: 'eve' }))).toString('base64url');
    const token = `${header}.${payload}.${signature}`;
    expect(naiveDecode(token)).toBe('eve');
    expect((await refusalOf('token_invalid', () => verify(token))).message).toContain('signature');
  });

  test('signed with the public key as a secret passes where the token picks the algorithm, and is refused here', async () => {
    const token = signedWithSecret(login.publicPem, { sub: 'eve' });
    expect(naiveVerify(await login.sign(), login.publicPem)).toBe('ada');
    expect(naiveVerify(token, login.publicPem)).toBe('eve');
    await refusalOf('token_invalid', () => verify(token));
    const fromKeySet = createTokenVerifier({ issuer, audience, jwks: { keys: [await login.jwk()] } });
    await refusalOf('token_invalid', () => fromKeySet(token));
    await refusalOf('config_invalid', () =>
      createTokenVerifier({ issuer, audience, secret: login.publicPem } as TokenVerifierOptions),
    );
    await refusalOf('config_invalid', () =>
      createTokenVerifier({ ...options, algorithms: ['ES256', 'HS256'] }),
    );
  });

  test('signed by somebody else is refused, though it carries their key', async () => {
    const eve = issuerWithKey();
    const token = await eve.sign({ sub: 'eve' }, { jwk: await eve.jwk() });
    expect(naiveDecode(token)).toBe('eve');
    await refusalOf('token_invalid', () => verify(token));
  });

  test('with an algorithm that was not asked for is refused, though the key fits', async () => {
    const rsa = issuerWithKey('one', 'RS256');
    const token = await rsa.sign();
    expect((await verifyToken(token, { issuer, audience, key: rsa.publicPem })).user).toBe('ada');
    await refusalOf('token_invalid', () =>
      verifyToken(token, { issuer, audience, key: rsa.publicPem, algorithms: ['PS256'] }),
    );
  });

  test('with an extension that must be understood is refused', async () => {
    const { SignJWT } = await import('jose');
    const token = await new SignJWT(goodClaims())
      .setProtectedHeader({ alg: 'ES256', crit: ['urn:x'], 'urn:x': 1 })
      .sign(login.privateKey, { crit: { 'urn:x': true } });
    expect(naiveDecode(token)).toBe('ada');
    await refusalOf('token_invalid', () => verify(token));
  });

  test('encrypted rather than signed is refused', async () => {
    const token = await new EncryptJWT(goodClaims())
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32));
    await refusalOf('token_invalid', () => verify(token));
  });
});

describe('a token that somebody else, some other time or nobody in particular is meant by', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const refused: Record<string, [claims: () => Record<string, unknown>, why: string]> = {
    'has no expiry': [() => ({ exp: undefined }), 'no time of expiry'],
    'has an expiry that is no number': [() => ({ exp: 'never' }), 'no time of expiry'],
    'is not valid yet': [() => ({ nbf: now() + 60 }), 'not valid yet'],
    'has another issuer': [() => ({ iss: 'https://login.evil.test/' }), 'issuer'],
    'has an issuer that only begins alike': [() => ({ iss: `${issuer}x` }), 'issuer'],
    'has no issuer': [() => ({ iss: undefined }), 'issuer'],
    'has another audience': [() => ({ aud: 'https://other.example.test' }), 'audience'],
    'has no audience': [() => ({ aud: undefined }), 'audience'],
    'has no user': [() => ({ sub: undefined }), 'user'],
    'has an empty user': [() => ({ sub: '' }), 'user'],
    'has a user with a control character': [() => ({ sub: 'ada\u001fdesign' }), 'user'],
    'has a list of tenants': [() => ({ tenant: ['dental', 'design'] }), 'tenant'],
    'has an empty tenant': [() => ({ tenant: '' }), 'tenant'],
    'has a fraction for a workspace': [() => ({ workspace: 1.5 }), 'workspace'],
  };
  for (const [what, [claims, why]] of Object.entries(refused)) {
    test(`is refused when it ${what}`, async () => {
      const token = await login.sign(claims());
      expect(() => naiveDecode(token)).not.toThrow();
      expect((await refusalOf('token_invalid', () => verify(token))).message).toContain(why);
    });
  }

  test('is refused when it has expired, the tolerance included', async () => {
    const token = await login.sign({ exp: now() - 30 });
    expect(naiveDecode(token)).toBe('ada');
    await refusalOf('token_expired', () => verify(token));
    const tolerant = createTokenVerifier({ ...options, clockToleranceSeconds: 60 });
    expect((await tolerant(token)).user).toBe('ada');
  });

  test('is refused from the second that it expires', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000 });
    const exact = createTokenVerifier({ ...options, clockToleranceSeconds: 0 });
    const token = await login.sign({ exp: 1_000_010 });
    vi.setSystemTime(1_000_009_999);
    expect((await exact(token)).expiresAt).toBe(1_000_010_000);
    vi.setSystemTime(1_000_010_000);
    await refusalOf('token_expired', () => exact(token));
  });

  test('does not take its tenant from what every object inherits', async () => {
    Object.defineProperty(Object.prototype, 'tenant', { value: 'design', configurable: true });
    try {
      const token = await login.sign();
      expect(decodeJwt(token).tenant).toBe('design');
      expect((await verify(token)).tenant).toBeNull();
    } finally {
      Reflect.deleteProperty(Object.prototype, 'tenant');
    }
  });
});

describe('what is no token', () => {
  test('is refused', async () => {
    const good = await login.sign();
    const texts = [
      '',
      ' ',
      '.',
      '..',
      '...',
      'ada',
      'e30.e30.',
      `${good}.`,
      ` ${good}`,
      good.slice(0, -2),
      '\0',
    ];
    for (const token of [...texts, undefined, null, 7, {}, [good]]) {
      await refusalOf('token_invalid', () => verify(token as string));
    }
  });

  test('is refused over 16 KiB, before anything is computed from it', async () => {
    const token = await login.sign({ padding: 'x'.repeat(16_384) });
    expect(naiveDecode(token)).toBe('ada');
    expect((await refusalOf('token_invalid', () => verify(token))).message).toContain('16 KiB');
    expect((await verify(await login.sign({ padding: 'x'.repeat(8_000) }))).user).toBe('ada');
  });
});

test('no refusal repeats anything of the token, however deep one looks', async () => {
  const secret = 'whisper-4711';
  const claims = { sub: secret, tenant: secret };
  const tokens = [
    unsigned(claims),
    signedWithSecret(login.publicPem, claims),
    await login.sign({ ...claims, exp: 1 }),
    await login.sign({ ...claims, iss: secret }),
    await login.sign({ ...claims, aud: secret }),
    await login.sign({ ...claims, tenant: `${secret}\u001f` }),
    `${Buffer.from(`{"alg":"ES256","${secret}`).toString('base64url')}.e30.AA`,
    secret,
  ];
  for (const token of tokens) {
    const error = await verify(token).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const shown = inspect(error, { depth: Infinity, showHidden: true });
    expect(shown).not.toContain(secret);
    for (const piece of token.split('.').filter((text) => text.length > 8))
      expect(shown).not.toContain(piece);
  }
  const raw = await import('jose').then(({ jwtVerify }) =>
    jwtVerify(tokens[2] ?? '', login.publicKey as never).catch((thrown: unknown) => thrown),
  );
  expect(inspect(raw)).toContain(secret);
});

describe('a mistake in the configuration is found at once', () => {
  const key = login.publicPem;
  const secret = 's'.repeat(32);
  const mistakes: Record<string, object> = {
    'no key at all': { issuer, audience },
    'two keys': { issuer, audience, key, secret },
    'no issuer': { audience, key },
    'an empty issuer': { issuer: '', audience, key },
    'no issuers': { issuer: [], audience, key },
    'no audience': { issuer, key },
    'an empty audience': { issuer, audience: [''], key },
    'no algorithms': { issuer, audience, key, algorithms: [] },
    'the algorithm none': { issuer, audience, key, algorithms: ['none'] },
    'an asymmetric algorithm for a secret': { issuer, audience, secret, algorithms: ['ES256'] },
    'a secret shorter than the hash': { issuer, audience, secret: 's'.repeat(31) },
    'a secret shorter than the longest hash': { issuer, audience, secret, algorithms: ['HS256', 'HS512'] },
    'a clock that is off by more than a minute': { issuer, audience, key, clockToleranceSeconds: 61 },
    'a clock that is off by no number': { issuer, audience, key, clockToleranceSeconds: Number.NaN },
    'a role to be read from the token': { issuer, audience, key, claims: { role: 'role' } },
    'a claim without a name': { issuer, audience, key, claims: { tenant: '' } },
    'a private key': { issuer, audience, key: login.privateKey },
    'a private key as text': {
      issuer,
      audience,
      key: '-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----',
    },
    'a symmetric JWK': { issuer, audience, key: { kty: 'oct', k: 'AAAA' } },
    'text that is no key': { issuer, audience, key: 'hunter2' },
    'a key set that is none': { issuer, audience, jwks: { keys: 'hunter2' } },
    'a key set over plain http': { issuer, audience, jwksUrl: 'http://login.example.test/jwks' },
    'a key set from a file': { issuer, audience, jwksUrl: 'file:///etc/jwks.json' },
    'a key set from nowhere': { issuer, audience, jwksUrl: 'jwks.json' },
  };
  for (const [what, wrong] of Object.entries(mistakes)) {
    test(what, async () => {
      const error = await refusalOf('config_invalid', () =>
        createTokenVerifier(wrong as TokenVerifierOptions),
      );
      expect(inspect(error)).not.toContain('hunter2');
    });
  }

  test('a shared secret is accepted where it is given as one', async () => {
    const verifyShared = createTokenVerifier({ issuer, audience, secret });
    expect((await verifyShared(signedWithSecret(secret, {}))).user).toBe('ada');
    await refusalOf('token_invalid', () => verifyShared(signedWithSecret('t'.repeat(32), {})));
    await refusalOf('token_invalid', async () => verifyShared(await login.sign()));
    await refusalOf('token_invalid', () => verifyShared(unsigned({})));
  });

  test('a public key is accepted as PEM, JWK or KeyObject', async () => {
    const token = await login.sign();
    for (const form of [login.publicPem, login.publicKey, login.publicKey.export({ format: 'jwk' })]) {
      expect((await verifyToken(token, { issuer, audience, key: form })).user).toBe('ada');
    }
  });
});
