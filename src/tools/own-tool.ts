/** A tool of the product's own as the gate takes one: its input checked, the ids in it turned into reads that must meet a row. */
import type { Denial } from '../errors.js';
import { WITH_NUL } from '../policy/value.js';
import { orDenial, pointer, quoted, refuse } from '../refusal.js';
import type { OwnTool } from './define-tool.js';
import { get } from './get.js';
import { inputs, type RowId } from './inputs.js';
import { textWithNul } from './text-with-nul.js';
import type { OwnCode, OwnStatement, Tool, ToolContext } from './tool.js';
import { isDenial } from './tool.js';

/** Ids that one call may name. */
const IDS = 200;

export function asTool(own: OwnTool): Tool {
  return {
    name: own.name,
    effect: own.effect,
    description: own.description,
    inputSchema: own.input,
    prepare: (input, context) => orDenial(() => prepareOwn(own, input, context)),
  };
}

function prepareOwn(own: OwnTool, input: unknown, context: ToolContext): OwnCode | Denial {
  const place = textWithNul(input);
  if (place !== undefined) {
    refuse(
      'input_invalid',
      `tools.${own.name}.input`,
      `${place === '' ? 'The input' : quoted(place)} is wrong: ${WITH_NUL}.`,
      'Leave the character U+0000 out.',
    );
  }
  const ids: OwnStatement[] = [];
  for (const [path, table] of Object.entries(own.inBoundary)) {
    for (const id of valuesAt(input, path.split('.'))) {
      if (ids.length >= IDS) {
        refuse(
          'limit_exceeded',
          `tools.${own.name}.in_boundary`,
          `A call may name ${IDS} ids.`,
          'Make several calls.',
        );
      }
      const parsed = inputs.id.safeParse(id);
      if (!parsed.success) {
        refuse(
          'type_mismatch',
          `tools.${own.name}.in_boundary`,
          `${quoted(path)} is no id.`,
          'Give an id as text or a number.',
        );
      }
      const read = idRead(table, parsed.data as RowId, context);
      if (isDenial(read)) return read;
      ids.push(read);
    }
  }
  const once = (of: 'tables' | 'columns' | 'references') => [...new Set(ids.flatMap((read) => read[of]))];
  return {
    kind: 'own',
    own,
    input,
    ids,
    tables: once('tables'),
    columns: once('columns'),
    references: once('references'),
  };
}

/** What `get` would read: the key alone of a row inside the slice. */
function idRead(table: string, id: RowId, context: ToolContext): OwnStatement | Denial {
  const key = context.tables.get(table)?.primaryKey;
  if (key === undefined) {
    return refuse(
      'unknown_table',
      `roles.${context.role.name}.tables`,
      `There is no table ${quoted(table)}.`,
      pointer(table, [...context.tables.keys()], 'tables'),
    );
  }
  const read = get.prepare({ table, id, columns: [...key] }, context);
  return read as OwnStatement | Denial;
}

/** The values that a path leads to, those in lists one by one; an absent member has none. */
function valuesAt(value: unknown, [first, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item) => valuesAt(item, first === undefined ? [] : [first, ...rest]));
  if (first === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[first], rest);
}
