/**
 * What the gate decides before it asks the database: may this boundary use the tool, and does the input stay inside the slice? Pure.
 */
import type { Boundary } from '../boundary/boundary.js';
import type { Statement } from '../database/statement.js';
import { type Denial, deny } from '../errors.js';
import type { CompiledPolicy, CompiledRole, SliceTable } from '../policy/compiled.js';
import { nearest } from '../policy/nearest.js';
import type { CursorCodec } from './cursor.js';
import type { CallOptions } from './decision.js';
import { explainInput } from './input-error.js';
import { type AgentSqlParts, isDenial, type Prepared, type Tool, type ToolContext } from './tool.js';

/** What a decision is made from, beside the call. */
export interface DecisionParts {
  readonly policy: CompiledPolicy;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly cursors: CursorCodec;
  readonly agentSql: AgentSqlParts | null;
}

/** What a decision is made of. */
export interface CallToDecide {
  readonly boundary: Boundary;
  readonly role: CompiledRole;
  readonly action: string;
  readonly input: unknown;
  readonly options: CallOptions;
}

/** A call that may go on to the database. */
export interface Decided {
  readonly tool: Tool;
  readonly prepared: Prepared;
  /** The input as it was judged: with the reason that was given beside it. */
  readonly input: unknown;
  /** The same statement without the call's values in sight: see `ToolContext.opaque`. */
  readonly opaque: () => Statement | null;
}

/** Yes, with the statement to run, or no, with the rule and the reason. */
export function decide(call: CallToDecide, parts: DecisionParts): Decided | Denial {
  const { policy, tools, cursors, agentSql } = parts;
  const { boundary, role, action, input, options } = call;
  const usable = usableTools(policy, role, boundary);
  const tool = tools.get(action);
  if (tool === undefined)
    return policy.ownTools.has(action) ? notServed(action) : unknownTool(action, usable);
  if (!usable.has(tool.name)) return notAllowed(policy, call, tool.name, usable);

  const judged = withReason(input, options, tool);
  const parsed = tool.inputSchema.safeParse(judged);
  if (!parsed.success) return explainInput(tool, parsed.error);

  const context: ToolContext = {
    boundary,
    policy,
    role,
    tables: narrowedTables(role, boundary),
    limits: role.limits,
    cursors,
    agentSql,
  };
  const prepared = tool.prepare(parsed.data, context);
  if (isDenial(prepared)) return prepared;
  return {
    tool,
    prepared,
    input: judged,
    opaque: () => {
      const again = tool.prepare(parsed.data, { ...context, opaque: true });
      return isDenial(again) || again.kind === 'sql' || again.kind === 'own' ? null : again.statement;
    },
  };
}

/** The tools that role, plan and boundary leave. */
export function usableTools(
  policy: CompiledPolicy,
  role: CompiledRole,
  boundary: Boundary,
): ReadonlySet<string> {
  const plan = boundary.plan === null ? undefined : policy.plans.get(boundary.plan);
  if (plan === undefined && boundary.tools === null) return role.tools;
  return new Set(
    [...role.tools].filter(
      (name) => (plan?.tools.has(name) ?? true) && (boundary.tools?.includes(name) ?? true),
    ),
  );
}

/** Slices narrowed alike are one object, so that what is worked out of them is worked out once. */
const narrowed = new WeakMap<CompiledRole['tables'], Map<string, CompiledRole['tables']>>();
/** Ways to narrow one role that are remembered. */
const NARROWED_LIMIT = 64;

function narrowedTables(role: CompiledRole, boundary: Boundary): ReadonlyMap<string, SliceTable> {
  const sources = boundary.dataSources;
  if (sources === null) return role.tables;
  const known = narrowed.get(role.tables) ?? new Map<string, CompiledRole['tables']>();
  narrowed.set(role.tables, known);
  const left = [...role.tables].filter(([name]) => sources.includes(name));
  const key = JSON.stringify(left.map(([name]) => name));
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= NARROWED_LIMIT) known.clear();
  const tables = new Map(left);
  known.set(key, tables);
  return tables;
}

/** A tool of the product's whose definition is not the one that was accepted: the operator's log says so in full. */
function notServed(action: string): Denial {
  return deny(
    'tool_not_allowed',
    `tools.${action}.manifest`,
    `"${action}" has changed since it was accepted, and is not served until somebody accepts it again.`,
    'Use another tool.',
  );
}

function unknownTool(action: string, usable: ReadonlySet<string>): Denial {
  const closest = nearest(action.slice(0, 100), usable);
  return deny(
    'unknown_tool',
    'gate.tool',
    'There is no such tool.',
    closest === undefined
      ? `Use one of: ${[...usable].join(', ')}.`
      : `Did you mean "${closest}"? There are: ${[...usable].join(', ')}.`,
  );
}

function notAllowed(
  policy: CompiledPolicy,
  { role, boundary }: CallToDecide,
  tool: string,
  usable: ReadonlySet<string>,
): Denial {
  const byPlan = boundary.plan !== null && policy.plans.get(boundary.plan)?.tools.has(tool) === false;
  return deny(
    'tool_not_allowed',
    !role.tools.has(tool)
      ? `roles.${role.name}.tools`
      : byPlan
        ? `plans.${boundary.plan}.tools`
        : 'boundary.tools',
    `"${tool}" is not among the tools you may use.`,
    usable.size === 0 ? undefined : `Use one of: ${[...usable].join(', ')}.`,
  );
}

/** A reason given beside the input counts as one given in it. */
function withReason(input: unknown, options: CallOptions, tool: Tool): unknown {
  if (tool.effect !== 'write' || options.reason === undefined) return input;
  if (typeof input !== 'object' || input === null || 'reason' in input) return input;
  return { ...input, reason: options.reason };
}
