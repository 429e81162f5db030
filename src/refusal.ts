/** How code deep inside a call says no: it throws, and {@link orDenial} at the edge turns that into the {@link Denial} value agents get. */
import { type Denial, type DenialCode, deny } from './errors.js';
import { nearest } from './policy/nearest.js';

/** No Error: it never leaves {@link orDenial}, and a stack trace would cost more than the rest of the decision. */
class Refused {
  readonly denial: Denial;

  constructor(denial: Denial) {
    this.denial = denial;
  }
}

/** Ends the work with a denial. Only inside {@link orDenial}. */
export function refuse(code: DenialCode, rule: string, reason: string, suggestion?: string): never {
  throw new Refused(deny(code, rule, reason, suggestion));
}

/** The same, with a denial that is made already: one that tells the ledger what the call named, for one. */
export function refuseWith(denial: Denial): never {
  throw new Refused(denial);
}

/** Runs `work`, and gives the denial as a value where it refused. */
export function orDenial<T>(work: () => T): T | Denial {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return error.denial;
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
