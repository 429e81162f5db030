/**
 * What a text costs a model, told without a tokenizer: by its runs of letters and digits and by its signs. Rather too much than too
 * little, since a budget that is not used up does no harm.
 *
 * Held by tests against the tokenizers o200k and cl100k: no description of a schema with names made of words or abbreviations costs more
 * than is told here, most cost a fifth less; other alphabets cost half or less. Prose may cost a twentieth more (o200k), German a fifth (cl100k),
 * letters at random three times as much.
 */

/** A run of letters of one case, of digits with the space before them, or a sign. Other spaces go with what follows, and so does `_`. */
const PIECES = /[a-z]+|[A-Z]+|\s?\d+|[^\s\w]/gu;

/** Letters and digits of which a token is made, about. */
const SMALL_LETTERS = 5;
const CAPITALS = 2;
const DIGITS = 3;
/** Signs that follow one another are often one token. */
const SIGN = 0.9;

/** Tokens that a text costs, as far as that can be told from outside; a fraction, so that pieces can be added up. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += costOf(piece);
  return tokens;
}

function costOf(piece: string): number {
  const code = piece.codePointAt(0) ?? 0;
  if (code >= 0x80) return bytesOf(code) - 1;
  if (piece >= 'a' && piece < '{') return Math.max(1, piece.length / SMALL_LETTERS);
  if (piece >= 'A' && piece < '[') return Math.max(1, piece.length / CAPITALS);
  const digits = piece.trimStart();
  if (/^\d/.test(digits)) return Math.ceil(digits.length / DIGITS) + (piece.length - digits.length);
  return SIGN;
}

/** Bytes of a character in UTF-8: no token is less than one of them. */
function bytesOf(code: number): number {
  return code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
