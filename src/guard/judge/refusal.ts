/** How code deep inside a statement says no: it throws, and {@link judging} turns that into the {@link Denial} value agents get. */
import type { Denial } from '../../errors.js';
import { nearest } from '../../policy/nearest.js';

/** No Error: it never leaves {@link judging}, and a stack trace would cost more than the rest of the verdict. */
class Refusal {
  readonly denial: Denial;

  constructor(denial: Denial) {
    this.denial = denial;
  }
}

/** Ends the judging with a denial. Only inside {@link judging}. */
export function refuseWith(denial: Denial): never {
  throw new Refusal(denial);
}

/** Runs `judge`, and gives the denial as a value where it refused. */
export function judging<T>(judge: () => T): T | Denial {
  try {
    return judge();
  } catch (error) {
    if (error instanceof Refusal) return error.denial;
    throw error;
  }
}

/** What an agent wrote, short enough to be repeated to it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

const NAMED_AT_MOST = 40;

/** "Did you mean …? The tables are: …", from what the agent may know anyway. */
export function pointer(name: string, known: readonly string[], what: string): string {
  if (known.length === 0) return `There are no ${what} here.`;
  const close = nearest(name, known);
  const listed = known.slice(0, NAMED_AT_MOST).join(', ');
  const more = known.length > NAMED_AT_MOST ? ` and ${known.length - NAMED_AT_MOST} more` : '';
  const all = `The ${what} are: ${listed}${more}.`;
  return close === undefined ? all : `Did you mean ${close}? ${all}`;
}
