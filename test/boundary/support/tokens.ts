/** An issuer of real tokens, and forgers of others. */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type KeyObject as JoseKey, type JWK, SignJWT } from 'jose';

export const issuer = 'https://login.example.test/';
export const audience = 'https://api.example.test';

export interface Issuer {
  readonly publicKey: KeyObject;
  readonly publicPem: string;
  readonly privateKey: JoseKey;
  jwk(): Promise<JWK>;
  /** A good token, changed by what is given: claims of `undefined` are left out. */
  sign(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

export function issuerWithKey(kid = 'one', algorithm: 'ES256' | 'RS256' = 'ES256'): Issuer {
  const pair =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { publicKey, privateKey } = pair;
  return {
    publicKey,
    publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })),
    privateKey: privateKey as JoseKey,
    jwk: async () => ({ ...(await exportJWK(publicKey as JoseKey)), kid, alg: algorithm, use: 'sig' }),
    sign: (claims = {}, header = {}) =>
      new SignJWT(goodClaims(claims))
        .setProtectedHeader({ alg: algorithm, kid, ...header })
        .sign(privateKey as JoseKey),
  };
}

export function goodClaims(claims: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: issuer, aud: audience, sub: 'ada', iat: now, exp: now + 300, ...claims };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** `alg: none` (RFC 7519, section 6): anybody can write one. */
export function unsigned(claims: Record<string, unknown>, algorithm = 'none'): string {
  return `${part({ alg: algorithm })}.${part(goodClaims(claims))}.`;
}

/** HS256 with any bytes as the secret; the text of a public key, for one. */
export function signedWithSecret(secret: string, claims: Record<string, unknown>, header = {}): string {
  const content = `${part({ alg: 'HS256', ...header })}.${part(goodClaims(claims))}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
