/** What the guard lets through. */

/** One judged SELECT, written anew from its tree: nothing of the agent's own text is sent. */
export interface GuardedStatement {
  /** Scoped, limited, every function and operator of PostgreSQL's own or named by the policy. Parameters: see `GuardTable.scoped`. */
  readonly text: string;
  /**
   * The same with each of the agent's literals as a parameter of its own, from $4 on: for the planner's estimate, which must not tell by
   * its verdict how frequent a value is among other tenants' rows, and to learn the columns' types without running anything.
   */
  readonly opaque: { readonly text: string; readonly parameters: number };
  /** Agent-facing names of the tables it reads, and `table.column` of the columns, as far as names tell; for the ledger. */
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  /** Shapes that differ in literals alone have the same. */
  readonly shape: string;
}
