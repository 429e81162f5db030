/**
 * SQL names as the policy file writes them: parts joined by dots, each bare or in double quotes.
 * Bare parts are folded to lower case as PostgreSQL does; a quoted part is taken to the letter, `""` inside it is one quote.
 */

export interface NamePart {
  /** The text between the dots, quotes taken off, case as written. */
  readonly written: string;
  /** What PostgreSQL would call it: `written`, in lower case unless it was quoted. */
  readonly name: string;
}

/** PostgreSQL cuts identifiers at 63 bytes (NAMEDATALEN - 1). */
const LONGEST_IDENTIFIER = 63;

/**
 * Splits a name into its parts, or says in one sentence why it is none.
 *
 * @example
 * ```ts
 * parseName('billing.note');        // { parts: [billing, note] }
 * parseName('"a.b"."c""d"');        // { parts: [a.b, c"d] }
 * parseName('Order Details');       // { problem: 'a name with a space is written in double quotes' }
 * ```
 */
export function parseName(
  text: string,
): { readonly parts: readonly NamePart[] } | { readonly problem: string } {
  const parts: NamePart[] = [];
  let position = 0;
  while (true) {
    const part = text[position] === '"' ? quotedPart(text, position) : barePart(text, position);
    if ('problem' in part) return part;
    if (Buffer.byteLength(part.name) > LONGEST_IDENTIFIER)
      return {
        problem: `${part.name} is longer than the ${LONGEST_IDENTIFIER} bytes PostgreSQL keeps of a name`,
      };
    parts.push({ written: part.written, name: part.name });
    position = part.end;
    if (position === text.length) return { parts };
    if (text[position] !== '.') return { problem: 'after a quoted name comes a dot or nothing' };
    position += 1;
  }
}

/**
 * Writes a name so that {@link parseName} reads the same parts back, with quotes only where they are needed.
 *
 * @example
 * ```ts
 * printName(['public', 'Order Details']); // public."Order Details"
 * ```
 */
export function printName(parts: readonly string[]): string {
  return parts
    .map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');
}

type Part =
  | { readonly written: string; readonly name: string; readonly end: number }
  | { readonly problem: string };

function quotedPart(text: string, start: number): Part {
  let written = '';
  let position = start + 1;
  while (position < text.length) {
    if (text[position] !== '"') written += text[position++];
    else if (text[position + 1] === '"') {
      written += '"';
      position += 2;
    } else if (written === '') return { problem: 'a name between quotes is empty' };
    else if (written.includes('\0')) return { problem: 'a name cannot hold a NUL' };
    else return { written, name: written, end: position + 1 };
  }
  return { problem: 'a quote is opened and never closed' };
}

function barePart(text: string, start: number): Part {
  const end = text.indexOf('.', start) === -1 ? text.length : text.indexOf('.', start);
  const written = text.slice(start, end);
  if (written === '') return { problem: 'a name, or a part of it, is empty' };
  if (!/^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u.test(written))
    return {
      problem: `${written} holds a character that SQL wants in double quotes: write '${printName([written])}'`,
    };
  // PostgreSQL folds ASCII letters only in a UTF-8 database.
  return { written, name: written.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), end };
}
