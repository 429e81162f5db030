/** The parts that tools' inputs share. Shallow on purpose: what needs the slice to be judged is judged by `prepare`. */
import { z } from 'zod';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object whose keys only the slice can judge. Passed through as it came, so that no key is lost on the way. */
function openObject(description?: string) {
  return z
    .custom<Readonly<Record<string, unknown>>>(isObject, 'expected an object')
    .meta({ type: 'object', ...(description === undefined ? {} : { description }) });
}

const name = z.string().min(1).max(256);
const names = z.array(name).min(1).max(1000);

/** A whole number above zero; also as a string of digits. */
const count = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
  z.number().int().min(1),
);

export const inputs = {
  name,
  names,
  table: name,
  columns: names.optional(),
  where: openObject(
    'Column → value (equals), null, list (in) or {op: value}; keys and, or, not, has: {relation: where}. Ops: eq ne gt gte lt lte in not_in prefix contains is_null',
  ).optional(),
  include: openObject('Relation → true or {columns, where, order, limit, include}').optional(),
  order: z.array(name).min(1).max(50).meta({ description: 'Column names, "-" first for descending' }).optional(),
  limit: count.meta({ description: 'At most this many rows' }).optional(),
  id: z
    .union([z.string(), z.number(), openObject()])
    .meta({ description: 'Primary key; {column: value} when it has several columns' }),
  values: openObject('Column → value'),
  reason: z.string().max(2000).meta({ description: 'Why, in one sentence' }).optional(),
  object: openObject,
} as const;

/** A primary key as an agent writes it. */
export type RowId = z.infer<typeof inputs.id>;
