/**
 * Plain JSON, and the way there from whatever a caller handed over.
 *
 * An event is written for every call, the malformed ones first of all, so recording has to cope with values that no
 * schema accepted: this is the one place that turns them into JSON without ever throwing.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

const deepest = 64;

/**
 * The nearest plain JSON to `value`; the value itself where it is plain JSON already. Never throws.
 *
 * Where they differ: integers beyond 2^53 and bigints become decimal strings, NaN and the infinities null; lone
 * surrogates and U+0000 (which PostgreSQL cannot hold) become U+FFFD; dates become RFC 3339; members that are undefined
 * or functions are dropped; cycles and whatever lies deeper than 64 levels become a marker.
 *
 * @example
 * ```ts
 * toJsonValue({ id: 7n, since: new Date(0), note: undefined }); // { id: '7', since: '1970-01-01T00:00:00.000Z' }
 * ```
 */
export function toJsonValue(value: unknown): JsonValue {
  try {
    return convert(value, [], 0) ?? null;
  } catch {
    return '[unreadable]';
  }
}

/** `text` without lone surrogates and without U+0000, each replaced by U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/[\u0000\p{Surrogate}]/gu, '\uFFFD');
}

function convert(value: unknown, path: readonly object[], depth: number): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) return null;
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : convertObject(value, path, depth);
    default:
      return undefined;
  }
}

function convertObject(value: object, path: readonly object[], depth: number): JsonValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (path.includes(value)) return '[circular]';
  if (depth >= deepest) return '[deeper]';
  const inside = [...path, value];
  if (Array.isArray(value)) return Array.from(value, (item) => convert(item, inside, depth + 1) ?? null);
  const entries: [string, JsonValue][] = [];
  for (const [key, member] of Object.entries(value)) {
    const converted = convert(member, inside, depth + 1);
    if (converted !== undefined) entries.push([wellFormed(key), converted]);
  }
  return Object.fromEntries(entries);
}
