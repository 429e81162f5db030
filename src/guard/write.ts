/**
 * The judged tree as the text that is sent.
 *
 * The text is parsed again, and must be the same tree: a name, a literal or an operator that came out as anything else ends here, and
 * nothing is sent. Only then are the places that the parser names in it filled: the tables' placeholders with the SELECTs that stand for
 * them, and, in the form for the planner, the agent's literals with parameters.
 */
import type { A_Const, RangeVar } from 'libpg-query';
import { type Denial, deny } from '../errors.js';
import { deparse } from './deparse.js';
import type { Judged } from './judged.js';
import type { Lift } from './lift.js';
import { readBack } from './parse.js';
import { byteOffsets } from './positions.js';
import { writeConstant } from './quoting.js';
import { sameTree } from './same-tree.js';
import { PLACEHOLDER, scopedText } from './scope.js';

/** A verified text with gaps: `parts[0] literals[0] parts[1] …`. */
export interface Written {
  readonly parts: readonly string[];
  /** The agent's literals that may be parameters, in the order of the text. */
  readonly literals: readonly A_Const[];
}

const UNWRITABLE = deny(
  'sql_refused',
  'sql.rewrite',
  'The statement cannot be written anew safely.',
  'Write it with plainer constructs: simple names, common functions, no unusual syntax.',
);

interface Place {
  readonly start: number;
  readonly end: number;
  readonly literal?: A_Const;
  /** What stands there instead, for good. */
  readonly text?: string;
}

/** Writes a statement that `scope`, `lift` and `limitRows` have been through. */
export function write({ select, tables }: Judged, { literals }: Lift): Written | Denial {
  let text: string;
  try {
    text = deparse(select);
  } catch {
    return UNWRITABLE;
  }
  const read = readBack(text);
  if (read === undefined) return UNWRITABLE;
  const offset = byteOffsets(text);
  const places: Place[] = [];
  const place = (at: number | undefined, found: string, filling: Pick<Place, 'literal' | 'text'>): void => {
    const start = offset(at ?? 0);
    // A position that is not what it should be makes the text differ from what was verified.
    const end = text.startsWith(found, start) ? start + found.length : -1;
    places.push({ start, end, ...filling });
  };
  const same = sameTree(select, read, (name, one, other) => {
    if (name === 'RangeVar') {
      const table = tables.get(one as RangeVar);
      if (table === undefined) return;
      place((other as RangeVar).location, `"${PLACEHOLDER}"`, { text: scopedText(table) });
    } else if (name === 'A_Const' && literals.has(one)) {
      const written = writeConstant(one);
      // The parser places a negative number at its sign, inside the parentheses.
      const at = (other as A_Const).location ?? 0;
      place(written.startsWith('(') ? at - 1 : at, written, { literal: one });
    }
  });
  return (same && cut(text, places, tables.size + literals.size)) || UNWRITABLE;
}

/** Undefined where a place is missing, not found or inside another. */
function cut(text: string, places: Place[], expected: number): Written | undefined {
  if (places.length !== expected) return undefined;
  places.sort((one, other) => one.start - other.start);
  const parts: string[] = [];
  const literals: A_Const[] = [];
  let part = '';
  let done = 0;
  for (const { start, end, literal, text: instead = '' } of places) {
    if (start < done || end < start) return undefined;
    part += text.slice(done, start) + instead;
    done = end;
    if (literal === undefined) continue;
    parts.push(part);
    literals.push(literal);
    part = '';
  }
  parts.push(part + text.slice(done));
  return { parts, literals };
}

/** Both forms of the statement: with the agent's literals, and with parameters for them. */
export function fill(
  { parts, literals }: Written,
  lift: Lift,
): { readonly text: string; readonly opaque: string } {
  let text = parts[0] ?? '';
  let opaque = text;
  for (let gap = 0; gap < literals.length; gap++) {
    const literal = literals[gap] ?? {};
    const next = parts[gap + 1] ?? '';
    text += writeConstant(literal) + next;
    opaque += (lift.literals.get(literal)?.opaque ?? '') + next;
  }
  return { text, opaque };
}
