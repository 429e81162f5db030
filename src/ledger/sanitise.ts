/**
 * A tool call's input as the ledger may keep it: its shape without its contents.
 *
 * Structure answers "what kind of question was it"; values may be somebody's data, and a leaf is never erased.
 */
import { type JsonObject, type JsonValue, toJsonValue } from './json-value.js';

const caps = { depth: 8, keys: 24, items: 8 } as const;

/**
 * The shape of `input`: every value replaced by its type, strings with their length in characters.
 *
 * - a string among `known` stays: names of the slice's tables and columns, operators, tools;
 * - a key stays if it is among `known`, or letters and underscores only, 32 at most (`customer_name`, not `sk_live_51H8x`);
 *   any other becomes `key(<length>)`;
 * - what lies deeper than 8 levels becomes `object(<members>)` or `array(<items>)`; after 24 members or 8 items comes
 *   `+<number left out>`.
 *
 * Deterministic, and never throws.
 *
 * @example
 * ```ts
 * sanitiseInput({ table: 'invoice', where: { email: { eq: 'ada@example.com' } }, limit: 5 }, new Set(['invoice']));
 * // { table: 'invoice', where: { email: { eq: 'text(15)' } }, limit: 'number' }
 * ```
 */
export function sanitiseInput(input: unknown, known: ReadonlySet<string> = new Set()): JsonValue {
  return shape(toJsonValue(input), known, 0);
}

/**
 * A reason as the ledger may keep it. What a reason quotes are words of the caller's own: they stay by the same rule as keys do. From the
 * first that does not, everything to the last quotation mark becomes `text(<length>)`: PostgreSQL's parser quotes words that have
 * quotation marks themselves, and does not mark those.
 *
 * @example
 * ```ts
 * sanitiseReason('There is no table "ada@example.com".'); // 'There is no table text(17).'
 * ```
 */
export function sanitiseReason(reason: string, known: ReadonlySet<string> = new Set()): string {
  for (const { 0: words, index } of reason.matchAll(QUOTED)) {
    if (isName(unquoted(words), known)) continue;
    const end = Math.max(reason.lastIndexOf('"') + 1, index + words.length);
    return `${reason.slice(0, index)}text(${characters(reason.slice(index, end))})${reason.slice(end)}`;
  }
  return reason;
}

/** As `JSON.stringify` quotes; what is opened and never closed goes to the end. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs;

function unquoted(words: string): string {
  try {
    return String(JSON.parse(words));
  } catch {
    return words;
  }
}

function shape(value: JsonValue, known: ReadonlySet<string>, depth: number): JsonValue {
  if (value === null) return null;
  if (typeof value === 'string') return known.has(value) ? value : `text(${characters(value)})`;
  if (typeof value !== 'object') return typeof value;
  return Array.isArray(value)
    ? shapeOfArray(value, known, depth)
    : shapeOfObject(value as JsonObject, known, depth);
}

function shapeOfArray(items: readonly JsonValue[], known: ReadonlySet<string>, depth: number): JsonValue {
  if (depth >= caps.depth) return `array(${items.length})`;
  const shapes = items.slice(0, caps.items).map((item) => shape(item, known, depth + 1));
  return items.length > caps.items ? [...shapes, `+${items.length - caps.items}`] : shapes;
}

function shapeOfObject(object: JsonObject, known: ReadonlySet<string>, depth: number): JsonValue {
  const entries = Object.entries(object);
  if (depth >= caps.depth) return `object(${entries.length})`;
  const shapes = new Map<string, JsonValue>();
  for (const [key, member] of entries.slice(0, caps.keys)) {
    shapes.set(unused(shownKey(key, known), shapes), shape(member, known, depth + 1));
  }
  if (entries.length > caps.keys) shapes.set(`+${entries.length - caps.keys}`, null);
  return Object.fromEntries(shapes);
}

function shownKey(key: string, known: ReadonlySet<string>): string {
  return isName(key, known) ? key : `key(${characters(key)})`;
}

function isName(word: string, known: ReadonlySet<string>): boolean {
  return known.has(word) || /^[A-Za-z_]{1,32}$/.test(word);
}

/** Two hidden keys of one length must not become one member. */
function unused(name: string, taken: ReadonlyMap<string, JsonValue>): string {
  for (let copy = 1; ; copy++) {
    const candidate = copy === 1 ? name : `${name}#${copy}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
