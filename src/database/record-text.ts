/**
 * Rows in PostgreSQL's text form of a composite value, `(a,"b ""c""",)` (manual, "Composite Type Input and Output Syntax"): what the
 * executor gives, one row after the other. Only `record_out`'s output is read here: it quotes whatever holds a quote, a backslash, a
 * comma, a parenthesis or white space, and the empty text; nothing between two commas is NULL.
 */

/**
 * Reads rows that follow one another without anything in between.
 *
 * @param columns how many values a row has: `()` is a row of one NULL, and a row of nothing
 */
export function parseRecords(text: string, columns: number): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: (string | null)[] = [];
    at += 1;
    if (columns === 0) {
      at += 1;
    } else {
      do {
        const value = text[at] === '"' ? quotedValue(text, at + 1) : bareValue(text, at);
        row.push(value.text);
        at = value.end + 1;
      } while (text[at - 1] === ',');
    }
    rows.push(row);
  }
  return rows;
}

/** A value, and the place of the comma or parenthesis after it. */
interface Value {
  readonly text: string | null;
  readonly end: number;
}

function bareValue(text: string, from: number): Value {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== ')') end += 1;
  return { text: end === from ? null : text.slice(from, end), end };
}

/** Quotes and backslashes inside are doubled. */
function quotedValue(text: string, from: number): Value {
  let value = '';
  let start = from;
  let at = from;
  for (;;) {
    const character = text[at];
    if (character === undefined) return { text: value + text.slice(start, at), end: at };
    if (character === '"' || character === '\\') {
      value += text.slice(start, at);
      if (character === '"' && text[at + 1] !== '"') return { text: value, end: at + 1 };
      start = at + 1;
      at += 1;
    }
    at += 1;
  }
}
