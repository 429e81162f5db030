/**
 * What a data tool is: a name, an effect, an input schema, and a pure function from a checked input to one statement.
 * A tool never touches the database; the gate does, for all of them, in one place.
 */
import type { z } from 'zod';
import type { Boundary } from '../boundary/boundary.js';
import type { ResultRows, Statement } from '../database/statement.js';
import type { Denial } from '../errors.js';
import type { CompiledPolicy, CompiledRole, Limits, SliceTable, ToolName } from '../policy/compiled.js';
import type { CursorCodec } from './cursor.js';

export type Effect = 'read' | 'write' | 'external';

/** Everything a tool may know of the call. Server-made, all of it. */
export interface ToolContext {
  readonly boundary: Boundary;
  readonly policy: CompiledPolicy;
  readonly role: CompiledRole;
  /** The tables of the role's slice, narrowed by the boundary's data sources. */
  readonly tables: ReadonlyMap<string, SliceTable>;
  readonly limits: Limits;
  readonly cursors: CursorCodec;
  /**
   * Writes the statement so that the planner cannot see the values that the call gave, only the boundary's: for an estimate. With the
   * values in sight it would tell by its verdict how frequent they are in the whole table, other tenants' rows included.
   */
  readonly opaque?: boolean;
}

/** What an agent gets when a call is allowed. */
export interface ToolAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** True where more rows matched than are given. */
  readonly truncated: boolean;
  /** Where to go on, when `truncated` and the tool pages. */
  readonly nextCursor?: string;
  /** Something the agent should know though the call was allowed: `not_found` for a `get` that met no row. */
  readonly code?: 'not_found';
  readonly suggestion?: string;
}

/** One statement, ready to run inside the boundary, and how to read what comes back. */
export interface PreparedCall {
  /** `local` needs no database; `read` is run as it is; `write` is a single INSERT, UPDATE or DELETE with RETURNING. */
  readonly kind: 'local' | 'read' | 'write';
  readonly statement: Statement | null;
  /** Agent-facing names of the tables touched, and `table.column` of the columns; for the ledger. */
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  /** Rows that the call named by key, as `table#key`: the ledger is told of them where none of them was met. */
  readonly references: readonly string[];
  /** Rows that the answer holds at most; the statement may fetch one more, to see whether there are more. */
  readonly rowLimit: number;
  /** False where the statement can only meet single rows by key, so that no estimate is needed. */
  readonly estimate: boolean;
  answer(result: ResultRows): ToolAnswer;
}

export interface Tool<Input = unknown> {
  readonly name: ToolName;
  readonly effect: Effect;
  /** For the model: what it does and when to use it. Short: the whole list costs under 2 000 tokens. */
  readonly description: string;
  readonly inputSchema: z.ZodType<Input>;
  /** Pure. A {@link Denial} where the input asks for something outside the slice. */
  prepare(input: Input, context: ToolContext): PreparedCall | Denial;
}

/** Whether `prepare` said no. */
export function isDenial(value: PreparedCall | Denial): value is Denial {
  return 'rule' in value;
}
