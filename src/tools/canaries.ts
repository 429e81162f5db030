/**
 * Looks for canaries where they should not be: in what a call says, and in what is about to be answered.
 *
 * It is a tripwire behind the boundary and no part of it: what it finds has got past everything else, in code of the product as a rule.
 */
import type { CompiledPolicy } from '../policy/compiled.js';
import { canaryForm } from './canary.js';

export interface SeenCanary {
  /** As the policy calls it. */
  readonly name: string;
  /** Tells whose it is to whoever can make canaries: see `ringfence canary`. Not the value. */
  readonly mark: string;
}

export interface Canaries {
  /** The first canary anywhere in these values that has no business in a boundary of this tenant; null where there is none. */
  seenIn(values: readonly unknown[], tenant: string): SeenCanary | null;
  /** The text, or a mark in its place where it holds a canary: for what is kept. */
  hide(text: string): string;
}

/** Null where the policy names no canary: then nothing is looked for, and looking costs nothing. */
export function createCanaries({ canaries }: CompiledPolicy, ledgerKey: Uint8Array): Canaries | null {
  if (canaries.size === 0) return null;
  const form = canaryForm(ledgerKey);
  const byTag = new Map([...canaries].map(([name, rules]) => [form.nameTag(name), { name, ...rules }]));

  const foreign = (text: string, tenant: string): SeenCanary | null => {
    for (const { nameTag, mark } of form.find(text)) {
      const canary = byTag.get(nameTag);
      if (canary === undefined) continue;
      const { name, belongs } = canary;
      if (belongs === 'nobody' || mark !== form.mark(name, tenant)) return { name, mark };
    }
    return null;
  };

  return {
    seenIn: (values, tenant) => firstIn(values, (text) => foreign(text, tenant)),
    hide: (text) => (form.find(text).length > 0 ? '[canary]' : text),
  };
}

/** Shorter texts hold no canary in any spelling. */
const SHORTEST = 27;

/**
 * The first of what is looked for among the texts of a value: names of members included, however deep, and whether or not it leads back to
 * itself. Without a call for each level: depth is what a caller may choose.
 */
function firstIn<Found>(value: unknown, look: (text: string) => Found | null): Found | null {
  const waiting: unknown[] = [value];
  const met = new Set<object>();
  const lookAt = (text: string): Found | null => (text.length < SHORTEST ? null : look(text));
  while (waiting.length > 0) {
    const next = waiting.pop();
    let found: Found | null = null;
    if (typeof next === 'string') found = lookAt(next);
    else if (typeof next === 'object' && next !== null && !met.has(next)) {
      met.add(next);
      for (const name of Object.keys(next)) {
        found ??= lookAt(name);
        waiting.push((next as Readonly<Record<string, unknown>>)[name]);
      }
    }
    if (found !== null) return found;
  }
  return null;
}
