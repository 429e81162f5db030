/**
 * From PostgreSQL's text to JSON values, without losing a digit.
 *
 * | type | JSON |
 * |---|---|
 * | int2, int4, oid | number |
 * | int8, numeric | number where JavaScript holds the exact value, else the digits as a string |
 * | float4, float8 | number; `NaN`, `Infinity` as strings |
 * | bool | boolean |
 * | json, jsonb | as `JSON.parse` reads it |
 * | timestamp, timestamptz | ISO 8601 with `T`, as PostgreSQL's own JSON prints it; sessions run in UTC with DateStyle ISO |
 * | arrays of these | arrays; NULL elements are null |
 * | everything else | PostgreSQL's text: dates `2025-01-31`, bytea in hex (`\x00ff`), intervals, ranges, addresses |
 *
 * What is read can be handed back as a value in the next call, dates before our era and numbers that are none excepted.
 */
import { type ArrayText, parseArray } from './array-text.js';

/** Turns the text of one value into a JSON value. */
export type Decoder = (text: string) => unknown;

const asText: Decoder = (text) => text;
const asBoolean: Decoder = (text) => {
  if (text === 't' || text === 'true') return true;
  return text === 'f' || text === 'false' ? false : text;
};
const asJson: Decoder = (text) => JSON.parse(text);

const asNumber: Decoder = (text) => {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
};

const asInteger: Decoder = (text) => {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
};

const asNumeric: Decoder = (text) => {
  const value = Number(text);
  const shortest = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  const exact = String(value) === shortest && (text.includes('.') || Number.isSafeInteger(value));
  return exact ? value : text;
};

/** Infinity and dates before our era have forms of their own: only the separator and the offset's minutes differ. */
const asTimestamp: Decoder = (text) =>
  /^\d{4,}-/.test(text) ? text.replace(' ', 'T').replace(/([+-]\d\d)( BC)?$/, '$1:00$2') : text;
const asLocalTimestamp: Decoder = (text) => (/^\d{4,}-/.test(text) ? text.replace(' ', 'T') : text);

/** Oids of PostgreSQL's own types: fixed in `pg_type.dat`, the same in every version. */
const DECODERS: ReadonlyMap<number, Decoder> = new Map([
  [16, asBoolean],
  [20, asInteger],
  [21, asNumber],
  [23, asNumber],
  [26, asNumber],
  [114, asJson],
  [700, asNumber],
  [701, asNumber],
  [1114, asLocalTimestamp],
  [1184, asTimestamp],
  [1700, asNumeric],
  [3802, asJson],
]);

/** Array type to element type, for elements that have a decoder. */
const ELEMENT_OIDS: ReadonlyMap<number, number> = new Map([
  [199, 114],
  [1000, 16],
  [1005, 21],
  [1007, 23],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1115, 1114],
  [1185, 1184],
  [1231, 1700],
  [3807, 3802],
]);

/** Arrays with a text form of their own, which stay text: int2vector, oidvector, and box, separated by semicolons. */
const UNLIKE_ARRAYS: ReadonlySet<number> = new Set([22, 30, 1020]);

/**
 * The decoder for a type. `category` is `pg_type.typcategory`, and tells arrays of types that are not PostgreSQL's own.
 *
 * @example
 * ```ts
 * decoderOf(20, 'N')('9007199254740993'); // '9007199254740993'
 * decoderOf(1184, 'D')('2025-01-31 09:00:00+00'); // '2025-01-31T09:00:00+00:00'
 * ```
 */
export function decoderOf(typeOid: number, category: string): Decoder {
  const decoder = DECODERS.get(typeOid);
  if (decoder !== undefined) return decoder;
  const element = ELEMENT_OIDS.get(typeOid);
  if (element === undefined && (category !== 'A' || UNLIKE_ARRAYS.has(typeOid))) return asText;
  const decodeElement = element === undefined ? asText : decoderOf(element, '');
  return (text) => decodeArray(parseArray(text), decodeElement);
}

function decodeArray(elements: ArrayText, decode: Decoder): unknown[] {
  return elements.map((element) => {
    if (element === null) return null;
    return typeof element === 'string' ? decode(element) : decodeArray(element, decode);
  });
}
