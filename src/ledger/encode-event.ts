/**
 * An event's body as the ledger takes it: canonical JSON, never too large, never refused.
 */
import { RingfenceError } from '../errors.js';
import { canonicalJson } from './canonical.js';
import type { EventBody } from './event.js';
import { type JsonObject, type JsonValue, toJsonValue } from './json-value.js';

/** A leaf has room for 4096 bytes; the rest of them belong to the boundary and the chain. `sql/0003_ledger.sql` checks it. */
export const maxBodyBytes = 3072;

/** How hard to cut: bytes of a string, items of a list. The smallest fits whatever an {@link EventBody} holds. */
const cuts: readonly { readonly text: number; readonly items: number }[] = [
  { text: 1024, items: 32 },
  { text: 512, items: 16 },
  { text: 256, items: 8 },
  { text: 96, items: 4 },
];

/**
 * The canonical JSON of `body`, at most {@link maxBodyBytes} in UTF-8.
 *
 * Where it would be longer, first `input` becomes `truncated(<bytes>)`, then strings are cut and end in `…`, and lists are
 * cut and end in `+<number left out>`: each step only as far as needed, so the same body always gives the same bytes.
 */
export function encodeEvent(body: EventBody): string {
  const whole = toJsonValue(body);
  const encoded = canonicalJson(whole);
  if (fits(encoded)) return encoded;
  const { input = null, ...rest } = whole as JsonObject;
  const withoutInput = { ...rest, input: `truncated(${Buffer.byteLength(canonicalJson(input))})` };
  const short = canonicalJson(withoutInput);
  if (fits(short)) return short;
  for (const { text, items } of cuts) {
    const candidate = canonicalJson(cut(withoutInput, text, items));
    if (fits(candidate)) return candidate;
  }
  throw new RingfenceError('ledger_unavailable', 'This event has too many members to be recorded.');
}

function fits(encoded: string): boolean {
  return Buffer.byteLength(encoded) <= maxBodyBytes;
}

function cut(value: JsonValue, text: number, items: number): JsonValue {
  if (typeof value === 'string') return cutText(value, text);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const kept = value.slice(0, items).map((item: JsonValue) => cut(item, text, items));
    return value.length > items ? [...kept, `+${value.length - items}`] : kept;
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cut(member, text, items)]));
}

/** Counts what a character costs once it is escaped, and cuts between characters, never inside one. */
function cutText(text: string, bytes: number): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += Buffer.byteLength(JSON.stringify(character)) - 2;
    if (used > bytes) return `${kept}…`;
    kept += character;
  }
  return text;
}
