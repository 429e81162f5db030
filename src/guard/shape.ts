/**
 * A statement without its literals, told apart without PostgreSQL's parser.
 *
 * This reads a small part of SQL, in which nothing is ambiguous: printable ASCII without backslash, dollar and comments; texts in plain
 * quotes that no word stands before (`e'…'`, `date'…'`); short decimal numbers that nothing touches. Anything else has no shape and is
 * judged in full. What this misreads cannot do harm: its answer only picks a statement that was judged and written before, and fills it
 * with the literals found here, written by the guard's own quoting. See `cache.ts`.
 */

export type LiteralKind = 'integer' | 'decimal' | 'string';

/** A literal as it stands in the text. */
export interface ScannedLiteral {
  readonly kind: LiteralKind;
  /** Where it begins; a sign before a number is not part of it. */
  readonly at: number;
  /** As written: `'it''s'`, `007`. */
  readonly raw: string;
}

export interface Shape {
  /** The text with a control character in place of each literal, by its kind: the text itself has none but line breaks and tabs. */
  readonly key: string;
  readonly literals: readonly ScannedLiteral[];
}

const MARKS: Readonly<Record<LiteralKind, string>> = { integer: '\x01', decimal: '\x02', string: '\x03' };

/** Characters: far less than any limit of the guard's, so that no limit hangs on how long a literal is. */
const LONGEST = 4_096;
/** Digits of a number that fits into four bytes. */
const LONGEST_INTEGER = 9;
const LONGEST_DECIMAL = 16;

const [FOREIGN, PLAIN, WORD, DIGIT, QUOTE, NAME_QUOTE, HALF_COMMENT] = [0, 1, 2, 3, 4, 5, 6];
const KINDS = new Uint8Array(128);
for (let code = 0x20; code < 0x7f; code++) KINDS[code] = PLAIN;
for (const code of [0x09, 0x0a, 0x0d]) KINDS[code] = PLAIN;
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/[a-z_]/i.test(character)) KINDS[code] = WORD;
  if (/[0-9]/.test(character)) KINDS[code] = DIGIT;
}
KINDS[0x27] = QUOTE;
KINDS[0x22] = NAME_QUOTE;
KINDS[0x2d] = HALF_COMMENT;
KINDS[0x2f] = HALF_COMMENT;
KINDS[0x5c] = FOREIGN;
KINDS[0x24] = FOREIGN;

const [DOT, AMPERSAND, MINUS, STAR] = [0x2e, 0x26, 0x2d, 0x2a];

/** Undefined for a text that must be read by PostgreSQL's parser each time. */
export function shapeOf(text: string): Shape | undefined {
  const { length } = text;
  if (length > LONGEST) return undefined;
  const literals: ScannedLiteral[] = [];
  let key = '';
  let done = 0;
  let at = 0;
  const literal = (kind: LiteralKind, end: number): void => {
    literals.push({ kind, at, raw: text.slice(at, end) });
    key += text.slice(done, at) + MARKS[kind];
    done = end;
  };
  while (at < length) {
    const code = text.charCodeAt(at);
    switch (kindOf(code)) {
      case PLAIN:
        at += 1;
        continue;
      case WORD: {
        do at += 1;
        while (isWordPart(text.charCodeAt(at)));
        const next = text.charCodeAt(at);
        if (next === 0x27 || next === 0x22) return undefined;
        continue;
      }
      case DIGIT: {
        if (at > 0 && text.charCodeAt(at - 1) === DOT) return undefined;
        let end = endOfDigits(text, at);
        let kind: LiteralKind = 'integer';
        if (text.charCodeAt(end) === DOT) {
          const fraction = endOfDigits(text, end + 1);
          if (fraction === end + 1) return undefined;
          kind = 'decimal';
          end = fraction;
        }
        const after = text.charCodeAt(end);
        if (isWordPart(after) || after === DOT) return undefined;
        if (end - at > (kind === 'integer' ? LONGEST_INTEGER : LONGEST_DECIMAL)) return undefined;
        literal(kind, end);
        at = end;
        continue;
      }
      case QUOTE:
      case NAME_QUOTE: {
        if (at > 0 && text.charCodeAt(at - 1) === AMPERSAND) return undefined;
        const end = endOfQuoted(text, at, code);
        if (end === undefined) return undefined;
        if (code === 0x27) literal('string', end);
        at = end;
        continue;
      }
      case HALF_COMMENT:
        if (text.charCodeAt(at + 1) === (code === MINUS ? MINUS : STAR)) return undefined;
        at += 1;
        continue;
      default:
        return undefined;
    }
  }
  return { key: key + text.slice(done), literals };
}

function kindOf(code: number): number {
  return (code < 128 ? KINDS[code] : FOREIGN) ?? FOREIGN;
}

function isWordPart(code: number): boolean {
  const kind = kindOf(code);
  return kind === WORD || kind === DIGIT;
}

function endOfDigits(text: string, from: number): number {
  let end = from;
  while (kindOf(text.charCodeAt(end)) === DIGIT) end += 1;
  return end;
}

/** Behind the closing quote; undefined where there is none, or a character that only PostgreSQL should read. */
function endOfQuoted(text: string, from: number, quote: number): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x5c) return undefined;
    if (code !== quote) continue;
    if (text.charCodeAt(at + 1) !== quote) return at + 1;
    at += 1;
  }
  return undefined;
}
