/** What stands at a place of a statement that was sent, for whoever has to tell an agent what a server complained of. */
import type { Node } from 'libpg-query';
import { readBack } from './parse.js';
import { byteOfCharacter } from './positions.js';

export type WrittenNode =
  /** `['c', 'name']`; whatever the agent called the column, so it may be no column at all. */
  | { readonly kind: 'column'; readonly parts: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'operator'; readonly name: string };

/**
 * Reads a statement of the guard's own again: `text` is the form that a server complained of, and `position` is where, in characters from
 * 1. Null where nothing stands there that has a name.
 */
export function nodeAt(text: string, position: number): WrittenNode | null {
  const select = readBack(text);
  if (select === undefined || position < 1) return null;
  return find(select, byteOfCharacter(text, position));
}

function find(node: unknown, at: number): WrittenNode | null {
  if (typeof node !== 'object' || node === null) return null;
  for (const [kind, part] of Object.entries(node)) {
    const found = named(kind, part, at) ?? find(part, at);
    if (found !== null) return found;
  }
  return null;
}

/** The parts of a node that names may be in. */
interface Named {
  readonly location?: number;
  readonly fields?: readonly Node[];
  readonly funcname?: readonly Node[];
  readonly names?: readonly Node[];
  readonly name?: readonly Node[];
}

function named(kind: string, part: unknown, at: number): WrittenNode | null {
  if (typeof part !== 'object' || part === null) return null;
  const { location, fields, funcname, names, name } = part as Named;
  if (location !== at) return null;
  switch (kind) {
    case 'ColumnRef':
      return { kind: 'column', parts: texts(fields) };
    case 'FuncCall':
      return { kind: 'function', name: texts(funcname).at(-1) ?? '' };
    case 'typeName':
      return { kind: 'type', name: texts(names).at(-1) ?? '' };
    case 'A_Expr':
      return { kind: 'operator', name: texts(name).at(-1) ?? '' };
    default:
      return null;
  }
}

function texts(names: readonly Node[] = []): string[] {
  return names.map((name) => ('String' in name ? (name.String.sval ?? '') : '*'));
}
