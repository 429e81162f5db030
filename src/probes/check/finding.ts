/** What `check` has to say of a database. */

/** `critical`: rows of one tenant can be had by another now. `high`: one ordinary change away. `medium`: tells of hidden rows, or weakens a layer. `low`: costs, or may surprise. */
export type Severity = 'critical' | 'high' | 'medium' | 'low';

/** From the worst. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

export interface Finding {
  /** The rule that found it: stable, `area.what`, for example `row_security.missing`. */
  readonly rule: string;
  readonly severity: Severity;
  /** What it is about: kind and name as SQL writes it. `table public.invoice`, `role app`, `index public.invoice_number_key`. */
  readonly object: string;
  /** What is wrong, in one sentence that stands alone. */
  readonly what: string;
  /** Why it matters: what somebody could do with it. The rule's, not the object's. */
  readonly why: string;
  /** Statements that mend it, in order, each complete without its semicolon. Empty where a person has to decide: then `advice` says what. */
  readonly mend: readonly string[];
  readonly advice?: string;
}

/** What could not be looked at, said in place of silence. */
export interface NotChecked {
  readonly rule: string;
  readonly object: string | null;
  /** Why, and what would let it be checked. */
  readonly why: string;
}
