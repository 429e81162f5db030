/** One line of what `ringfence try` reads: a tool call, or why it is none. */
import { z } from 'zod';
import type { Line } from './lines.js';

/** Longest line, in bytes. Far above what any tool takes; it keeps a stream without newlines out of memory. */
export const LONGEST_LINE = 1_048_576;

const toolCall = z.strictObject({
  tool: z.string().min(1).max(200),
  input: z.unknown().optional(),
  reason: z.string().optional(),
});

export interface ToolCall {
  readonly tool: string;
  readonly input: unknown;
  readonly reason?: string;
}

const SHAPE = '{"tool":"query","input":{…},"reason":"…"}';

/** The call that a line makes; text where it makes none, saying why. Null for a line with nothing on it. */
export function readToolCall(line: Line): ToolCall | string | null {
  if (line.kind === 'too_long') return `The line is longer than ${LONGEST_LINE} bytes.`;
  if (line.kind === 'not_utf8') return 'The line is not UTF-8.';
  if (line.text.trim() === '') return null;
  let json: unknown;
  try {
    json = JSON.parse(line.text);
  } catch {
    return `The line is not JSON. A call is one line like ${SHAPE}.`;
  }
  const parsed = toolCall.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const unknown =
      issue?.code === 'unrecognized_keys'
        ? ` It has keys that a call does not have: ${issue.keys
            .slice(0, 5)
            .map((key) => key.slice(0, 60))
            .join(', ')}.`
        : '';
    return `The line is JSON, but not a call.${unknown} A call is one line like ${SHAPE}.`;
  }
  const { tool, input, reason } = parsed.data;
  return reason === undefined ? { tool, input: input ?? {} } : { tool, input: input ?? {}, reason };
}
