/**
 * What belongs to a person, by its form. The labels are those of the mask `text`. Where numbers have check digits these decide: a number of
 * an order is no card.
 */
import { personalWords } from '../policy/personal-data.js';
import { type Detector, matches } from './detector.js';

const EMAIL = /[\p{L}\p{N}._%+'-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}(?![A-Za-z0-9])/gi;
const CARD = /(?<![\d.])\d(?:[ -]?\d){12,18}(?!\d)/g;
const ID = /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])/g;

/** In international form, with a 0 or a code in brackets before it, or grouped as it is in North America. Not a date, an amount or part of an identifier. */
const PHONE =
  /(?<![\w.+-])(?:(?:\+|00)[1-9](?:[ ./()-]{0,2}\d){6,14}|\(?0\d{1,4}\)?[ /.-]{0,2}\d{2,4}(?:[ .-]?\d{2,5}){1,3}|\(\d{2,5}\)[ -]?\d{3,4}[ .-]?\d{3,5}|\d{3}[ .-]\d{3}[ .-]\d{4}|\d{3}-\d{4})(?![\w-])/g;
const DATE = /^(?:19|20)\d{6}(?:\d{2,6})?$/;

/** `passport: C01X00T47`, `date of birth is 14 May 1987`: what the names of columns tell, said in a sentence. */
const AFTER_WORD = new RegExp(
  String.raw`\b(?:${personalWords.map((word) => word.replaceAll(' ', '[ _-]')).join('|')})(?: (?:number|no\.?|id))?["'*]{0,3}(?:\s{0,3}[:=#]\s{0,3}|\s+is\s+)(?<value>"[^"\n]{1,200}"|'[^'\n]{1,200}'|(?=[^\n]{0,40}\d)[^\n,;]{2,60}?)(?=$|[\n,;]|\.(?:\s|$)|["'](?:\W|$))`,
  'gim',
);

export const personalDetectors: readonly Detector[] = [
  { label: '[email]', find: (text) => matches(text, EMAIL) },
  { label: '[iban]', find: (text) => matches(text, IBAN, isIban) },
  { label: '[card]', find: (text) => matches(text, CARD, isCard) },
  { label: '[id]', find: (text) => matches(text, ID) },
  {
    label: '[phone]',
    find: (text) => matches(text, PHONE, (digits) => digits.length >= 7 && !DATE.test(digits)),
  },
  { label: '[personal]', find: (text) => matches(text, AFTER_WORD) },
];

/** ISO 7064 MOD 97-10, as ISO 13616 has it. */
export function isIban(characters: string): boolean {
  if (characters.length < 15 || characters.length > 34) return false;
  const moved = `${characters.slice(4)}${characters.slice(0, 4)}`.toUpperCase();
  let remainder = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** The Luhn check (ISO/IEC 7812-1), over the lengths and first digits that cards have. */
export function isCard(digits: string): boolean {
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const twice = digit * 2;
    sum += at % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}
