/** Words that others wrote, as one piece of a line: whoever reads it, machine or model, sees where they begin and end. */

/**
 * Controls, line and paragraph separators, invisible and direction-changing characters, lone surrogates and the backtick: nothing of
 * these may end a line, a fence or a quote, or hide what stands there.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}`]/gu;

/**
 * A text as a JSON string on one line, cut after `limit` characters with `…` behind the closing quote.
 *
 * @example
 * ```ts
 * quotedText('say "no"\nto all', 40); // '"say \"no\"\nto all"', the newline as backslash and n
 * quotedText('abcdef', 3); // '"abc"…'
 * ```
 */
export function quotedText(text: string, limit: number): string {
  const characters = [...text.slice(0, 2 * limit + 2)];
  const shown = characters.slice(0, limit).join('');
  const quoted = JSON.stringify(shown).replace(UNPRINTABLE, escaped);
  return characters.length > limit ? `${quoted}…` : quoted;
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
