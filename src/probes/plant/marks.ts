/** What tells planted rows from all others, and one side's from the other's. */
import { randomBytes } from 'node:crypto';
import type { CatalogColumn } from '../../policy/catalog.js';

/** Characters of a canary that stand in every text it marks: enough that nobody has them by chance. */
const SHORTEST = 8;

/** A canary: unguessable, a letter first, lower-case letters and digits. */
export function newCanary(): string {
  return `q${randomBytes(8).toString('hex').slice(0, 15)}`;
}

/** What to look for in an answer: the part of a canary that every marked text has, in either case. */
export function marksOf(canary: string): readonly string[] {
  const mark = canary.slice(0, SHORTEST);
  return [mark, mark.toUpperCase()];
}

/** Whether a text was marked with this canary. */
export function isMarked(text: string | null, canary: string): boolean {
  return text !== null && marksOf(canary).some((mark) => text.includes(mark));
}

/** How long a text a column takes, as far as its type says. */
export function longest({ type }: Pick<CatalogColumn, 'type'>): number {
  return Number(/^(?:character varying|character|varchar|char|bpchar)\((\d+)\)/.exec(type)?.[1] ?? 200);
}

/** Texts that hold a canary, the most natural first; those alone that fit. */
export function markedTexts(table: string, number: number, canary: string, most: number): readonly string[] {
  const all = [
    `Northstar ${table} ${number} ${canary}`,
    `${canary}-${number}`,
    `${canary}${number}`,
    `${canary}${number}@example.com`,
    `https://example.com/${canary}${number}`,
    `${canary.slice(0, SHORTEST)}${number}`,
    `${canary.slice(0, SHORTEST)}`,
    `${canary}${number}`.toUpperCase(),
    `${canary.slice(0, SHORTEST)}${number}`.toUpperCase(),
  ];
  return all.filter((text) => text.length <= most);
}
