/** Names and constants as the guard writes them. */
import type { A_Const } from 'libpg-query';

/** Always quoted, so that no name is a keyword and none is folded to lower case. */
export function quoteName(name: string): string {
  return `"${name.includes('"') ? name.replaceAll('"', '""') : name}"`;
}

/** A constant as text. A negative number is in parentheses: `2 ^ -1` and `-1 [2]` read otherwise without. */
export function writeConstant({ ival, fval, sval, boolval, bsval }: A_Const): string {
  if (ival !== undefined) return writeNumber(String(ival.ival ?? 0));
  if (fval !== undefined) return writeNumber(fval.fval ?? '0');
  if (sval !== undefined) return writeString(sval.sval ?? '');
  if (boolval !== undefined) return boolval.boolval === true ? 'true' : 'false';
  if (bsval?.bsval !== undefined) return `${bsval.bsval.slice(0, 1)}'${bsval.bsval.slice(1)}'`;
  return 'NULL';
}

export function writeNumber(number: string): string {
  return number.startsWith('-') ? `(${number})` : number;
}

/** A string as a literal that reads the same whether the server takes backslashes for escapes or not. */
export function writeString(value: string): string {
  const quoted = value.includes("'") ? value.replaceAll("'", "''") : value;
  return value.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}
