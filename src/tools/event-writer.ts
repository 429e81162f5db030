/** Writes the body of a call's event: everything about the decision, nothing of the data. */
import { performance } from 'node:perf_hooks';
import type { Boundary } from '../boundary/boundary.js';
import { shapeName } from '../boundary/pseudonym.js';
import { commitment } from '../ledger/commitment.js';
import { encodeEvent } from '../ledger/encode-event.js';
import type { Effect, EventBody } from '../ledger/event.js';
import { sanitiseInput, sanitiseReason } from '../ledger/sanitise.js';
import type { CompiledPolicy, CompiledRole } from '../policy/compiled.js';
import { CONNECTIVES, OPERATORS } from '../policy/filter.js';
import type { Canaries } from './canaries.js';
import type { CallOptions } from './decision.js';
import type { AgentStatement, Prepared } from './tool.js';

/** What an event needs to know of the call it tells of. */
export interface RecordedCall {
  readonly boundary: Boundary;
  readonly role: CompiledRole;
  readonly action: string;
  readonly input: unknown;
  readonly options: CallOptions;
  readonly event: string;
  readonly approvals?: EventBody['approvals'];
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
}

export interface RecordedDecision {
  readonly effect: Effect;
  readonly rule: string;
  readonly code?: string;
  readonly reason?: string;
  readonly sqlstate?: string;
  /** What the call named and may not reach. */
  readonly blocked?: readonly string[];
}

/** What an event tells of a prepared call. */
type Touched = Pick<Prepared, 'tables' | 'columns'> &
  Partial<Pick<AgentStatement, 'guarded'>> & { readonly statements?: EventBody['statements'] };

export interface EventWriter {
  /**
   * Canonical JSON of the event's {@link EventBody}. Never fails, whatever the input holds.
   * @param timing `before` where the event goes along with its statement: the database then measures how long that takes.
   */
  body(
    call: RecordedCall,
    decision: RecordedDecision,
    touched: Touched | null,
    timing?: 'before' | 'after',
  ): string;
}

const NOTHING: Touched = { tables: [], columns: [] };
const WORDS = [
  ...CONNECTIVES,
  ...Object.keys(OPERATORS),
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'count_distinct',
  'day',
  'week',
  'month',
  'quarter',
  'year',
];
/** Longest piece of free text of the caller's that an event keeps. */
const TEXT_LIMIT = 500;

/** @param canaries What must not stand in the ledger, wherever a caller put it. */
export function createEventWriter(
  ledgerKey: Uint8Array,
  policy: CompiledPolicy,
  canaries: Pick<Canaries, 'hide'> | null = null,
): EventWriter {
  const kept = (text: string, length: number): string => (canaries?.hide(text) ?? text).slice(0, length);
  const known = new Map([...policy.roles.values()].map((role) => [role.name, namesOf(role)]));
  return {
    body(
      { boundary, role, action, input, options, event, startedAt, approvals },
      decision,
      touched,
      timing = 'after',
    ) {
      const { tables, columns, guarded, statements } = touched ?? NOTHING;
      const given = reasonOf(input) ?? options.reason;
      const body: EventBody = {
        action: kept(action, 100),
        decision: {
          effect: decision.effect,
          rule: decision.rule,
          ...(decision.code === undefined ? {} : { code: decision.code }),
          ...(decision.reason === undefined
            ? {}
            : {
                reason: sanitiseReason(
                  canaries?.hide(decision.reason) ?? decision.reason,
                  known.get(role.name),
                ),
              }),
          ...(decision.sqlstate === undefined ? {} : { sqlstate: decision.sqlstate }),
          policy_hash: policy.hash,
        },
        ...(given === undefined ? {} : { reason: kept(given, TEXT_LIMIT) }),
        ...(options.promptVersion === undefined ? {} : { prompt_version: kept(options.promptVersion, 100) }),
        ...(guarded === undefined ? {} : { shape: shapeName(ledgerKey, guarded.shape) }),
        tables,
        columns,
        blocked: decision.blocked ?? [],
        ...(approvals === undefined ? {} : { approvals }),
        ...(statements === undefined ? {} : { statements }),
        duration_us:
          timing === 'before' ? 0 : Math.max(1, Math.round((performance.now() - startedAt) * 1000)),
        attempt: options.attempt ?? 1,
        ...(options.dry ? { dry: true as const } : {}),
        trace_id: boundary.traceId,
        ...(options.correlationId === undefined ? {} : { correlation_id: kept(options.correlationId, 200) }),
        ...(options.parentEvent === undefined ? {} : { parent_event: kept(options.parentEvent, 40) }),
        occurred_at: new Date().toISOString(),
        input_commitment: commitment(ledgerKey, event, 'input', input),
        input: sanitiseInput(input, known.get(role.name)),
      };
      return encodeEvent(body);
    },
  };
}

/** Names that are structure and not data: what the role's slice is made of, and the words of the language. */
function namesOf(role: CompiledRole): ReadonlySet<string> {
  const names = new Set<string>(WORDS);
  for (const table of role.tables.values()) {
    names.add(table.name);
    for (const { name } of table.columns) names.add(name);
    for (const { name } of table.relations) names.add(name);
  }
  return names;
}

function reasonOf(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { reason } = input as { reason?: unknown };
  return typeof reason === 'string' ? reason : undefined;
}
