/**
 * From an agent's JSON value to the text that PostgreSQL reads, judged by the column's type before the database sees it.
 *
 * Forgiving in form only: a number may come as a string of digits. Everything is sent as text with a cast to the column's exact
 * type, so no value is rounded on the way.
 */
import type { SliceColumn } from '../policy/compiled.js';
import { kindOf, problemOfValue, WITH_NUL } from '../policy/value.js';
import { type ArrayText, formatArray } from './array-text.js';

/** The text of a value, or what is wrong with it in a few words. */
export type EncodedValue = { readonly text: string } | { readonly problem: string };

const BYTEA = 17;
const JSON_TYPES: ReadonlySet<number> = new Set([114, 3802]);
const TIMESTAMP = 1114;
const NUMERIC = 1700;

/** Array types of PostgreSQL's own to the type of their elements; elements of other arrays are text to us. */
const ELEMENTS: ReadonlyMap<number, Pick<SliceColumn, 'typeOid' | 'category'>> = new Map([
  [199, { typeOid: 114, category: 'U' }],
  [1000, { typeOid: 16, category: 'B' }],
  [1005, { typeOid: 21, category: 'N' }],
  [1007, { typeOid: 23, category: 'N' }],
  [1009, { typeOid: 25, category: 'S' }],
  [1015, { typeOid: 1043, category: 'S' }],
  [1016, { typeOid: 20, category: 'N' }],
  [1021, { typeOid: 700, category: 'N' }],
  [1022, { typeOid: 701, category: 'N' }],
  [1115, { typeOid: 1114, category: 'D' }],
  [1182, { typeOid: 1082, category: 'D' }],
  [1185, { typeOid: 1184, category: 'D' }],
  [1231, { typeOid: 1700, category: 'N' }],
  [2951, { typeOid: 2950, category: 'U' }],
  [3807, { typeOid: 3802, category: 'U' }],
]);
const TEXT_ELEMENT = { typeOid: 25, category: 'S' } as const;

/** The text of a scalar, for a type whose values can be compared. Null does not fit. */
export function encodeScalar(column: SliceColumn, value: unknown): EncodedValue {
  const problem = problemOfValue(column, value) ?? problemOfPrecision(column, value);
  return problem === undefined ? { text: String(value) } : { problem };
}

/** The text of a value to be stored: scalars, JSON documents and arrays. Null does not fit. */
export function encodeStored(column: SliceColumn, value: unknown): EncodedValue {
  if (JSON_TYPES.has(column.typeOid)) return withoutNul(JSON.stringify(value), 'expected a JSON value');
  if (column.category === 'A') return encodeArray(column, value);
  if (column.typeOid === BYTEA) {
    const hex = typeof value === 'string' && /^\\x([0-9a-f]{2})*$/i.test(value);
    return hex ? { text: value } : { problem: 'expected bytes in hex, such as "\\x00ff"' };
  }
  const kind = kindOf(column);
  if (kind === 'text' || kind === 'opaque') return withoutNul(value, `expected ${column.type} as text`);
  return encodeScalar(column, value);
}

/** What problemOfValue leaves open: an offset that PostgreSQL would drop without a word, a number that is already rounded. */
function problemOfPrecision(column: SliceColumn, value: unknown): string | undefined {
  if (column.typeOid === TIMESTAMP && typeof value === 'string' && hasOffset(value))
    return 'the column holds local time: write it without an offset, "2026-01-31T18:00:00"';
  if (column.typeOid === NUMERIC && Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'a whole number beyond 2^53 is written as text';
  return undefined;
}

function hasOffset(text: string): boolean {
  return text.includes(':') && /[+-]\d\d(:?\d\d)?$/.test(text) && !/[+-]00(:?00)?$/.test(text);
}

function encodeArray(column: SliceColumn, value: unknown): EncodedValue {
  if (!Array.isArray(value)) return { problem: 'expected an array' };
  const element = ELEMENTS.get(column.typeOid) ?? TEXT_ELEMENT;
  const elements = arrayText({ ...column, ...element, type: 'text', enumLabels: null }, value, 1);
  return 'problem' in elements ? elements : { text: formatArray(elements.array) };
}

/** As many as PostgreSQL's arrays have. */
const DIMENSIONS = 6;

type EncodedArray = { readonly array: ArrayText } | { readonly problem: string };

function arrayText(element: SliceColumn, value: readonly unknown[], depth: number): EncodedArray {
  const array: (string | null | ArrayText)[] = [];
  const isJson = JSON_TYPES.has(element.typeOid);
  for (const item of value) {
    if (item === null) array.push(null);
    else if (Array.isArray(item) && !isJson) {
      if (depth === DIMENSIONS) return { problem: `an array has at most ${DIMENSIONS} dimensions` };
      const inner = arrayText(element, item, depth + 1);
      if ('problem' in inner) return inner;
      array.push(inner.array);
    } else {
      const encoded = encodeStored(element, item);
      if ('problem' in encoded) return { problem: `in each element, ${encoded.problem}` };
      array.push(encoded.text);
    }
  }
  return { array };
}

function withoutNul(value: unknown, expected: string): EncodedValue {
  if (typeof value !== 'string') return { problem: expected };
  return value.includes('\0') ? { problem: WITH_NUL } : { text: value };
}
