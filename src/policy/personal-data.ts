import type { CatalogColumn } from './catalog.js';
import { kindOf } from './value.js';

/** Words that name personal data by themselves. */
const WORDS = new Set([
  'email',
  'mail',
  'phone',
  'telephone',
  'mobile',
  'fax',
  'ssn',
  'dob',
  'birthday',
  'birthdate',
  'iban',
  'passport',
]);

/** Neighbouring words that do together. */
const PAIRS = new Set([
  'birth date',
  'date birth',
  'of birth',
  'social security',
  'national id',
  'tax id',
  'card number',
  'credit card',
  'account number',
  'e mail',
]);

/** The same words, as they stand in a sentence. */
export const personalWords: readonly string[] = [...PAIRS, ...WORDS];

/** Whether a column looks, by its name and type, as if it held personal data that a mask would protect. */
export function looksPersonal(column: CatalogColumn): boolean {
  const kind = kindOf(column);
  if (kind !== 'text' && kind !== 'date' && kind !== 'integer' && kind !== 'number') return false;
  const words = wordsOf(column.name);
  const personal = words.some(
    (word, index) => WORDS.has(word) || PAIRS.has(`${word} ${words[index + 1] ?? ''}`),
  );
  // created_at of an email, id of a phone: the word describes something else.
  const about = words.at(-1) ?? '';
  return (
    personal &&
    !(
      words.length > 1 &&
      ['id', 'at', 'count', 'type', 'status'].includes(about) &&
      !PAIRS.has(words.slice(-2).join(' '))
    )
  );
}

function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
