/** Words of a function's text, its comments left out. What a function does cannot be known from that; which names it uses, nearly. */

const COMMENTS = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const WORDS = /"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu;

const memory = new Map<string, ReadonlySet<string>>();
const MOST = 20_000;

/** Every name in a text: bare ones in lower case, quoted ones as they are. Texts within it count too, for they may be run. */
export function wordsOf(source: string): ReadonlySet<string> {
  const known = memory.get(source);
  if (known !== undefined) return known;
  if (memory.size >= MOST) memory.clear();
  const words = new Set(
    [...source.replace(COMMENTS, ' ').matchAll(WORDS)].map(([word]) =>
      word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word.toLowerCase(),
    ),
  );
  memory.set(source, words);
  return words;
}

/** The same without what stands in texts: names that are used, and not spoken of. */
export function codeWordsOf(source: string): ReadonlySet<string> {
  return wordsOf(source.replace(COMMENTS, ' ').replace(/'(?:[^']|'')*'/g, ' '));
}

export function mentionsWord(source: string, word: string): boolean {
  return wordsOf(source).has(word);
}
