/**
 * Text into YAML, whatever the text: names in a database may hold line breaks, quotes and brackets, and none may end up as syntax.
 */

const WORDS_OF_YAML = /^(true|false|null)$/i;
const PLAIN = /^[A-Za-z_][A-Za-z0-9_$.]*$/;
/** Brackets are left to the escapes, so that a reader that only counts them counts right. */
const QUOTABLE = /^[\p{L}\p{M}\p{N}\p{S}\p{Zs}!"#$%&'()*+,\-./:;<=>?@\\^_`|~]+$/u;

/** A string as a YAML scalar, on one line: plain where that is safe, else in quotes. */
export function scalar(text: string): string {
  if (PLAIN.test(text) && !WORDS_OF_YAML.test(text)) return text;
  if (QUOTABLE.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return `"${[...text].map(escaped).join('')}"`;
}

function escaped(character: string): string {
  if (/^[A-Za-z0-9 _.$,;:@#%&*+=<>!?()|^~'-]$/.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** `{ a: 1, b: [x, y] }`: entries whose values are YAML already. */
export function flowMap(entries: readonly (readonly [key: string, value: string])[]): string {
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, value]) => `${scalar(key)}: ${value}`).join(', ')} }`;
}

/** `[a, b]`: strings as scalars. */
export function flowList(items: readonly string[]): string {
  return `[${items.map(scalar).join(', ')}]`;
}

/** Words for a comment: on one line, without brackets. */
export function remark(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{S} !"#$%&'()*+,\-./:;<=>?@\\^_`|~’“”]/gu, '?');
}
