/** Places in a text: PostgreSQL's parser counts bytes of UTF-8, its server counts characters, a JavaScript string counts UTF-16 units. */

/** Turns offsets in bytes into offsets in the string. */
export function byteOffsets(text: string): (byte: number) => number {
  if (isAscii(text)) return (byte) => byte;
  const bytes = Buffer.from(text);
  return (byte) => bytes.toString('utf8', 0, byte).length;
}

/** The offset in bytes of a character that is counted from 1, as a server does. */
export function byteOfCharacter(text: string, character: number): number {
  return Buffer.byteLength([...text].slice(0, character - 1).join(''));
}

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
