/** How code deep inside a statement says no: it throws, and the tool's edge turns that into the {@link Denial} value agents get. */
import { type Denial, type DenialCode, deny } from '../errors.js';
import { nearest } from '../policy/nearest.js';
import type { Prepared } from './tool.js';

/** No Error: it never leaves {@link preparing}, and a stack trace would cost more than the rest of the decision. */
class Refusal {
  readonly denial: Denial;

  constructor(denial: Denial) {
    this.denial = denial;
  }
}

/** Ends the preparation of a call with a denial. Only inside {@link preparing}. */
export function refuse(code: DenialCode, rule: string, reason: string, suggestion?: string): never {
  throw new Refusal(deny(code, rule, reason, suggestion));
}

/** The same, with a denial that is made already: one that tells the ledger what the call named, for one. */
export function refuseWith(denial: Denial): never {
  throw new Refusal(denial);
}

/** Runs `prepare`, and gives the denial as a value where it refused. */
export function preparing<Of extends Prepared>(prepare: () => Of | Denial): Of | Denial {
  try {
    return prepare();
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

/** "Did you mean …? There are: …", from what the agent may know anyway. */
export function pointer(name: string, known: readonly string[], what: string): string {
  if (known.length === 0) return `There are no ${what} here.`;
  const close = nearest(name, known);
  const listed =
    known.length > NAMED_AT_MOST
      ? `${known.slice(0, NAMED_AT_MOST).join(', ')} and ${known.length - NAMED_AT_MOST} more`
      : known.join(', ');
  const all = `The ${what} are: ${listed}.`;
  return close === undefined ? all : `Did you mean ${close}? ${all}`;
}
