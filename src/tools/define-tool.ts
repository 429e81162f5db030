/**
 * A tool of the product's own: its code, and everything about it that the gate, an approver and an auditor have to know.
 */
import { z } from 'zod';
import type { Boundary } from '../boundary/boundary.js';
import type { LentClient } from '../database/watched-client.js';
import { RingfenceError } from '../errors.js';
import type { Effect } from './tool.js';

/** What a wrong call may cost. */
export type Risk = 'low' | 'medium' | 'high';

/** What the code of a tool is given: one boundary, one transaction. */
export interface ToolRun {
  readonly boundary: Boundary;
  /**
   * `pg`'s client, inside the call's transaction: every statement sees and writes the boundary's tenant alone. Use it as it is, or through
   * `kyselyOn` (`ringfence/kysely`), `drizzleOn` (`ringfence/drizzle`), `prismaOn` (`ringfence/prisma`). Transactions opened on it become
   * savepoints. Throw to take everything back.
   */
  readonly client: LentClient;
  /** Aborted when the call has been given up, or its time is over. */
  readonly signal: AbortSignal;
}

/** How what a tool did is taken back. `none`: it cannot be. `transaction`: its rows can, the database has all of it. */
export type Undo = 'none' | 'transaction' | { readonly tool: string };

export interface ToolDefinition<Input, Output> {
  /** Lower-case letters, digits and underscores, a letter first, at most 63. The policy names it so. */
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  readonly effect: Effect;
  /** Default: low for read, medium for write, high for external. */
  readonly risk?: Risk;
  readonly input: z.ZodType<Input>;
  /** Checked before the answer leaves: what does not fit it is a fault of the tool's, and is not told to the agent. */
  readonly output: z.ZodType<Output>;
  /**
   * Ids among the input, as a member's name or a path (`items.0` is written `items`), and the table of the policy whose key each is. Each must
   * be a row inside the boundary before the code runs; one that is outside and one that is nowhere are refused alike.
   */
  readonly inBoundary?: Readonly<Record<string, string>>;
  /** What the agent is shown in place of the output. */
  readonly redact?: (output: Output) => unknown;
  /** Default: `transaction` for read and write, `none` for external. */
  readonly undo?: Undo;
  /** The code. Throw {@link Refusal} to say no to the agent; anything else thrown is a failure whose words stay with the operator. */
  readonly run: (input: Input, run: ToolRun) => Promise<Output>;
}

/** A definition that has been checked, with what was left out filled in. */
export type OwnTool = Readonly<
  Required<Omit<ToolDefinition<unknown, unknown>, 'redact'>> & { redact: (output: unknown) => unknown }
>;

/**
 * Thrown by a tool's code to say no: the agent reads the reason, and nothing of the call is left.
 *
 * @example
 * ```ts
 * if (order.status !== 'pending') throw new Refusal('The order has been sent already.', 'Offer a return instead.');
 * ```
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly suggestion: string | undefined;

  constructor(reason: string, suggestion?: string) {
    super(reason);
    this.suggestion = suggestion;
  }
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const USUAL: Readonly<Record<Effect, { readonly risk: Risk; readonly undo: Undo }>> = {
  read: { risk: 'low', undo: 'transaction' },
  write: { risk: 'medium', undo: 'transaction' },
  external: { risk: 'high', undo: 'none' },
};

/**
 * Defines a tool of the product's own. Hand it to `createRingfence({ tools: […] })`, and name it in the policy under `tools` and for the
 * roles that may use it.
 *
 * @throws {RingfenceError} `config_invalid` for a name that cannot be one, or an input that has no JSON Schema.
 * @example
 * ```ts
 * const cancelOrder = defineTool({
 *   name: 'cancel_order',
 *   description: 'Cancels an order that has not been sent.',
 *   effect: 'write',
 *   input: z.object({ order_id: z.string() }),
 *   output: z.object({ status: z.string() }),
 *   inBoundary: { order_id: 'order' },
 *   async run({ order_id }, { client }) {
 *     const { rows } = await client.query(
 *       "update orders set status = 'cancelled' where id = $1 and status = 'pending' returning status",
 *       [order_id],
 *     );
 *     if (rows.length === 0) throw new Refusal('Only a pending order can be cancelled.');
 *     return { status: rows[0].status };
 *   },
 * });
 * ```
 */
export function defineTool<Input, Output>(definition: ToolDefinition<Input, Output>): OwnTool {
  const { name, effect } = definition;
  if (!NAME.test(name)) {
    throw new RingfenceError(
      'config_invalid',
      `A tool cannot be called ${JSON.stringify(name)}: lower-case letters, digits and underscores, a letter first, at most 63.`,
    );
  }
  try {
    z.toJSONSchema(definition.input, { io: 'input' });
  } catch (cause) {
    throw new RingfenceError('config_invalid', `The input of the tool ${name} has no JSON Schema.`, {
      cause,
    });
  }
  return Object.freeze({
    ...USUAL[effect],
    inBoundary: {},
    redact: (output: unknown) => output,
    ...definition,
  } as OwnTool);
}
