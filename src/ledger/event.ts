/**
 * One line of the record: what was asked, who decided, what came of it.
 *
 * The boundary itself (tenant, workspace, user, role, run, actor, cross-tenant work) is not in here: the database adds it from
 * the seal or from the signed claim, so that the process that writes an event cannot write it under another boundary.
 */

/** `pending`: it waits for people. */
export type Effect = 'allowed' | 'denied' | 'failed' | 'pending';

export interface EventBody {
  /** What was called: a tool's name, or `boundary.open` and the like. */
  readonly action: string;
  readonly decision: {
    readonly effect: Effect;
    readonly rule: string;
    /** Code of the denial or failure. */
    readonly code?: string;
    /** The reason for the decision, as the caller was told but for words of its own: see `sanitiseReason`. */
    readonly reason?: string;
    /** What PostgreSQL said of a statement that an agent wrote, where it would not have it. */
    readonly sqlstate?: string;
    readonly policy_hash: string;
  };
  /** Why the agent says it did it. */
  readonly reason?: string;
  readonly prompt_version?: string;
  /** A name for statements of an agent's that differ in their values alone: see `shapeName`. */
  readonly shape?: string;
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  readonly blocked: readonly string[];
  /** Requests for approval that it made, used or is about: their ids, and the digest of the call. */
  readonly approvals?: readonly { readonly id: string; readonly digest: string }[];
  /** For a tool of the product's own: what its statements were and how many rows they met, the first fifty. */
  readonly statements?: readonly {
    readonly command: string;
    readonly rows: number;
    readonly us: number;
    /** The code rolled it back; its rows are not counted. */
    readonly undone?: true;
  }[];
  /** Microseconds from call to answer; 0 where the event goes along with its statement, and the database measures. */
  readonly duration_us: number;
  readonly attempt: number;
  /** True where a write was tried and taken back. */
  readonly dry?: true;
  readonly trace_id: string;
  readonly correlation_id?: string;
  readonly parent_event?: string;
  /** RFC 3339, UTC, milliseconds; the caller's clock. The database adds its own. */
  readonly occurred_at: string;
  /** `HMAC-SHA256(salt, "input" 0x00 JCS(input))`, hex: proves later what the raw input was without keeping it here. */
  readonly input_commitment: string;
  /** The input with every value that is not structure replaced by its type and length. */
  readonly input: unknown;
}
