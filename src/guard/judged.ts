/** What judging a SELECT finds out: whatever the rewriting half must know to write it anew. */
import type { FuncCall, RangeVar, SelectStmt, TypeName } from 'libpg-query';
import type { GuardTable, QualifiedName } from './slice.js';

/** One SELECT as PostgreSQL's parser reads it: a plain tree that nobody else holds. */
export interface Parsed {
  readonly select: SelectStmt;
}

/**
 * A SELECT in which every node is known and allowed. The maps are keyed by the node objects of the judged tree (the inner object:
 * the value of `RangeVar`, `FuncCall`, `TypeName`), so they hold as long as the tree is the same.
 */
export interface Judged {
  readonly select: SelectStmt;
  /** Each RangeVar that stands for a table of the slice. One that is missing here names a common table expression. */
  readonly tables: ReadonlyMap<RangeVar, GuardTable>;
  /** What each function call means: `pg_catalog` or the product's own. */
  readonly functions: ReadonlyMap<FuncCall, QualifiedName>;
  /** What each type name means; the name as PostgreSQL's catalogs have it (`int4`), without array bounds or modifiers. */
  readonly types: ReadonlyMap<TypeName, QualifiedName>;
  /** For the ledger: agent-facing names of the tables, and `table.column`; rather too many than too few. Sorted. */
  readonly touched: { readonly tables: readonly string[]; readonly columns: readonly string[] };
  /** Whether the top level limits its rows by itself. */
  readonly limited: boolean;
  /** False where the verdict hung on a literal's value: another statement of the same shape must be judged by itself. */
  readonly cacheable: boolean;
}
