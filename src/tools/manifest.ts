/** What a tool promises, in one digest: what was accepted can be told from what is served. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../ledger/canonical.js';
import { toJsonValue } from '../ledger/json-value.js';
import type { OwnTool } from './define-tool.js';

/**
 * `sha256:` and 64 hex digits over the canonical JSON (RFC 8785) of a tool's name, description, schemas, effect, risk, the ids it has
 * checked, and how it is undone. Its code is not part of it: that is what code review is for.
 */
export function manifestOf({
  name,
  description,
  input,
  output,
  effect,
  risk,
  inBoundary,
  undo,
}: OwnTool): string {
  const told = {
    name,
    description,
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    output: z.toJSONSchema(output, { unrepresentable: 'any' }),
    effect,
    risk,
    in_boundary: inBoundary,
    undo,
  };
  return `sha256:${createHash('sha256')
    .update(canonicalJson(toJsonValue(told)))
    .digest('hex')}`;
}
