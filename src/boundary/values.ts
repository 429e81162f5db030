/**
 * The values a boundary may carry.
 *
 * They travel to the database as fields separated by U+001F inside a signed claim, so a control character could move a
 * field's edge, and a lone surrogate would reach PostgreSQL as U+FFFD and make two names one. Neither is ever accepted,
 * and nor is the empty string: absent scope never means "all".
 */
import { RingfenceError } from '../errors.js';

const text = /^[^\p{Cc}\p{Cs}]{1,200}$/u;
const roleName = /^[a-z][a-z0-9_]{0,39}$/;
const w3cTraceId = /^(?!0{32}$)[0-9a-f]{32}$/;

const defaultLifeSeconds = 900;

/** The longest a boundary may live: a day, in seconds. */
export const maxLifeSeconds = 86_400;

/** Whether `value` may stand in a boundary: 1 to 200 characters, none of them a control character. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && text.test(value);
}

/** `value` as a boundary may carry it, or `boundary_invalid`. The value itself is never repeated in the message. */
export function requireText(field: string, value: unknown): string {
  if (isText(value)) return value;
  throw new RingfenceError(
    'boundary_invalid',
    `${field} must be text of 1 to 200 characters without control characters.`,
  );
}

/** As {@link requireText}; null and undefined both mean "none" and come back as null. */
export function requireTextOrNull(field: string, value: unknown): string | null {
  return value === null || value === undefined ? null : requireText(field, value);
}

/** A role's name, or `boundary_invalid`. */
export function requireRole(field: string, value: unknown): string {
  if (typeof value === 'string' && roleName.test(value)) return value;
  throw new RingfenceError(
    'boundary_invalid',
    `${field} must be a role's name: a lower-case letter, then up to 39 lower-case letters, digits or underscores.`,
  );
}

/** A W3C trace id (Trace Context, section 3.2.2.3): 32 lower-case hex digits, not all zero; or `boundary_invalid`. */
export function requireTraceId(value: unknown): string {
  if (typeof value === 'string' && w3cTraceId.test(value)) return value;
  throw new RingfenceError(
    'boundary_invalid',
    'traceId must be a W3C trace id: 32 lower-case hex digits, not all zero.',
  );
}

/** A frozen copy of a list of names without repeats. Null is "not narrowed"; an empty list is "none at all". */
export function requireNames(field: string, value: unknown): readonly string[] | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) {
    throw new RingfenceError('boundary_invalid', `${field} must be a list of names, or null.`);
  }
  return Object.freeze([...new Set(value.map((name: unknown, at) => requireText(`${field}[${at}]`, name)))]);
}

/** The moment, in milliseconds since the epoch, at which a life of `lifeSeconds` that starts now is over. */
export function expiryAfter(lifeSeconds: number = defaultLifeSeconds): number {
  if (!(lifeSeconds > 0 && lifeSeconds <= maxLifeSeconds)) {
    throw new RingfenceError(
      'boundary_invalid',
      `lifeSeconds must be more than 0 and at most ${maxLifeSeconds}, a day.`,
    );
  }
  return Math.floor(Date.now() + lifeSeconds * 1000);
}
