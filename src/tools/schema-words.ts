/**
 * What a question and a name have in common: their words, however they are spelt. No dictionary and no synonyms: a word matches
 * itself, its plural and its plain endings, and at half the weight a word that begins with it or holds it.
 */
import { singular, wordsOf } from '../policy/guess/words.js';

/** Words of questions that name nothing. */
const FILLERS: ReadonlySet<string> = new Set(
  `a about all also an and any are as at be been but by can could did do does each every find for from get give had has have how i
  id in into is it its list many me more most much my no not of on one only or our out per please show so some tell than that the
  their them then there these they this those to under up us was we were what when where which who whom whose why will with would
  you your s t d ll re ve`.split(/\s+/),
);

/** Characters of a text that are read, and words that are kept of a question. */
const TEXT_LENGTH = 4_000;
const QUESTION_WORDS = 60;

/** The words of a name or a comment, without their endings, each once. */
export function stemsOf(text: string): readonly string[] {
  return [...new Set(wordsIn(text).map(stem))];
}

/** The words of a question that may name something, without their endings, each once. */
export function wordsAsked(question: string): readonly string[] {
  const words = wordsIn(question).filter((word) => !FILLERS.has(word));
  return [...new Set(words.map(stem))].slice(0, QUESTION_WORDS);
}

function wordsIn(text: string): readonly string[] {
  return wordsOf(text.slice(0, TEXT_LENGTH).normalize('NFKC'));
}

/**
 * A word without its plural and its plain endings: `invoices`, `invoiced` and `invoicing` are one. Only to be compared with others
 * of its kind: what is left need not be a word.
 */
export function stem(word: string): string {
  const one = singular(word);
  const verb = one.replace(/(?<=.{3})(ing|ed)$/, '');
  return verb
    .replace(/(?<=.{2})(ie|y)$/, 'i')
    .replace(/(?<=.{3})e$/, '')
    .replace(/(?<=.{2})([^aeiou])\1$/, '$1');
}

/** Letters that a part of a word must have to stand for the whole. */
const PART = 4;

/** How much of `asked` a word of a name means: 1 where they are the same, 0.5 where one holds the other, 0 otherwise. */
export function likeness(asked: string, named: string): number {
  if (asked === named) return 1;
  const [part, whole] = asked.length < named.length ? [asked, named] : [named, asked];
  return part.length >= PART && whole.includes(part) ? 0.5 : 0;
}
