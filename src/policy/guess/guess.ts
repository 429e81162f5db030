/**
 * What `init` believes about a database, before it is written down for a person to correct.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import type { MaskKind } from '../compiled.js';
import type { PersonalColumn } from './personal.js';

/** How much the names, keys and types agree. */
export type Confidence = 'high' | 'medium' | 'low';

export interface Guess {
  readonly database: string;
  readonly tenancy: 'multi' | 'single';
  /** Where most of the tables live: names in it are written without a schema. */
  readonly schema: string;
  readonly tenant: TenantGuess | null;
  /** Tables with a tenancy, by schema and name. */
  readonly tables: readonly GuessedTable[];
  /** What stays out of the policy, and why. */
  readonly withheld: readonly WithheldRelation[];
  /** Patterns beside the default ones, each for a secret that those miss. */
  readonly denyPatterns: readonly string[];
  /** Columns that a pattern catches and that only count something. */
  readonly denyExceptions: readonly { readonly table: CatalogTable; readonly column: string }[];
  /** Columns of the guessed tables that no agent sees, because of a pattern. */
  readonly secrets: readonly { readonly table: CatalogTable; readonly column: string }[];
}

export interface TenantGuess {
  /** The most common spelling of the column. */
  readonly column: string;
  /** Null where no key is declared and no table is called alike. */
  readonly root: TenantRoot | null;
  readonly why: string;
  readonly confidence: Confidence;
  /** False where nothing stood out, and the likeliest column was taken for want of a better one. */
  readonly stands: boolean;
}

/** The table whose rows are the tenants, and the key of it that the tenant column holds. */
export interface TenantRoot {
  readonly table: CatalogTable;
  readonly column: string;
}

export interface GuessedTable {
  readonly table: CatalogTable;
  /** The agent-facing name, where the default one is taken or too long. */
  readonly as: string | null;
  readonly tenancy: Tenancy;
  readonly why: string;
  readonly confidence: Confidence;
  /** Other readings of the keys. */
  readonly alternatives: readonly Tenancy[];
  /** Columns that could narrow the rows inside a tenant. Never put to use unasked: that would hide rows. */
  readonly narrower: readonly { readonly axis: 'workspace' | 'user'; readonly column: string }[];
  /** Why no role gets the table although its tenancy is known; null where roles get it. */
  readonly keptFromRoles: string | null;
  readonly masks: readonly { readonly column: string; readonly mask: MaskKind }[];
  /** Columns that are shown as they are and that a person should look at. */
  readonly unmasked: readonly PersonalColumn[];
  readonly write: WritableColumns | null;
  /** Triggers that would fail under an agent's write, and keep the table from being created in or updated. */
  readonly hindering: readonly string[];
}

export type Tenancy =
  | { readonly kind: 'column'; readonly column: string }
  | {
      readonly kind: 'via';
      readonly parent: CatalogTable;
      readonly columns: readonly string[];
      readonly parentColumns: readonly string[];
      /** Whether the columns must be written, because more than one key leads to the parent. */
      readonly explicit: boolean;
    }
  | { readonly kind: 'shared' }
  | { readonly kind: 'single' };

/** What a role that writes may set; empty lists where it may not create, or not update. */
export interface WritableColumns {
  readonly create: readonly string[];
  readonly update: readonly string[];
  /** Columns set to the time of the statement: on create only, or on every update too. */
  readonly stamps: readonly { readonly column: string; readonly onUpdate: boolean }[];
}

export interface WithheldRelation {
  readonly table: CatalogTable;
  readonly why: string;
  /** What to write if the guess is wrong, where that is known. */
  readonly suggestion?: Tenancy;
}

/** One name for one table, for maps. */
export function idOf(table: { readonly schema: string; readonly name: string }): string {
  return JSON.stringify([table.schema, table.name]);
}

export function columnOf(table: CatalogTable, name: string): CatalogColumn | undefined {
  return table.columns.find((column) => column.name === name);
}

const INTEGERS = new Set([20, 21, 23, 26]);

/** Whether two columns can hold the same keys: PostgreSQL compares integers of any width, and strings of any length. */
export function holdSameKeys(a: CatalogColumn, b: CatalogColumn): boolean {
  const both = (holds: (column: CatalogColumn) => boolean): boolean => holds(a) && holds(b);
  return (
    a.castType === b.castType ||
    both(({ typeOid }) => INTEGERS.has(typeOid)) ||
    both(({ category, enumLabels }) => category === 'S' && enumLabels === null)
  );
}

/** Whether a boundary's value, which is text, can be compared with the column: numbers, text, enums and uuid. */
export function canHoldTenant(column: CatalogColumn): boolean {
  return ['N', 'S', 'E'].includes(column.category) || column.castType === 'pg_catalog.uuid';
}
