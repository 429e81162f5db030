/** What `coverage` has to say of a database: every table, how its rows are kept apart, and who is not bound. */

/** From what holds to what does not. */
export const STANDINGS = ['protected', 'through_parent', 'shared', 'application', 'unprotected'] as const;

/**
 * How the rows of a table are kept apart.
 * `protected`: by row security on its own tenant column, for every login that is not listed as a bypass.
 * `through_parent`: the same, by the row of a parent, or by the table that it is a part of.
 * `shared`: nobody's; everybody may see all of it.
 * `application`: its rows say whose they are, and nothing but the product's own queries asks.
 * `unprotected`: nothing says whose its rows are, and a login can use it.
 */
export type Standing = (typeof STANDINGS)[number];

export interface CoveredTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'materialized view' | 'foreign table';
  readonly standing: Standing;
  /** In a sentence without its end. */
  readonly why: string;
  /** What says whose a row is: `tenant_id`, `invoice_id → shop.invoice`; null where nothing does. */
  readonly tenant: string | null;
  /** Who answers for whose its rows are. */
  readonly decidedBy: string;
  /** The table that it is a partition of, or inherits from. */
  readonly partOf: string | null;
  /** The logins that may use it and are bound. */
  readonly bound: readonly string[];
  /** The logins that may use it and are not, those that nothing binds anywhere left out. */
  readonly unbound: readonly string[];
}

/** A role that row security does not bind, on some tables or on all. */
export interface Bypass {
  readonly role: string;
  readonly login: boolean;
  readonly reason: 'superuser' | 'bypassrls' | 'membership' | 'owner' | 'pass-through' | 'permissive policy';
  /** In a sentence without its end. */
  readonly why: string;
  /** Null for every table; else those it is about, `schema.name`. */
  readonly tables: readonly string[] | null;
}

export interface CoverageReport {
  readonly database: string;
  /** `18.4`. */
  readonly server: string;
  /** The login that looked. */
  readonly login: string;
  /** When, in UTC, as ISO 8601. */
  readonly at: string;
  /** The hash of the policy that was given. */
  readonly policyHash: string | null;
  /** The hash of the policy that was applied last; null where none was, or where it may not be seen. */
  readonly appliedHash: string | null;
  /** Who says whose rows are whose. */
  readonly tenancy: {
    readonly source: 'policy' | 'guess';
    readonly confidence: 'certain' | 'likely' | 'unsure';
    readonly why: string;
  };
  readonly totals: Readonly<Record<Standing, number>> & { readonly tables: number };
  readonly coverage: {
    /** Null where there is no table to protect. */
    readonly percent: number | null;
    readonly held: number;
    readonly of: number;
    readonly definition: string;
  };
  readonly tables: readonly CoveredTable[];
  readonly bypasses: readonly Bypass[];
  /** What could not be seen. */
  readonly notes: readonly string[];
}

export const DEFINITION =
  'Tables protected or protected through a parent, out of all tables, materialised views and foreign tables that are not shared. Partitions and inheritance children count with the table they are a part of, unless a login can use them by themselves.';

/** In words, as in the middle of a sentence. */
export function standingText(standing: Standing): string {
  return {
    protected: 'protected',
    through_parent: 'protected through a parent',
    shared: 'shared',
    application: 'kept apart by the application only',
    unprotected: 'unprotected',
  }[standing];
}
