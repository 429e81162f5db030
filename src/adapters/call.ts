/**
 * What every adapter does with a call: find the boundary, ask the gate, hand the answer to the model. An adapter translates shapes and
 * decides nothing.
 */
import type { Boundary } from '../boundary/boundary.js';
import { currentBoundary, within } from '../boundary/propagation.js';
import { RingfenceError } from '../errors.js';
import type { ProseLog, ProseOptions } from '../prose/prose-log.js';
import type { Ringfence } from '../ringfence.js';
import type { ListedTool } from '../tools/data-tools.js';
import type { AnswerToTell } from '../tools/model-text.js';
import { toldError } from '../tools/told-error.js';

/** Whose calls they are, and what is said about them. */
export interface Located {
  /**
   * The boundary that calls run in. Left out: the run's own context, as `context.boundary`, or else the ambient one (see `within`): so one
   * agent, made once, serves every request.
   */
  readonly boundary?: Boundary;
}

/** What an adapter needs to log what an agent says. */
export interface ProseAdapterOptions extends Located, ProseOptions {
  readonly onProse: ProseLog;
}

export interface AdapterOptions extends Located {
  /** Tools by name. Left out: those that the boundary may use, or all where none is known yet. */
  readonly tools?: readonly string[];
}

/** Steps after which an agent's loop ends: twelve calls without an answer will not become one. */
export const MAX_STEPS = 12;

/** A Standard Schema (https://standardschema.dev), as far as frameworks read one. */
export interface ToldSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'ringfence';
    validate(value: unknown): { readonly value: unknown };
    readonly jsonSchema: { input(): object; output(): object };
  };
}

/**
 * The input as a model is told of it, and nothing that a framework could refuse by: input that does not fit is the gate's to refuse, in words
 * for the model, and to record.
 */
export function told(inputSchema: object): ToldSchema {
  // Frameworks write into the schemas they are given.
  const schema = (): object => structuredClone(inputSchema);
  return {
    '~standard': {
      version: 1,
      vendor: 'ringfence',
      validate: (value) => ({ value }),
      jsonSchema: { input: schema, output: schema },
    },
  };
}

/** What a program is given of a call: the decision, without the parts that are for operators. A model is told it as `modelText` writes it. */
export type ToolOutcome = AnswerToTell & Readonly<Record<string, unknown>>;

/** The tools to offer. */
export function offered(ringfence: Ringfence, { boundary, tools }: AdapterOptions): readonly ListedTool[] {
  const listed = boundary === undefined ? ringfence.catalogue : within(boundary, () => ringfence.tools());
  return tools === undefined ? listed : listed.filter(({ name }) => tools.includes(name));
}

/**
 * One call. Refusals and failures come back as values for the model to read; so do Ringfence's errors, under their code. A missing boundary
 * is a fault of the program's and is thrown.
 *
 * @throws {RingfenceError} `boundary_missing`, `boundary_invalid`.
 */
export async function callTool(
  ringfence: Ringfence,
  tool: string,
  input: unknown,
  {
    boundary,
    context,
    signal,
  }: { boundary?: Boundary | undefined; context?: unknown; signal?: AbortSignal | undefined },
): Promise<ToolOutcome> {
  const open = boundary ?? boundaryIn(context) ?? currentBoundary();
  try {
    const decision = await within(open, () =>
      ringfence.call(tool, input, signal === undefined ? {} : { signal }),
    );
    const { ms: _, ...outcome } = decision;
    return outcome;
  } catch (error) {
    if (!(error instanceof RingfenceError) || error.code === 'boundary_invalid') throw error;
    return { decision: 'failed', ...toldError(error) };
  }
}

/** A boundary that a framework's context carries. `within` refuses anything that only looks like one. */
export function boundaryIn(context: unknown): Boundary | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const { boundary } = context as { readonly boundary?: Boundary };
  return boundary;
}
