/** A stream's lines, one at a time and never more of it in memory than one line may be long. */

/** What a line turned out to be. */
export type Line =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too_long' }
  | { readonly kind: 'not_utf8' };

const NEWLINE = 0x0a;

/** Lines end with LF or CRLF; the last one may end with the stream. A byte order mark at the start is not part of the first. */
export async function* readLines(
  stream: AsyncIterable<Buffer | string>,
  mostBytes: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer): void => {
    length += part.length;
    if (length <= mostBytes) parts.push(part);
    else parts = [];
  };
  const finish = (): Line => {
    const bytes = Buffer.concat(parts);
    const tooLong = length > mostBytes;
    parts = [];
    length = 0;
    if (tooLong) return { kind: 'too_long' };
    try {
      return { kind: 'text', text: decoder.decode(bytes).replace(/\r$/, '') };
    } catch {
      return { kind: 'not_utf8' };
    }
  };
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      take(bytes.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    if (from < bytes.length) take(bytes.subarray(from));
  }
  if (length > 0) yield finish();
}
