/**
 * Where a page ended, signed, so that an agent can carry it and cannot change it.
 *
 * A cursor is `<key id>.<payload>.<mac>`: the payload is base64url of a small JSON document, the MAC is HMAC-SHA256 (RFC 2104)
 * over the two parts before it, compared as text, so that no second spelling of the same bytes is accepted. The payload is not
 * secret: it holds nothing but values of columns that the agent may read.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { RingfenceError } from '../errors.js';

export interface CursorCodec {
  /** Signs a position. */
  encode(position: CursorPosition): string;
  /**
   * Reads a cursor back. `invalid`: changed, made with an unknown key, or for another query or boundary.
   * `expired`: genuine and too old.
   */
  decode(cursor: string, expected: { readonly shape: string }): CursorPosition | 'invalid' | 'expired';
}

interface CursorPosition {
  /** Digest of the query's table, conditions and order, and of the boundary: a cursor fits one query of one boundary. */
  readonly shape: string;
  /** The last row's ordering values, as PostgreSQL text. */
  readonly after: readonly (string | null)[];
}

interface CursorKey {
  /** Names the key inside the cursor: letters, digits, `-` and `_`. */
  readonly id: string;
  /** At least 32 bytes. */
  readonly key: Uint8Array;
}

export interface CursorKeys {
  /** Signs new cursors. */
  readonly current: CursorKey;
  /** Still read, so that a rotation breaks no page in flight. */
  readonly previous?: readonly CursorKey[];
}

export interface CursorCodecOptions {
  /** Seconds until a cursor expires; an hour when left out. */
  readonly lifeSeconds?: number;
  /** Milliseconds since the epoch; the system clock when left out. */
  readonly now?: () => number;
}

/** Longer than any cursor over sensible ordering columns; more is refused unread. */
const LONGEST_CURSOR = 16_384;

/**
 * Makes the codec that signs and reads cursors.
 *
 * @throws {RingfenceError} `key_missing` for a key shorter than 32 bytes, `config_invalid` for an unusable key id.
 *
 * @example
 * ```ts
 * const cursors = createCursorCodec({ current: { id: 'k1', key: randomBytes(32) } });
 * const cursor = cursors.encode({ shape, after: ['2025-01-31', '7'] });
 * cursors.decode(cursor, { shape }); // { shape, after: ['2025-01-31', '7'] }
 * ```
 */
export function createCursorCodec(keys: CursorKeys, options: CursorCodecOptions = {}): CursorCodec {
  const lifeSeconds = options.lifeSeconds ?? 3600;
  const now = options.now ?? Date.now;
  const byId = new Map<string, CursorKey>();
  for (const key of [keys.current, ...(keys.previous ?? [])]) {
    assertKey(key);
    byId.set(key.id, key);
  }

  return Object.freeze({
    encode(position: CursorPosition): string {
      const expires = Math.floor(now() / 1000) + lifeSeconds;
      const payload = Buffer.from(JSON.stringify([position.shape, expires, position.after])).toString(
        'base64url',
      );
      const signed = `${keys.current.id}.${payload}`;
      return `${signed}.${mac(keys.current, signed)}`;
    },

    decode(cursor: string, expected: { readonly shape: string }): CursorPosition | 'invalid' | 'expired' {
      if (cursor.length > LONGEST_CURSOR) return 'invalid';
      const macAt = cursor.lastIndexOf('.');
      const payloadAt = cursor.indexOf('.');
      const key = byId.get(cursor.slice(0, Math.max(0, payloadAt)));
      if (key === undefined || payloadAt === macAt) return 'invalid';
      if (!sameText(cursor.slice(macAt + 1), mac(key, cursor.slice(0, macAt)))) return 'invalid';
      const payload = Buffer.from(cursor.slice(payloadAt + 1, macAt), 'base64url').toString();
      const [shape, expires, after] = JSON.parse(payload) as [string, number, (string | null)[]];
      if (shape !== expected.shape) return 'invalid';
      return expires * 1000 <= now() ? 'expired' : { shape, after };
    },
  });
}

function assertKey(key: CursorKey): void {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(key.id)) {
    throw new RingfenceError('config_invalid', 'Name cursor keys with up to 32 letters, digits, "-" or "_".');
  }
  if (key.key.length < 32) {
    throw new RingfenceError('key_missing', 'Give the cursor key at least 32 random bytes.');
  }
}

function mac(key: CursorKey, text: string): string {
  return createHmac('sha256', key.key).update('ringfence cursor\0').update(text).digest('base64url');
}

function sameText(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
