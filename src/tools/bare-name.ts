/** Names of tables and columns as a model should write them. */
import { quotedText } from './quoted-text.js';

/** Words that SQL takes for its own where a name is expected: `pg_get_keywords()`, categories R and T, of every supported version. */
const RESERVED: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp
  current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having
  ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
  notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar
  some symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window
  with`.split(/\s+/),
);

/** PostgreSQL's names are at most so long. */
const LONGEST_NAME = 63;

/**
 * A name as it is where SQL would read it bare, else in double quotes.
 *
 * @example
 * ```ts
 * bareName('invoice_line'); // invoice_line
 * bareName('Desk Note'); // "Desk Note"
 * bareName('order'); // "order"
 * ```
 */
export function bareName(name: string): string {
  const bare = /^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u.test(name) && !/[A-Z]/.test(name) && !RESERVED.has(name);
  return bare ? name : quotedText(name, LONGEST_NAME);
}
