/** The body of a tool call: `{"input": {…}, "reason": "…", …}`. */
import { z } from 'zod';
import type { CallOptions } from '../tools/decision.js';
import { type Problem, problem } from './problem.js';

export const callBodySchema = z.strictObject({
  input: z.unknown().describe('The tool’s input, by the schema that /v1/tools gives.'),
  reason: z.string().max(2_000).optional().describe('Why, where the input does not say.'),
  correlation_id: z.string().max(200).optional().describe('Joins this call with others.'),
  attempt: z.int().min(1).max(1_000).optional().describe('1 for the first time.'),
  dry: z.boolean().optional().describe('Takes a write back before it commits.'),
});

export interface CallBody {
  readonly input: unknown;
  readonly options: CallOptions;
}

/** Reads a call, or says what is wrong with it. */
export async function callBody(request: Request): Promise<CallBody | Problem> {
  const type = request.headers.get('content-type') ?? '';
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return problem('unsupported_media_type', 'Send the call as application/json.');
  }
  let json: unknown;
  try {
    json = JSON.parse(await request.text());
  } catch {
    return problem('malformed_json', 'The body is not JSON.', 'Send {"input": {…}}.');
  }
  const parsed = callBodySchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'the body';
    return problem(
      'malformed_json',
      `${where}: ${issue?.message ?? 'not as expected'}.`,
      'Send {"input": {…}}.',
    );
  }
  const { input, reason, correlation_id, attempt, dry } = parsed.data;
  return {
    input: input ?? {},
    options: {
      ...(reason === undefined ? {} : { reason }),
      ...(correlation_id === undefined ? {} : { correlationId: correlation_id }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(dry === undefined ? {} : { dry }),
    },
  };
}
