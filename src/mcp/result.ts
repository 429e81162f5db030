/** The one mapping from decisions and errors to what an MCP client is told. A refusal is a result that a model reads, not a protocol error. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { RingfenceError } from '../errors.js';
import type { Decision } from '../tools/decision.js';

/** What every tool answers with: JSON Schema of `structuredContent`. */
export const OUTPUT_SCHEMA = {
  type: 'object' as const,
  properties: {
    decision: { type: 'string', enum: ['allowed', 'denied', 'failed'] },
    rule: { type: 'string', description: 'The rule that decided' },
    event: { type: 'string', description: 'The event in the ledger' },
    rows: { type: 'array', items: { type: 'object' } },
    columns: { type: 'array', items: { type: 'object' }, description: 'Name and type, in order' },
    output: { description: 'What a tool of the product gave back' },
    truncated: { type: 'boolean', description: 'True where more rows matched' },
    nextCursor: { type: 'string', description: 'Pass it as cursor to go on' },
    freshness: { type: 'object', description: 'When rows of materialised views were read' },
    code: { type: 'string' },
    reason: { type: 'string' },
    suggestion: { type: 'string', description: 'What to do instead' },
  },
  required: ['decision'],
};

/** A decision as a tool's result: the same JSON as text and as structured content. */
export function toolResult(decision: Decision): CallToolResult {
  const { ms: _, ...told } = decision;
  return resultOf(told, decision.decision !== 'allowed');
}

/** An error that kept a call from being decided at all: no boundary, no ledger, no database. */
export function errorResult(error: unknown): CallToolResult {
  if (!(error instanceof RingfenceError)) {
    return resultOf({ decision: 'failed', code: 'internal', reason: 'The call could not be made.' }, true);
  }
  const { code, message, suggestion } = error;
  return resultOf(
    { decision: 'failed', code, reason: message, ...(suggestion === undefined ? {} : { suggestion }) },
    true,
  );
}

function resultOf(told: object, isError: boolean): CallToolResult {
  const structuredContent = JSON.parse(JSON.stringify(told)) as Record<string, unknown>;
  return {
    content: [{ type: 'text', text: JSON.stringify(told) }],
    structuredContent,
    ...(isError ? { isError } : {}),
  };
}
