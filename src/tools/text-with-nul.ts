/** Where a value holds a text that the database cannot: one with U+0000. */

/** The path of one such text, a name of a member among them, or undefined. Bytes are no text. Of any depth, and of values that hold themselves. */
export function textWithNul(value: unknown): string | undefined {
  const seen = new Set<object>();
  const waiting: { readonly at: string; readonly value: unknown }[] = [{ at: '', value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at, value: one } = next;
    if (typeof one === 'string' && one.includes('\0')) return at;
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one) || seen.has(one)) continue;
    seen.add(one);
    for (const [key, member] of Object.entries(one)) {
      const path = at === '' ? key : `${at}.${key}`;
      if (key.includes('\0')) return path;
      waiting.push({ at: path, value: member });
    }
  }
  return undefined;
}
