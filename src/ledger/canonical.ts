/**
 * Canonical JSON (RFC 8785): one value, one sequence of bytes, in any language. What the ledger hashes.
 *
 * `canonicalize` writes the form but forgives too much on the way (it drops `undefined`, calls `toJSON`, rounds what
 * JavaScript rounds), and two different values must never share a hash; so a strict check comes first.
 */
import canonicalize from 'canonicalize';
import { RingfenceError } from '../errors.js';

/**
 * The canonical JSON of `value`, as text; its UTF-8 bytes are what is hashed.
 *
 * @throws {@link RingfenceError} `ledger_unavailable` where `value` is anything but plain JSON: `undefined`, functions,
 * symbols, bigints, NaN and the infinities, integers beyond 2^53, lone surrogates, `toJSON`, class instances, holes in
 * arrays, cycles. `toJsonValue` makes plain JSON of such values.
 *
 * @example
 * ```ts
 * canonicalJson({ b: 1, a: 'ü' }); // '{"a":"ü","b":1}'
 * ```
 */
export function canonicalJson(value: unknown): string {
  check(value, '$', []);
  const text = canonicalize(value);
  if (text === undefined) throw uncanonical('$', 'undefined');
  return text;
}

function check(value: unknown, path: string, above: readonly object[]): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      if (/\p{Surrogate}/u.test(value)) throw uncanonical(path, 'a lone surrogate');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw uncanonical(path, 'a number that JSON does not have');
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        throw uncanonical(path, 'an integer beyond 2^53: write it as a string');
      return;
    case 'object':
      if (value !== null) checkObject(value, path, above);
      return;
    default:
      throw uncanonical(path, typeof value);
  }
}

function checkObject(value: object, path: string, above: readonly object[]): void {
  if (above.includes(value)) throw uncanonical(path, 'a cycle');
  const inside = [...above, value];
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) check(value[index], `${path}[${index}]`, inside);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw uncanonical(path, 'not a plain object');
  if ('toJSON' in value && typeof value.toJSON === 'function')
    throw uncanonical(path, 'an object with toJSON');
  for (const [key, member] of Object.entries(value)) {
    if (/\p{Surrogate}/u.test(key)) throw uncanonical(path, 'a key with a lone surrogate');
    check(member, `${path}.${key}`, inside);
  }
}

function uncanonical(path: string, what: string): RingfenceError {
  return new RingfenceError('ledger_unavailable', `This value cannot be recorded: ${path} is ${what}.`);
}
