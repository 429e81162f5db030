/** What looks for one kind of thing that must not stand in a log. */

/** From where to where, in UTF-16 units as `slice` counts them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds one kind of thing in a text. Pure, and quick on any text: it is asked of everything that an agent says.
 *
 * @example
 * ```ts
 * const ticket: Detector = { label: '[ticket]', find: (text) => matches(text, /\bT-\d{6}\b/g) };
 * ```
 */
export interface Detector {
  /** What stands in the place of what it finds: `[email]`. */
  readonly label: string;
  find(text: string): Iterable<Span>;
}

/**
 * Where a pattern matches, or its group named `value` where it has one.
 *
 * @param holds Says of a match, without what is not a letter or a digit, whether it is one: a check digit, for one.
 */
export function* matches(
  text: string,
  pattern: RegExp,
  holds: (characters: string) => boolean = () => true,
): Generator<Span> {
  for (const match of text.matchAll(pattern)) {
    const value = match.groups?.value ?? match[0];
    if (!holds(value.replace(/[^A-Za-z0-9]/g, ''))) continue;
    const start = match.index + (match.groups?.value === undefined ? 0 : match[0].lastIndexOf(value));
    yield { start, end: start + value.length };
  }
}
