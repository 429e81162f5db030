/**
 * A way beside a slice that a product's database may have: what opens it, what an agent's SQL gets through it once the
 * guard is out of the way, and what it is called.
 */

export interface Way {
  readonly name: string;
  readonly open: string;
  /** What a slice role gets through it; missing where a SELECT alone gets nothing. */
  readonly exploit?: { readonly text: string; readonly shows: RegExp };
  readonly identity: string;
  /** Takes it away again, whatever was done about it. */
  readonly close: string;
}

/** A row of another tenant’s. */
export const FOREIGN = `select name from public.customer where tenant = 'b' order by id limit 1`;
