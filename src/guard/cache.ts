/**
 * Statements that were judged and written before, found again by their shape: a statement that differs in its literals alone is the
 * judged one with other literals put in.
 *
 * What is safe about it: the text that is sent is made of pieces of a text that was judged, written and verified, and of literals that
 * this file writes, quoted, from nothing but digits or the characters of one text. However `shapeOf` reads a statement, nothing else of
 * it is sent. That it is also *right* rests on `shapeOf`: a piece that it takes for a literal must be the same literal in PostgreSQL's
 * tree, at the same place and of the same value, or its value is part of what the statement is found by.
 */
import type { A_Const } from 'libpg-query';
import type { Lift } from './lift.js';
import { writeConstant, writeNumber, writeString } from './quoting.js';
import type { ScannedLiteral, Shape } from './shape.js';
import type { GuardedStatement } from './statement.js';
import type { Written } from './write.js';

/** Entries of one slice. A statement takes one or two, of some kilobytes. */
const CAPACITY = 500;

/** A gap of a {@link Written}, and the literal of the shape that fills it. */
interface Slot {
  readonly literal: number;
  readonly negative: boolean;
}

/** A judged statement that other literals can be put into. */
interface Template {
  readonly parts: readonly string[];
  readonly slots: readonly Slot[];
  readonly statement: GuardedStatement;
}

/** Literals of a shape whose value must be the same, by their number. */
type Exact = readonly number[];

/** The statements of one slice. Those that were not asked for the longest are forgotten first. */
export class ShapeCache {
  readonly #entries = new Map<string, Template | Exact>();

  /** The statement with the literals of `shape`, if one of that shape is known. */
  find({ key, literals }: Shape): GuardedStatement | undefined {
    const exact = this.#recent(key);
    if (exact === undefined || !('length' in exact)) return undefined;
    const template = this.#recent(exactKey(key, exact, literals));
    if (template === undefined || 'length' in template) return undefined;
    const { parts, slots, statement } = template;
    let text = parts[0] ?? '';
    for (let gap = 0; gap < slots.length; gap++) {
      const slot = slots[gap];
      const literal = slot === undefined ? undefined : literals[slot.literal];
      if (slot === undefined || literal === undefined) return undefined;
      text += writeScanned(literal, slot.negative) + (parts[gap + 1] ?? '');
    }
    return { ...statement, text };
  }

  /** Keeps a statement that was judged in full. `text` is the agent's own, and `shape` its shape. */
  learn(
    text: string,
    { key, literals }: Shape,
    written: Written,
    lift: Lift,
    statement: GuardedStatement,
  ): void {
    const places = new Map<number | undefined, A_Const>();
    for (const [node, { compared }] of lift.literals) if (!compared) places.set(node.location, node);
    const slotOf = new Map<A_Const, Slot>();
    const exact: number[] = [];
    for (const [index, literal] of literals.entries()) {
      const found = nodeOf(literal, text, places);
      if (found === undefined) exact.push(index);
      else slotOf.set(found.node, { literal: index, negative: found.negative });
    }
    this.#keep(key, exact);
    this.#keep(exactKey(key, exact, literals), { ...gaps(written, slotOf), statement });
  }

  #recent(key: string): Template | Exact | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #keep(key: string, entry: Template | Exact): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= CAPACITY) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Control characters are in no key of `shapeOf` but for its own marks. */
function exactKey(key: string, exact: Exact, literals: readonly ScannedLiteral[]): string {
  let all = `${key}\x04`;
  for (const index of exact) all += `${index}\x04${literals[index]?.raw ?? ''}\x04`;
  return all;
}

/** The node of PostgreSQL's tree that a literal is, if it is there with the same value, sign and all. */
function nodeOf(
  { kind, at, raw }: ScannedLiteral,
  text: string,
  places: ReadonlyMap<number | undefined, A_Const>,
): { readonly node: A_Const; readonly negative: boolean } | undefined {
  const plain = places.get(at);
  if (plain !== undefined)
    return means(plain, kind, raw, false) ? { node: plain, negative: false } : undefined;
  if (kind === 'string') return undefined;
  // PostgreSQL takes a sign and the number behind it for one constant, which begins at the sign.
  let sign = at - 1;
  while (sign > 0 && ' \t\r\n'.includes(text.charAt(sign))) sign -= 1;
  const signed = text.charAt(sign) === '-' ? places.get(sign) : undefined;
  return signed !== undefined && means(signed, kind, raw, true)
    ? { node: signed, negative: true }
    : undefined;
}

function means(
  { ival, fval, sval }: A_Const,
  kind: ScannedLiteral['kind'],
  raw: string,
  negative: boolean,
): boolean {
  if (kind === 'string') return sval !== undefined && (sval.sval ?? '') === unquoted(raw);
  if (kind === 'decimal') return fval?.fval === `${negative ? '-' : ''}${raw}`;
  return ival !== undefined && (ival.ival ?? 0) === signed(raw, negative);
}

/** Never -0, which PostgreSQL does not know. */
function signed(raw: string, negative: boolean): number {
  return negative ? 0 - Number(raw) : Number(raw);
}

function unquoted(raw: string): string {
  return raw.slice(1, -1).replaceAll("''", "'");
}

function writeScanned({ kind, raw }: ScannedLiteral, negative: boolean): string {
  if (kind === 'string') return writeString(unquoted(raw));
  if (kind === 'decimal') return writeNumber(`${negative ? '-' : ''}${raw}`);
  return writeNumber(String(signed(raw, negative)));
}

/** The text with the literals that have no slot written out. */
function gaps(
  { parts, literals }: Written,
  slotOf: ReadonlyMap<A_Const, Slot>,
): Pick<Template, 'parts' | 'slots'> {
  const joined: string[] = [];
  const slots: Slot[] = [];
  let part = parts[0] ?? '';
  for (const [index, literal] of literals.entries()) {
    const slot = slotOf.get(literal);
    const next = parts[index + 1] ?? '';
    if (slot === undefined) part += writeConstant(literal) + next;
    else {
      joined.push(part);
      slots.push(slot);
      part = next;
    }
  }
  return { parts: [...joined, part], slots };
}
