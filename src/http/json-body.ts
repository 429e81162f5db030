/** A request's body as JSON of a known shape, or what is wrong with it. */
import type { z } from 'zod';
import { type Problem, problem } from './problem.js';

/** @param example How the body looks, for whoever sent another. */
export async function jsonBody<T>(
  request: Request,
  schema: z.ZodType<T>,
  example: string,
): Promise<{ readonly body: T } | Problem> {
  const type = request.headers.get('content-type') ?? '';
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    return problem('unsupported_media_type', 'Send it as application/json.');
  let json: unknown;
  try {
    json = JSON.parse(await request.text());
  } catch {
    return problem('malformed_json', 'The body is not JSON.', `Send ${example}.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { body: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'the body';
  return problem('malformed_json', `${where}: ${issue?.message ?? 'not as expected'}.`, `Send ${example}.`);
}
