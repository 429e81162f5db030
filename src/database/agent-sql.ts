/** Agent-written SQL as the database takes it: a judged text in, rows or an error state out. */
import type { Boundary } from '../boundary/boundary.js';
import type { CompiledRole } from '../policy/compiled.js';
import type { StatementVerdict } from './database-error.js';
import type { ResultField } from './statement.js';

interface AgentCall {
  readonly boundary: Boundary;
  readonly role: CompiledRole;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Asks what a statement would give and how much it would visit. It is parsed and planned, never run. */
export interface DescribeCall extends AgentCall {
  /** See `GuardedStatement.opaque`. */
  readonly opaque: string;
}

export interface ExecuteCall extends AgentCall {
  /** See `GuardedStatement.text`. */
  readonly text: string;
  /** How many columns it gives, as it was described: tells a row of one NULL from a row of nothing. */
  readonly columns: number;
  /** Rows to give at most; one more may be looked at. */
  readonly rowLimit: number;
  /** Bytes of text to give at most, over all rows. A first row that is larger is an error: SQLSTATE RF413. */
  readonly byteLimit: number;
  /**
   * The event to write in the same commit, whatever comes of the statement; null where the statement runs on a standby, so that the
   * caller records it. In `failed` the database puts the SQLSTATE in place of `"sqlstate":"00000"`.
   */
  readonly event: { readonly id: string; readonly allowed: string; readonly failed: string } | null;
}

/** What the server said of a statement of the agent's. Its words are for the operator alone, never for the agent. */
export interface AgentSqlError {
  readonly sqlstate: string;
  readonly message: string;
  /** 1-based character in the text that was sent, where PostgreSQL named one. */
  readonly position: number | null;
}

export type DescribeOutcome =
  | {
      readonly kind: 'described';
      readonly fields: readonly ResultField[];
      /** Rows that the statement would visit, as the planner sees it. */
      readonly scannedRows: number;
    }
  | { readonly kind: 'error'; readonly error: AgentSqlError }
  | { readonly kind: 'verdict'; readonly verdict: StatementVerdict; readonly cause: Error };

export type ExecuteOutcome =
  | {
      readonly kind: 'rows';
      /** Each value in PostgreSQL's own text form, as the statement's fields are described; null is NULL. */
      readonly rows: readonly (readonly (string | null)[])[];
      /** What cut the rows off, if anything did. */
      readonly cut: 'rows' | 'bytes' | null;
    }
  /** The statement failed inside the executor, which has recorded its event, if it was given one. */
  | { readonly kind: 'error'; readonly error: AgentSqlError }
  /** The call itself failed. Nothing is recorded; where the connection was lost under it, nobody knows whether the event is. */
  | { readonly kind: 'verdict'; readonly verdict: StatementVerdict; readonly cause: Error };
