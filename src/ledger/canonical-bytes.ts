/**
 * Whether bytes are canonical JSON (RFC 8785), found out by looking at each once. Verification asks this of every leaf there is, and making
 * a value of each, only to write it out again, would take longer than all the hashing.
 */
import { isUtf8 } from 'node:buffer';
import { parseCanonical } from './canonical.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
/** Digits that an integer may have for its shortest form to be itself. */
const SAFE_DIGITS = 15;
/** Deeper than any leaf. */
const DEEPEST = 128;
/** What may stand after a backslash; controls without a letter of their own go by `u00`. */
const ESCAPES = new Uint8Array(256);
for (const letter of '"\\bfnrt') ESCAPES[letter.charCodeAt(0)] = 1;

/** Not canonical. */
const WRONG = -1;
/** Looking is not enough: a number with a fraction or an exponent, a key outside ASCII, a rare escape. */
const UNSURE = -2;

/** True exactly where `parseCanonical` of the text would give a value. */
export function isCanonicalJson(bytes: Uint8Array): boolean {
  const end = scanValue(bytes, 0, 0);
  if (end === UNSURE) return isUtf8(bytes) && parseCanonical(Buffer.from(bytes).toString()) !== undefined;
  return end === bytes.length && isUtf8(bytes);
}

/** Each scan begins at its first byte and gives the place after its last, or what is wrong. Past the end there are zeros. */
function scanValue(bytes: Uint8Array, at: number, depth: number): number {
  const byte = bytes[at] ?? 0;
  if (byte === QUOTE) return scanString(bytes, at);
  if (byte === 0x7b) return depth > DEEPEST ? UNSURE : scanObject(bytes, at, depth);
  if (byte === 0x5b) return depth > DEEPEST ? UNSURE : scanArray(bytes, at, depth);
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return scanNumber(bytes, at);
  if (byte === 0x74) return scanWord(bytes, at, 'true');
  if (byte === 0x66) return scanWord(bytes, at, 'false');
  return scanWord(bytes, at, 'null');
}

function scanObject(bytes: Uint8Array, start: number, depth: number): number {
  let at = start + 1;
  if (bytes[at] === 0x7d) return at + 1;
  let lastKey = 0;
  for (;;) {
    if (bytes[at] !== QUOTE) return WRONG;
    const key = at + 1;
    at = scanKey(bytes, key);
    if (at < 0) return at;
    if (lastKey > 0 && !isBefore(bytes, lastKey, key)) return WRONG;
    lastKey = key;
    if (bytes[at] !== COLON) return WRONG;
    at = scanValue(bytes, at + 1, depth + 1);
    if (at < 0) return at;
    const next = bytes[at++];
    if (next === 0x7d) return at;
    if (next !== COMMA) return WRONG;
  }
}

function scanArray(bytes: Uint8Array, start: number, depth: number): number {
  let at = start + 1;
  if (bytes[at] === 0x5d) return at + 1;
  for (;;) {
    at = scanValue(bytes, at, depth + 1);
    if (at < 0) return at;
    const next = bytes[at++];
    if (next === 0x5d) return at;
    if (next !== COMMA) return WRONG;
  }
}

/** Keys are ordered by UTF-16 units, which is the order of bytes only in plain ASCII. */
function scanKey(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return WRONG;
    if (byte === BACKSLASH || byte >= 0x80) return UNSURE;
  }
}

/** Of two keys, each ended by a quote, which is smaller than any letter but a space and "!". */
function isBefore(bytes: Uint8Array, one: number, other: number): boolean {
  for (let a = one, b = other; ; a++, b++) {
    const left = bytes[a] ?? 0;
    const right = bytes[b] ?? 0;
    if (left === right && left !== QUOTE) continue;
    if (right === QUOTE) return false;
    return left === QUOTE || left < right;
  }
}

function scanString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; ; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return WRONG;
    if (byte === BACKSLASH && ESCAPES[bytes[++at] ?? 0] !== 1) return UNSURE;
  }
}

function scanNumber(bytes: Uint8Array, start: number): number {
  const from = bytes[start] === MINUS ? start + 1 : start;
  let at = from;
  let byte = bytes[at] ?? 0;
  while (byte >= ZERO && byte <= NINE) byte = bytes[++at] ?? 0;
  const digits = at - from;
  if (digits === 0) return WRONG;
  if (byte === 0x2e || byte === 0x65 || byte === 0x45 || digits > SAFE_DIGITS) return UNSURE;
  return bytes[from] === ZERO && (digits > 1 || from > start) ? WRONG : at;
}

function scanWord(bytes: Uint8Array, start: number, word: string): number {
  for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word.charCodeAt(at)) return WRONG;
  return start + word.length;
}
