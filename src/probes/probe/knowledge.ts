/**
 * What a run knows of the rows that are really there: the measure that answers are held against. Read around the gate by an
 * administrator, or, where there is none, through the gate in each tenant's own boundary.
 */
import type { SliceTable } from '../../policy/compiled.js';
import type { Side } from './side.js';

/** A row as PostgreSQL prints its values. */
export interface KnownRow {
  /** The values of the slice's key, in its order; null where the slice has none. */
  readonly key: readonly string[] | null;
  /** Every column that could be read, denied and masked ones too where an administrator reads. */
  readonly values: ReadonlyMap<string, string | null>;
}

/** A few rows of one table, as one role is placed towards them. */
export interface KnownTable {
  /** Inside our boundary. */
  readonly ours: readonly KnownRow[];
  /** The other tenant's. */
  readonly theirs: readonly KnownRow[];
  /** Those of `theirs` whose key is not ours as well: asked for by their key, nothing may come. */
  readonly foreign: readonly KnownRow[];
  /** Our tenant's, of a workspace or a user that the boundary is not. */
  readonly beside: readonly KnownRow[];
  /** Values of theirs that ours do not have, by column: what must never be seen. */
  readonly telling: ReadonlyMap<string, ReadonlySet<string>>;
  /** Why nothing could be read, where that is so. */
  readonly unread?: string;
}

export interface Knowledge {
  readonly source: 'administrator' | 'gateway';
  /** Whether hidden values are known: those of masked and denied columns. */
  readonly seesHidden: boolean;
  table(role: string, table: SliceTable): Promise<KnownTable>;
  /** Which of these keys, by position, are of rows that exist outside of our boundary and not inside. */
  outside(role: string, table: SliceTable, keys: readonly (readonly string[])[]): Promise<readonly number[]>;
  /** Whether a text stands in some row that the role may see inside our boundary as well. */
  isAlsoOurs(role: string, text: string): Promise<boolean>;
  /** What is another once a row has been written and committed; null where the row is not there, or it cannot be told. */
  version(role: string, table: SliceTable, row: KnownRow): Promise<string | null>;
  /** Rows inside our boundary; null where counting would cost too much or cannot be done. */
  count(role: string, table: SliceTable): Promise<number | null>;
}

/** How many rows of a kind are read of each table. */
export const KNOWN_ROWS = 20;

export const NOTHING_KNOWN: KnownTable = {
  ours: [],
  theirs: [],
  foreign: [],
  beside: [],
  telling: new Map(),
};

/** The other end of a boundary, for one role. */
export interface Sides {
  readonly ours: Side;
  readonly theirs: Side;
}
