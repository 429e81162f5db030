/**
 * Text of somebody else's, so that what is read is what is there: control, bidirectional and invisible characters are written out.
 *
 * An approver agrees to what stands on a screen. A right-to-left override, a zero-width letter or a look-alike of a space can make that
 * another text than the one that is carried out (Unicode Technical Report 36).
 */

/** General categories Cc, Cf, Co, Cn, Zl, Zp, every default-ignorable code point, spaces other than U+0020, and the blank Braille pattern. */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/**
 * The text, each hidden character as `‹U+202E›`.
 *
 * @example
 * ```ts
 * visibleText('pay \u202e001'); // 'pay ‹U+202E›001'
 * ```
 */
export function visibleText(text: string): string {
  return text.replace(
    HIDDEN,
    (hidden) => `‹U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`,
  );
}

/** The same throughout a JSON value, keys included. */
export function visibleThroughout(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value);
  if (Array.isArray(value)) return value.map(visibleThroughout);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [visibleText(key), visibleThroughout(member)]),
  );
}
