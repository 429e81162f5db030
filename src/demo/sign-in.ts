/** The product's sign-in, as far as agents meet it: an issuer that signs tokens, and those that somebody makes up. */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type KeyObject as JoseKey, SignJWT } from 'jose';
import { createTokenVerifier, type TokenVerifier } from '../boundary/token.js';

const ISSUER = 'https://login.helpdesk.example/';
const AUDIENCE = 'https://api.helpdesk.example';

/** What a token says beside who issued it for whom. */
export interface Claims {
  readonly user: string;
  readonly tenant?: string;
}

export interface SignIn {
  readonly verify: TokenVerifier;
  /** A token as the issuer signs it. */
  token(claims: Claims): Promise<string>;
  /** One whose time is over. */
  expiredToken(claims: Claims): Promise<string>;
  /** One that nobody signed: `alg` is `none`. */
  unsignedToken(claims: Claims): string;
  /** One signed with a key of somebody's own. */
  foreignToken(claims: Claims): Promise<string>;
  /** One signed with HS256, the issuer's public key taken for the secret. */
  confusedToken(claims: Claims): string;
}

/** Opens the sign-in with a key of its own. */
export function openSignIn(): SignIn {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return Object.freeze<SignIn>({
    verify: createTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, key: publicKey }),
    token: (claims) => signed(privateKey, claims, 300),
    expiredToken: (claims) => signed(privateKey, claims, -300),
    foreignToken: (claims) => signed(foreignKey, claims, 300),
    unsignedToken: (claims) => `${encoded({ alg: 'none' })}.${encoded(payload(claims, 300))}.`,
    confusedToken: (claims) => {
      const content = `${encoded({ alg: 'HS256' })}.${encoded(payload(claims, 300))}`;
      const secret = publicKey.export({ type: 'spki', format: 'pem' });
      return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
    },
  });
}

function payload({ user, tenant }: Claims, lifeSeconds: number): Record<string, string | number> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: user,
    ...(tenant === undefined ? {} : { tenant }),
    iat: Math.min(now, now + lifeSeconds),
    exp: now + lifeSeconds,
  };
}

function signed(key: KeyObject, claims: Claims, lifeSeconds: number): Promise<string> {
  return new SignJWT(payload(claims, lifeSeconds)).setProtectedHeader({ alg: 'ES256' }).sign(key as JoseKey);
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
