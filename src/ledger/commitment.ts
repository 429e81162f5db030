/**
 * Commitments: a hash in the ledger by which a value can be recognised later, and from which it cannot be found.
 *
 * The salt is derived from the ledger key and the event's id, so that nobody has to store it and equal inputs of two events
 * share nothing. Whoever holds the ledger key can check any value against any event; nobody else can even try guesses.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from './canonical.js';
import { toJsonValue } from './json-value.js';

/**
 * `HMAC-SHA256(salt, field 0x00 JCS(value))`, 64 hex digits.
 *
 * @param key The ledger key.
 * @param eventId The event that the value belongs to.
 * @param field What the value is to the event, `input` for one. Keeps commitments to different things apart.
 * @param value Anything; what is not plain JSON is committed to as the nearest plain JSON (see `toJsonValue`).
 */
export function commitment(key: Uint8Array, eventId: string, field: string, value: unknown): string {
  const salt = createHmac('sha256', key)
    .update(JSON.stringify(['commitment', eventId]))
    .digest();
  return createHmac('sha256', salt)
    .update(`${field}\0${canonicalJson(toJsonValue(value))}`)
    .digest('hex');
}

/**
 * Whether `value` is what the event committed to.
 *
 * @param committed The commitment as the event carries it. A malformed one is no commitment to anything: false.
 */
export function verifyCommitment(
  key: Uint8Array,
  eventId: string,
  field: string,
  value: unknown,
  committed: string,
): boolean {
  const expected = Buffer.from(commitment(key, eventId, field, value), 'hex');
  const given = Buffer.from(committed, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
