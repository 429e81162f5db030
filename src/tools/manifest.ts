/** What a tool promises, in one digest: what was accepted can be told from what is served, and how they differ. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../ledger/canonical.js';
import { type JsonObject, type JsonValue, toJsonValue } from '../ledger/json-value.js';
import type { OwnTool } from './define-tool.js';

/**
 * A tool as it is accepted: its name, description, schemas, effect, risk, the ids it has checked, and how it is undone. Its code is not
 * part of it: that is what code review is for.
 */
export function definitionOf({
  name,
  description,
  input,
  output,
  effect,
  risk,
  inBoundary,
  undo,
}: OwnTool): JsonObject {
  return toJsonValue({
    name,
    description,
    input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    output: z.toJSONSchema(output, { unrepresentable: 'any' }),
    effect,
    risk,
    in_boundary: inBoundary,
    undo,
  }) as JsonObject;
}

/** `sha256:` and 64 hex digits over the canonical JSON (RFC 8785) of a tool's definition: see {@link definitionOf}. */
export function manifestOf(tool: OwnTool): string {
  return digestOf(definitionOf(tool));
}

/** The same of a definition that was written down. */
export function digestOf(definition: JsonObject): string {
  return `sha256:${createHash('sha256').update(canonicalJson(definition)).digest('hex')}`;
}

/** One thing that is not what it was. Undefined where it was not there, or is not there any more. */
export interface Difference {
  /** `input.properties.order_id.type` */
  readonly path: string;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** How two definitions differ, member by member. */
export function differences(before: JsonValue, after: JsonValue, path = ''): readonly Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => {
      const at = path === '' ? name : `${path}.${name}`;
      const [was, is] = [own(before, name), own(after, name)];
      return was === undefined || is === undefined
        ? [{ path: at, before: was, after: is }]
        : differences(was, is, at);
    });
  }
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ path, before, after }];
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
