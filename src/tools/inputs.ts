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
  count,
  table: name,
  columns: names.optional(),
  where: openObject(
    'Conditions: {column: value | null | [values] | {op: value}}, joined by and. Ops: eq ne gt gte lt lte in not_in prefix contains is_null. Also and, or: [conditions], not: conditions, has: {relation: conditions}. Example: {"total": {"gte": 10}, "or": [{"city": {"prefix": "Ber"}}, {"city": null}], "has": {"customer": {"country": "DE"}}}',
  ).optional(),
  sameWhere: openObject('Conditions, as in query').optional(),
  include: openObject('{relation: true | {columns, where, order, limit, include}}').optional(),
  order: z
    .array(name)
    .min(1)
    .max(50)
    .meta({ description: 'Columns; a leading "-" for descending' })
    .optional(),
  limit: count.meta({ description: 'Most rows to return' }).optional(),
  id: z
    .union([z.string(), z.number(), openObject()])
    .meta({ description: 'Primary key; {column: value} if it has several columns' }),
  values: openObject('{column: value}'),
  reason: z.string().max(2000).meta({ description: 'Why, in one sentence' }).optional(),
  having: openObject('Conditions on the results by name, as in query').optional(),
} as const;

/** A primary key as an agent writes it. */
export type RowId = z.infer<typeof inputs.id>;
