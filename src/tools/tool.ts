/**
 * What a data tool is: a name, an effect, an input schema, and a pure function from a checked input to one statement.
 * A tool never touches the database; the gate does, for all of them, in one place.
 */
import type { z } from 'zod';
import type { WrittenColumns } from '../approvals/matching.js';
import type { Boundary } from '../boundary/boundary.js';
import type { AgentSqlError, ExecuteOutcome } from '../database/agent-sql.js';
import type { ResultField, ResultRows, Statement } from '../database/statement.js';
import type { Denial, FailureCode } from '../errors.js';
import type { Guard } from '../guard/guard.js';
import type { GuardedStatement } from '../guard/statement.js';
import type { CompiledPolicy, CompiledRole, Limits, SliceTable } from '../policy/compiled.js';
import type { CursorCodec } from './cursor.js';
import type { OwnTool } from './define-tool.js';

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
  /** What judges SQL that agents wrote; null where no role of the policy may write any. */
  readonly agentSql: AgentSqlParts | null;
  /**
   * Writes the statement so that the planner cannot see the values that the call gave, only the boundary's: for an estimate. With the
   * values in sight it would tell by its verdict how frequent they are in the whole table, other tenants' rows included.
   */
  readonly opaque?: boolean;
}

export interface AgentSqlParts {
  readonly guard: Guard;
  /** The major version of the server that runs the statement: 15, 16, 17, 18. */
  readonly serverMajor: number;
}

/** What an agent gets when a call is allowed. */
export interface ToolAnswer {
  /** Names and types of the rows' members, in the order in which they were selected, where a tool cannot know them beforehand. */
  readonly columns?: readonly AnswerColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** True where more rows matched than are given. */
  readonly truncated: boolean;
  /** Where to go on, when `truncated` and the tool pages. */
  readonly nextCursor?: string;
  /** Something the agent should know though the call was allowed: `not_found` for a `get` that met no row. */
  readonly code?: 'not_found';
  readonly suggestion?: string;
  /** What a tool of the product's own gave back, in place of rows. */
  readonly output?: unknown;
}

export interface AnswerColumn {
  readonly name: string;
  /** As people write it: `integer`, `numeric`, `timestamp with time zone`, `text[]`. */
  readonly type: string;
}

/** What a call touches, for the ledger. */
interface Touching {
  /** Agent-facing names of the tables, and `table.column` of the columns. */
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  /** Rows that the call named by key, as `table#key`: the ledger is told of them where none of them was met. */
  readonly references: readonly string[];
}

interface Prepares extends Touching {
  /** Rows that the answer holds at most; the statement may fetch one more, to see whether there are more. */
  readonly rowLimit: number;
  /** False where the statement can only meet single rows by key, so that no estimate is needed. */
  readonly estimate: boolean;
  answer(result: ResultRows): ToolAnswer;
}

/** A call that needs no database. */
export interface LocalCall extends Prepares {
  readonly kind: 'local';
  readonly statement: null;
}

/** One statement of ours, ready to run inside the boundary, and how to read what comes back. */
export interface OwnStatement extends Prepares {
  /** `read` is run as it is; `write` is a single INSERT, UPDATE or DELETE with RETURNING. */
  readonly kind: 'read' | 'write';
  readonly statement: Statement;
  /** Of a write: the table, and the columns that it sets. */
  readonly written?: WrittenColumns;
  /** What to answer where a read would visit more rows than it may, or takes too long: the rest of an answer that can do without it. */
  readonly instead?: LocalCall;
}

export type PreparedCall = LocalCall | OwnStatement;

/** What went wrong with a call that was allowed, told for the agent. */
export interface Failure {
  readonly code: FailureCode;
  readonly reason: string;
  readonly suggestion?: string;
}

/** One SELECT of the agent's own, judged: it goes through the executor, and nowhere else. */
export interface AgentStatement extends Touching {
  readonly kind: 'sql';
  readonly guarded: GuardedStatement;
  /** What an error of the server's means to whoever wrote the statement, where nothing of it has run. */
  explain(error: AgentSqlError): Denial | Failure;
  /** The same where it had begun to run: its event says by then that it failed. */
  explainFailure(error: AgentSqlError): Failure;
  answer(fields: readonly ResultField[], result: Extract<ExecuteOutcome, { kind: 'rows' }>): ToolAnswer;
}

/** A call of a tool of the product's own: its code runs in a session of its own. */
export interface OwnCode extends Touching {
  readonly kind: 'own';
  readonly own: OwnTool;
  readonly input: unknown;
  /** Reads that must each meet a row: the ids of the input, inside the boundary. */
  readonly ids: readonly OwnStatement[];
}

/** What a tool makes of a call that it allows. */
export type Prepared = PreparedCall | AgentStatement | OwnCode;

export interface Tool<Input = unknown> {
  readonly name: string;
  readonly effect: Effect;
  /** For the model: what it does and when to use it. Short: the whole list costs under 2 000 tokens. */
  readonly description: string;
  readonly inputSchema: z.ZodType<Input>;
  /** Pure. A {@link Denial} where the input asks for something outside the slice. */
  prepare(input: Input, context: ToolContext): Prepared | Denial;
}

/** Whether something is a no, and not what it would be otherwise. */
export function isDenial(value: Prepared | Failure | Denial): value is Denial {
  return 'rule' in value;
}
