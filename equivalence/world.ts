/**
 * A world: a schema with several tenants in it, the policy that governs it, and, by hand, what one tenant's database would be.
 *
 * The second derivation is independent on purpose. Nothing of the policy, the compiler or the views that it makes is used to write it:
 * rows are kept by plain DELETE, masks and row rules are expressions written from docs/policy.md, and what an expression would have to
 * share code for (`hash`, `text`) is looked up in tables that are filled from outside.
 */
import type pg from 'pg';

/** From where questions are asked: a tenant, and a role in it. */
export interface Place {
  readonly role: string;
  readonly tenant: string;
  readonly workspace?: string;
  readonly user: string;
}

export interface World {
  readonly name: string;
  /** Makes the tables with everybody's rows, as superuser. */
  build(client: pg.Client): Promise<void>;
  /** The policy file. */
  readonly policy: string;
  readonly places: readonly Place[];
  /** SQL that leaves nothing but this tenant's rows, and what is shared. */
  keepOnly(tenant: string): string;
  /** By agent-facing name: the SELECT that shows a place its rows in a database that holds only its tenant's. */
  views(place: Place): Readonly<Record<string, string>>;
  /** `table.column` of texts under the mask `text`, of which {@link shownTexts} knows what they become. */
  readonly shownTexts?: ReadonlyMap<string, string>;
  /** `table.column`, in SQL, of what is shown as a pseudonym. */
  readonly pseudonyms: readonly (readonly [table: string, column: string])[];
  /** Names that stand in the product's schema and not in the slice: tables, and columns as `table.column`. */
  readonly hidden: { readonly tables: readonly string[]; readonly columns: readonly string[] };
  /** SQL that adds, changes and removes rows of everybody else's, as superuser. May be run again and again. */
  disturb(tenant: string): string;
}

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
