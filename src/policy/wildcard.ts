/**
 * Patterns over names: `*` stands for any run of characters, everything else for itself.
 * Case does not count, nor do underscores, spaces and hyphens: `*api_key*` catches `apiKey`, `API Key` and `stripe_apikey`.
 */

/**
 * Whether the whole of `name` matches `pattern`. Takes time in proportion to the product of the lengths, never more.
 *
 * @example
 * ```ts
 * matchesWildcard('*api_key*', 'stripeApiKey'); // true
 * ```
 */
export function matchesWildcard(pattern: string, name: string): boolean {
  const pieces = fold(pattern).split('*');
  const folded = fold(name);
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return first !== '' && folded === first;
  const last = pieces.at(-1) ?? '';
  if (!folded.startsWith(first)) return false;
  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = folded.indexOf(piece, position);
    if (found === -1) return false;
    position = found + piece.length;
  }
  return folded.length - last.length >= position && folded.endsWith(last);
}

/**
 * Splits `table.column` at its last dot outside double quotes; a pattern without one is about columns of every table.
 * The quotes are taken off.
 */
export function splitPattern(pattern: string): { readonly table: string | null; readonly column: string } {
  let quoted = false;
  let cut = -1;
  for (let index = 0; index < pattern.length; index++) {
    if (pattern[index] === '"') quoted = !quoted;
    else if (pattern[index] === '.' && !quoted) cut = index;
  }
  const bare = (part: string): string => part.replaceAll('"', '');
  return cut === -1
    ? { table: null, column: bare(pattern) }
    : { table: bare(pattern.slice(0, cut)), column: bare(pattern.slice(cut + 1)) };
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[_\s-]/g, '');
}
