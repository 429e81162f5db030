/** The data tools: all there is for an agent to call, and how the list looks to a model. */
import { z } from 'zod';
import { aggregate } from './aggregate.js';
import { create } from './create.js';
import { deleteRow } from './delete.js';
import { describeSchema } from './describe-schema.js';
import { get } from './get.js';
import { query } from './query.js';
import { sql } from './sql.js';
import type { Effect, Tool } from './tool.js';
import { update } from './update.js';

/** The data tools by name, in the order in which they are shown. */
export const dataTools: ReadonlyMap<string, Tool> = new Map<string, Tool>(
  [describeSchema, query, get, aggregate, sql, create, update, deleteRow].map((tool) => [
    tool.name,
    tool as Tool,
  ]),
);

/** One tool as a model is told of it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (2020-12) of the input. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly effect: Effect;
}

/**
 * The tools of these names, or all of them, as a model is told of them: under 2 000 tokens together.
 *
 * @example
 * ```ts
 * toolList(['query', 'get']).map(({ name, description, inputSchema: parameters }) => ({
 *   type: 'function',
 *   function: { name, description, parameters },
 * }));
 * ```
 */
export function toolList(
  names?: Iterable<string>,
  tools: ReadonlyMap<string, Tool> = dataTools,
): readonly ListedTool[] {
  const wanted = names === undefined ? null : new Set(names);
  return [...tools.values()].filter(({ name }) => wanted?.has(name) ?? true).map(listedTool);
}

const listed = new WeakMap<Tool, ListedTool>();

function listedTool(tool: Tool): ListedTool {
  let entry = listed.get(tool);
  if (entry === undefined) {
    const { name, description, inputSchema, effect } = tool;
    entry = Object.freeze({ name, description, inputSchema: jsonSchema(inputSchema), effect });
    listed.set(tool, entry);
  }
  return entry;
}

function jsonSchema(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: part }) => {
      // Bounds that only keep absurd input out tell a model nothing.
      delete part.maximum;
      delete part.maxLength;
      delete part.maxItems;
      delete part.minLength;
    },
  });
  return Object.freeze(rest);
}
