/**
 * How deep a statement may nest before it is parsed.
 *
 * PostgreSQL's parser, compiled to WebAssembly, writes its tree by recursion on the caller's stack. A tree of some 5 000 levels
 * overflows it, and what the overflow leaves behind corrupts the module: after about fifty of them it answers nonsense. So the depth is
 * bounded from the tokens first, which PostgreSQL's scanner gives without recursion.
 */
import type { ScanToken } from 'libpg-query';
import { type Denial, deny } from '../errors.js';

/** Levels that a tree may have: a tenth of what overflows the parser's, the deparser's or JSON's stack on Node 20 and 24. */
export const LEVELS = 400;

/**
 * Text of at most this many bytes is not scanned first: one byte adds one level at most (`+-+-+-1`, `array[[[`), and the parser
 * takes twice as many levels from a stack that is half used.
 */
export const UNSCANNED_BYTES = 2_048;

/** They open what only their partner closes. */
const OPENS: ReadonlySet<string> = new Set(['(', '[', 'case']);
const CLOSES: ReadonlySet<string> = new Set([')', ']', 'end']);

/** What stands beside the next is not nested in it: a list, the operands of AND and OR, the parts of a SELECT and of a CASE. */
const PARTS: ReadonlySet<string> = new Set(
  ', and or select from where group having window order limit when then else'.split(' '),
);

/** Each nests all that stands before it, whatever parts that has. */
const CHAINS: ReadonlySet<string> = new Set(['union', 'intersect', 'except', 'join']);

/** They nest nothing. */
const LEAVES: ReadonlySet<string> = new Set('IDENT ICONST FCONST SCONST SQL_COMMENT C_COMMENT'.split(' '));

/**
 * Levels that the tree of these tokens can have at most, give or take the few of the SELECT around them: every other token, a keyword
 * or an operator, may nest what comes before or after it in the same part.
 */
export function nestingBound(tokens: readonly Pick<ScanToken, 'tokenName' | 'text'>[]): number {
  let level = 0;
  let deepest = 0;
  let frame = { run: 0, chain: 0 };
  const around: (typeof frame)[] = [];
  for (const { tokenName, text } of tokens) {
    if (LEAVES.has(tokenName)) continue;
    const word = text.toLowerCase();
    if (PARTS.has(word)) {
      level -= frame.run;
      frame.run = 0;
    } else if (CLOSES.has(word)) {
      const outer = around.pop();
      if (outer === undefined) continue;
      level -= frame.run + frame.chain + 1;
      frame = outer;
    } else {
      level += 1;
      if (OPENS.has(word)) {
        around.push(frame);
        frame = { run: 0, chain: 0 };
      } else if (CHAINS.has(word)) frame.chain += 1;
      else frame.run += 1;
      deepest = Math.max(deepest, level);
    }
  }
  return deepest;
}

/** The denial of a statement that nests deeper than {@link LEVELS}. */
export function tooDeep(): Denial {
  return deny(
    'limit_exceeded',
    'sql.nesting',
    `The statement nests more than ${LEVELS} levels deep.`,
    'Write it flatter: lists instead of chains, a common table expression instead of subqueries in subqueries.',
  );
}
