import { z } from 'zod';
import type { PolicyPath } from './complaint.js';

/** The keys that a schema knows at a path; empty where it takes any, or none. */
export function knownKeys(schema: z.core.$ZodType, path: PolicyPath): string[] {
  const [part, ...rest] = path;
  if (part === undefined)
    return formsOf(schema).flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
  return formsOf(schema).flatMap((form) => {
    const inner = childOf(form, part);
    return inner === undefined ? [] : knownKeys(inner, rest);
  });
}

function childOf(form: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined {
  if (form instanceof z.ZodObject)
    return (form.shape as Record<string, z.core.$ZodType | undefined>)[String(part)];
  if (form instanceof z.ZodRecord) return form.valueType;
  if (form instanceof z.ZodArray) return form.element;
  return undefined;
}

/** The schema itself, without `optional`, or each form of a union. */
function formsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional) return formsOf(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(formsOf);
  return [schema];
}
