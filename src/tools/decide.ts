/**
 * What the gate decides before it asks the database: may this boundary use the tool, and does the input stay inside the slice? Pure.
 */
import type { Boundary } from '../boundary/boundary.js';
import type { Statement } from '../database/statement.js';
import { type Denial, deny } from '../errors.js';
import type { CompiledPolicy, CompiledRole, SliceTable, ToolName } from '../policy/compiled.js';
import { nearest } from '../policy/nearest.js';
import type { CursorCodec } from './cursor.js';
import type { CallOptions } from './decision.js';
import { explainInput } from './input-error.js';
import { isDenial, type PreparedCall, type Tool, type ToolContext } from './tool.js';

/** What a decision is made from, beside the call. */
export interface DecisionParts {
  readonly policy: CompiledPolicy;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly cursors: CursorCodec;
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
  readonly prepared: PreparedCall;
  /** The same statement without the call's values in sight: see `ToolContext.opaque`. */
  readonly opaque: () => Statement | null;
}

/** Yes, with the statement to run, or no, with the rule and the reason. */
export function decide(call: CallToDecide, { policy, tools, cursors }: DecisionParts): Decided | Denial {
  const { boundary, role, action, input, options } = call;
  const usable = usableTools(policy, role, boundary);
  const tool = tools.get(action);
  if (tool === undefined) return unknownTool(action, usable);
  if (!usable.has(tool.name)) return notAllowed(policy, call, tool.name, usable);

  const parsed = tool.inputSchema.safeParse(withReason(input, options, tool));
  if (!parsed.success) return explainInput(tool, parsed.error);

  const context: ToolContext = {
    boundary,
    policy,
    role,
    tables: narrowedTables(role, boundary),
    limits: role.limits,
    cursors,
  };
  const prepared = tool.prepare(parsed.data, context);
  if (isDenial(prepared)) return prepared;
  return {
    tool,
    prepared,
    opaque: () => {
      const again = tool.prepare(parsed.data, { ...context, opaque: true });
      return isDenial(again) ? null : again.statement;
    },
  };
}

/** The tools that role, plan and boundary leave. */
export function usableTools(
  policy: CompiledPolicy,
  role: CompiledRole,
  boundary: Boundary,
): ReadonlySet<ToolName> {
  const plan = boundary.plan === null ? undefined : policy.plans.get(boundary.plan);
  if (plan === undefined && boundary.tools === null) return role.tools;
  return new Set(
    [...role.tools].filter(
      (name) => (plan?.tools.has(name) ?? true) && (boundary.tools?.includes(name) ?? true),
    ),
  );
}

function narrowedTables(role: CompiledRole, boundary: Boundary): ReadonlyMap<string, SliceTable> {
  const sources = boundary.dataSources;
  if (sources === null) return role.tables;
  return new Map([...role.tables].filter(([name]) => sources.includes(name)));
}

function unknownTool(action: string, usable: ReadonlySet<ToolName>): Denial {
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
  tool: ToolName,
  usable: ReadonlySet<ToolName>,
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
