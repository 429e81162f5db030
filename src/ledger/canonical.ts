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
  check(value, []);
  const text = canonicalize(value);
  if (text === undefined) throw uncanonical([], 'undefined');
  return text;
}

/**
 * The value that `text` is the canonical JSON of, or undefined where it is not canonical JSON, or no JSON at all.
 *
 * Writing the form out is dear, so it is done only where looking is not enough: members that stand in order, read and written
 * back unchanged by `JSON`, are in the form already.
 */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const plain = !surrogateEscape.test(text) && inOrder(value) && JSON.stringify(value) === text;
    return plain || canonicalize(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

const surrogate = /\p{Surrogate}/u;
// JSON.stringify escapes lone surrogates, RFC 8785 has no form for them.
const surrogateEscape = /\\ud[89a-f]/i;

function inOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(inOrder);
  let last: string | undefined;
  for (const [key, member] of Object.entries(value)) {
    if ((last !== undefined && last >= key) || !inOrder(member)) return false;
    last = key;
  }
  return true;
}

interface Place {
  readonly container: object;
  key: string | number;
}

/** `path` is where we are: one entry a level, changed in place, read only when something is wrong. */
function check(value: unknown, path: Place[]): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      if (surrogate.test(value)) throw uncanonical(path, 'a lone surrogate');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw uncanonical(path, 'a number that JSON does not have');
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        throw uncanonical(path, 'an integer beyond 2^53: write it as a string');
      return;
    case 'object':
      if (value !== null) checkObject(value, path);
      return;
    default:
      throw uncanonical(path, typeof value);
  }
}

function checkObject(value: object, path: Place[]): void {
  if (path.some(({ container }) => container === value)) throw uncanonical(path, 'a cycle');
  const isArray = Array.isArray(value);
  if (!isArray) checkPlain(value, path);
  const place: Place = { container: value, key: 0 };
  path.push(place);
  if (isArray) {
    for (let index = 0; index < value.length; index++) {
      place.key = index;
      check(value[index], path);
    }
  } else {
    for (const [key, member] of Object.entries(value)) {
      place.key = key;
      if (surrogate.test(key)) throw uncanonical(path, 'under a key with a lone surrogate');
      check(member, path);
    }
  }
  path.pop();
}

function checkPlain(value: object, path: readonly Place[]): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw uncanonical(path, 'not a plain object');
  if ('toJSON' in value && typeof value.toJSON === 'function')
    throw uncanonical(path, 'an object with toJSON');
}

function uncanonical(path: readonly Place[], what: string): RingfenceError {
  const where = path.map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return new RingfenceError('ledger_unavailable', `This value cannot be recorded: $${where} is ${what}.`);
}
