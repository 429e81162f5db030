/**
 * What a token is verified with: a key set behind a URL, a key set at hand, one public key, or one shared secret.
 *
 * Public keys and shared secrets are told apart here, before any token is seen, so that no token can have one used as the other.
 */
import { createPublicKey, createSecretKey, type JsonWebKey, KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type KeyObject as JoseKey,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { RingfenceError } from '../errors.js';

const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const symmetric = ['HS256', 'HS384', 'HS512'] as const;

/** A signature algorithm of RFC 7518 or RFC 8037. `none` is not among them. */
export type TokenAlgorithm = (typeof asymmetric)[number] | (typeof symmetric)[number];

/** Exactly one of these. */
export type TokenKeys =
  /** Where the issuer publishes its keys: https, or http on this machine's loopback. Fetched when needed, kept for ten minutes. */
  | { readonly jwksUrl: string | URL; readonly jwks?: never; readonly key?: never; readonly secret?: never }
  | { readonly jwks: JSONWebKeySet; readonly jwksUrl?: never; readonly key?: never; readonly secret?: never }
  /** One public key: PEM (SPKI or certificate), JWK or KeyObject. */
  | {
      readonly key: string | JsonWebKey | KeyObject;
      readonly jwksUrl?: never;
      readonly jwks?: never;
      readonly secret?: never;
    }
  /** A secret shared with the issuer, for HS256 alone unless `algorithms` says otherwise. As long as the algorithm's hash at least. */
  | {
      readonly secret: string | Uint8Array;
      readonly jwksUrl?: never;
      readonly jwks?: never;
      readonly key?: never;
    };

/** How to find the key for a token, and the algorithms that such a key may be used with. */
interface KeySource {
  readonly keyFor: JWTVerifyGetKey;
  readonly algorithms: readonly TokenAlgorithm[];
}

/** @internal Reads the configuration; every mistake in it is `config_invalid`, at start rather than at the first token. */
export function keySource(keys: TokenKeys, wanted: readonly TokenAlgorithm[] | undefined): KeySource {
  const given = (['jwksUrl', 'jwks', 'key', 'secret'] as const).filter((name) => keys[name] !== undefined);
  if (given.length !== 1) {
    throw misconfigured('Give exactly one of jwksUrl, jwks, key and secret to verify tokens with.');
  }
  const allowed: readonly TokenAlgorithm[] = keys.secret === undefined ? asymmetric : symmetric;
  const algorithms = wanted ?? (keys.secret === undefined ? asymmetric : ['HS256']);
  if (algorithms.length === 0 || algorithms.some((algorithm) => !allowed.includes(algorithm))) {
    throw misconfigured(
      `algorithms must be some of ${allowed.join(', ')}: the ones that ${
        keys.secret === undefined ? 'a public key' : 'a shared secret'
      } can verify.`,
    );
  }
  if (keys.secret !== undefined) return { keyFor: always(sharedSecret(keys.secret, algorithms)), algorithms };
  if (keys.key !== undefined) return { keyFor: always(publicKey(keys.key)), algorithms };
  if (keys.jwks !== undefined) return { keyFor: localKeys(keys.jwks), algorithms };
  return { keyFor: remoteKeys(keys.jwksUrl), algorithms };
}

function always(key: KeyObject): JWTVerifyGetKey {
  return async () => key as JoseKey;
}

function localKeys(jwks: JSONWebKeySet): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(jwks);
  } catch (cause) {
    throw misconfigured('jwks is not a JSON Web Key Set (RFC 7517, section 5).', cause);
  }
}

function remoteKeys(address: string | URL): JWTVerifyGetKey {
  const url = URL.canParse(String(address)) ? new URL(address) : null;
  const loopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw misconfigured('jwksUrl must be an https URL: whoever can answer it can sign tokens.');
  }
  const fetched = createRemoteJWKSet(url);
  return async (header, token) => {
    try {
      return await fetched(header, token);
    } catch (cause) {
      if (isAboutTheToken(cause)) throw cause;
      throw new RingfenceError('key_missing', 'The keys to verify tokens with could not be fetched.', {
        cause,
        suggestion: 'Check that jwksUrl is right and answers with a JSON Web Key Set; the token may be fine.',
      });
    }
  };
}

function isAboutTheToken(cause: unknown): boolean {
  return (
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWKSMultipleMatchingKeys ||
    cause instanceof errors.JOSENotSupported
  );
}

function publicKey(given: string | JsonWebKey | KeyObject): KeyObject {
  if (isPrivate(given)) {
    throw misconfigured(
      'key must be a public key: only the issuer may hold the private one, and a shared secret goes under secret.',
    );
  }
  if (given instanceof KeyObject) return given;
  try {
    return typeof given === 'string'
      ? createPublicKey(given)
      : createPublicKey({ key: given, format: 'jwk' });
  } catch {
    // No cause: it can quote what it was given.
    throw misconfigured('key is not a public key: give PEM (SPKI or a certificate), a JWK or a KeyObject.');
  }
}

function isPrivate(given: string | JsonWebKey | KeyObject): boolean {
  if (given instanceof KeyObject) return given.type !== 'public';
  if (typeof given === 'string') return given.includes('PRIVATE KEY');
  return given.d !== undefined || given.kty === 'oct';
}

function sharedSecret(given: string | Uint8Array, algorithms: readonly TokenAlgorithm[]): KeyObject {
  const bytes = Buffer.from(given);
  if (bytes.includes('-----BEGIN')) {
    // Verifying HS256 with the text of a public key is the attack itself: everybody has that text.
    throw misconfigured('secret holds a PEM key. A public key goes under key, where it is no secret.');
  }
  // RFC 7518, section 3.2: a key of the same size as the hash output, or larger.
  const needed = Math.max(...algorithms.map((algorithm) => Number(algorithm.slice(2)) / 8));
  if (bytes.length < needed) {
    throw misconfigured(`secret must be at least ${needed} bytes long for ${algorithms.join(', ')}.`);
  }
  return createSecretKey(bytes);
}

/** @internal A mistake in the verifier's configuration. */
export function misconfigured(message: string, cause?: unknown): RingfenceError {
  return new RingfenceError('config_invalid', message, { cause });
}
