/**
 * Whether a value fits a column, judged before the database is asked: by the type's oid and category, never by its name.
 */

/** What has to be known of a column's type. `CatalogColumn` and `SliceColumn` both have it. */
export interface ColumnType {
  readonly type: string;
  readonly typeOid: number;
  /** `pg_type.typcategory`. */
  readonly category: string;
  readonly enumLabels: readonly string[] | null;
}

/**
 * What a type is to a condition. `opaque` types (json, xml, bytea, arrays, geometry, composites) have no equality that JSON
 * scalars could use and can only be asked for null; `other` types (inet, ranges, intervals, extensions') are compared as text.
 */
export type ValueKind =
  | 'text'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'time'
  | 'enum'
  | 'uuid'
  | 'other'
  | 'opaque';

const INTEGER_RANGES: ReadonlyMap<number, readonly [bigint, bigint]> = new Map([
  [21, [-(2n ** 15n), 2n ** 15n - 1n]],
  [23, [-(2n ** 31n), 2n ** 31n - 1n]],
  [20, [-(2n ** 63n), 2n ** 63n - 1n]],
  [26, [0n, 2n ** 32n - 1n]],
]);
const TIMES_OF_DAY = new Set([1083, 1266]);
const UUID = 2950;
/** bytea, json, xml, point … are in categories that also hold comparable types. */
const WITHOUT_EQUALITY = new Set([17, 114, 142, 3802, 3614, 3615, 4072]);
const OPAQUE_CATEGORIES = new Set(['A', 'C', 'G', 'P', 'X']);

/** Sorts a type into the kinds that conditions know. */
export function kindOf(column: ColumnType): ValueKind {
  if (column.enumLabels !== null) return 'enum';
  if (column.typeOid === UUID) return 'uuid';
  if (WITHOUT_EQUALITY.has(column.typeOid) || OPAQUE_CATEGORIES.has(column.category)) return 'opaque';
  switch (column.category) {
    case 'S':
      return 'text';
    case 'N':
      return INTEGER_RANGES.has(column.typeOid) ? 'integer' : 'number';
    case 'B':
      return 'boolean';
    case 'D':
      return TIMES_OF_DAY.has(column.typeOid) ? 'time' : 'date';
    default:
      return 'other';
  }
}

/** What is wrong with a text that holds U+0000: PostgreSQL has none. */
export const WITH_NUL = 'text with a NUL cannot be in the database';

/** Longest text that a condition compares with. */
const LONGEST_TEXT = 10_000;

/**
 * What is wrong with `value` as a value of `column`, in a few words, or undefined where it fits. Null does not fit.
 *
 * Whole numbers beyond 2^53 and exact decimals are given as text: `"9007199254740993"`.
 *
 * @example
 * ```ts
 * problemOfValue(totalColumn, 'ten'); // 'expected a number'
 * ```
 */
export function problemOfValue(column: ColumnType, value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.includes('\0')) return WITH_NUL;
    if (value.length > LONGEST_TEXT) return `text longer than ${LONGEST_TEXT} characters`;
  }
  switch (kindOf(column)) {
    case 'text':
      return typeof value === 'string' ? undefined : 'expected text';
    case 'integer':
      return problemOfInteger(column.typeOid, value);
    case 'number':
      return problemOfNumber(value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'expected true or false';
    case 'date':
      return isDate(value)
        ? undefined
        : 'expected a date or time as text: "2026-01-31" or "2026-01-31T18:00:00Z"';
    case 'time':
      return isTimeOfDay(value) ? undefined : 'expected a time of day as text: "18:00:00"';
    case 'enum': {
      const labels = column.enumLabels ?? [];
      if (typeof value === 'string' && labels.includes(value)) return undefined;
      return `expected one of ${labels.slice(0, 20).join(', ')}`;
    }
    case 'uuid':
      return isUuid(value) ? undefined : 'expected a uuid';
    case 'other':
      return typeof value === 'string' ? undefined : `expected ${column.type} as text`;
    case 'opaque':
      return `${column.type} cannot be compared`;
  }
}

function problemOfInteger(typeOid: number, value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'a whole number beyond 2^53 is written as text';
  const digits = typeof value === 'number' ? String(value) : value;
  if (typeof digits !== 'string' || !/^-?\d{1,20}$/.test(digits)) return 'expected a whole number';
  const [least, most] = INTEGER_RANGES.get(typeOid) ?? [0n, 0n];
  const whole = BigInt(digits);
  return whole < least || whole > most ? `expected a whole number from ${least} to ${most}` : undefined;
}

function problemOfNumber(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'expected a finite number';
  const decimal = typeof value === 'string' && /^-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?$/.test(value);
  return decimal ? undefined : 'expected a number';
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value);
}

const DATE =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

function isDate(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (value === 'infinity' || value === '-infinity') return true;
  const match = DATE.exec(value);
  if (match === null) return false;
  const [, year, month, day, time] = match;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return exists && Number(year) > 0 && (time === undefined || isTimeOfDay(time));
}

function isTimeOfDay(value: unknown): boolean {
  const match =
    typeof value === 'string' &&
    /^(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(value);
  return (
    match !== false &&
    match !== null &&
    Number(match[1]) < 24 &&
    Number(match[2]) < 60 &&
    Number(match[3] ?? 0) < 60
  );
}
