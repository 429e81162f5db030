/** Where something stands in the agent's own text, in words. */

/** `line 2, column 7`: both from 1, columns in characters. `offset` counts bytes of UTF-8, as PostgreSQL's parser does. */
export function placeOfByte(text: string, offset: number): string {
  return place(Buffer.from(text).subarray(0, offset).toString());
}

/** The same, for an offset that counts characters (code points), as PostgreSQL's syntax errors do. */
export function placeOfCharacter(text: string, offset: number): string {
  return place([...text].slice(0, offset).join(''));
}

function place(before: string): string {
  const lines = before.split('\n');
  return `line ${lines.length}, column ${[...(lines.at(-1) ?? '')].length + 1}`;
}
