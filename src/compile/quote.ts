/**
 * Names and texts as SQL. The one place where either becomes part of a statement.
 */
import { RingfenceError } from '../errors.js';

/** PostgreSQL cuts identifiers off after this many bytes. */
export const IDENTIFIER_BYTES = 63;

/**
 * A name as a quoted SQL identifier: `Order "x"` becomes `"Order ""x"""`. Always quoted, so that no list of reserved words is needed.
 *
 * @throws RingfenceError `policy_invalid` for an empty name, one with a NUL character, or one PostgreSQL would cut off.
 */
export function quoteIdent(name: string): string {
  if (name === '' || name.includes('\0')) {
    throw new RingfenceError(
      'policy_invalid',
      'A name is empty or holds a NUL character, which PostgreSQL cannot store. Correct it.',
    );
  }
  if (Buffer.byteLength(name) > IDENTIFIER_BYTES) {
    throw new RingfenceError(
      'policy_invalid',
      `The name ${JSON.stringify(name)} is longer than PostgreSQL's ${IDENTIFIER_BYTES} bytes. Shorten it.`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A schema-qualified name: `"billing"."note"`. */
export function quoteName(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/**
 * A text as an SQL literal that means the same whatever `standard_conforming_strings` says: `it's` becomes `'it''s'`, and a text
 * with a backslash becomes `E'…'`.
 *
 * @throws RingfenceError `policy_invalid` for a text with a NUL character.
 */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) {
    throw new RingfenceError(
      'policy_invalid',
      'A value holds a NUL character, which PostgreSQL cannot store. Remove it.',
    );
  }
  const quoted = text.replaceAll("'", "''");
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}
