/** The body of a tool call: `{"input": {…}, "reason": "…", …}`. */
import { z } from 'zod';
import type { CallOptions } from '../tools/decision.js';
import { jsonBody } from './json-body.js';
import type { Problem } from './problem.js';

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
  const read = await jsonBody(request, callBodySchema, '{"input": {…}}');
  if ('status' in read) return read;
  const { input, reason, correlation_id, attempt, dry } = read.body;
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
