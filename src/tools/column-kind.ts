/** What can be done with a column beyond conditions, told from its type. Oids are PostgreSQL's own, the same in every version. */
import type { SliceColumn } from '../policy/compiled.js';
import { kindOf } from '../policy/value.js';

const INTERVAL = 1186;
const MONEY = 790;
/** int8, int2, int4, float4, float8, numeric: category N also holds oids and money, which do not add up. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700]);
const DATES: ReadonlySet<number> = new Set([1082, 1114, 1184]);
/** Ordered, and yet without `min` and `max` in every supported version: bit strings, ranges, and most of category U. */
const WITHOUT_EXTREMES: ReadonlySet<string> = new Set(['V', 'R', 'U', 'B']);

/** Whether values can be sorted and grouped: the type has a default order. */
export function isOrdered(column: SliceColumn): boolean {
  return kindOf(column) !== 'opaque';
}

/** Whether `sum` is defined. */
export function isSummable(column: SliceColumn): boolean {
  return isAveragable(column) || column.typeOid === MONEY;
}

/** Whether `avg` is defined. */
export function isAveragable(column: SliceColumn): boolean {
  return NUMBERS.has(column.typeOid) || column.typeOid === INTERVAL;
}

/** Whether `min` and `max` are defined. */
export function hasExtremes(column: SliceColumn): boolean {
  return isOrdered(column) && !WITHOUT_EXTREMES.has(column.category);
}

/** Whether values fall on a day. */
export function isDated(column: SliceColumn): boolean {
  return DATES.has(column.typeOid);
}
