/**
 * The gate: the one path that every tool call takes.
 *
 * boundary open? → may role and plan use the tool? → input valid, and inside the slice? → not too much? → sealed statement in
 * PostgreSQL → event durable → answer. Every "no" on the way is an event as well, and no answer leaves before its event is durable.
 */
import { performance } from 'node:perf_hooks';
import { uuidv7 } from 'uuidv7';
import { assertBoundary, type Boundary } from '../boundary/boundary.js';
import type { StatementVerdict } from '../database/database-error.js';
import {
  type EventToRecord,
  type Gateway,
  readWithEvent,
  rowsMet,
  writeWithEvent,
} from '../database/gateway.js';
import type { SealedOutcome } from '../database/session.js';
import { type Denial, deny, type FailureCode, RingfenceError } from '../errors.js';
import type { Recorder } from '../ledger/recorder.js';
import type { OperatorEntry } from '../operator-log.js';
import type { CompiledRole } from '../policy/compiled.js';
import { type CallToDecide, type Decided, type DecisionParts, decide } from './decide.js';
import type { Allowed, CallOptions, Decision } from './decision.js';
import type { Estimates } from './estimates.js';
import type { EventWriter } from './event-writer.js';
import type { PreparedCall, ToolAnswer } from './tool.js';

export interface GateParts extends DecisionParts {
  readonly gateway: Gateway;
  readonly recorder: Recorder<EventToRecord>;
  readonly estimates: Estimates;
  readonly events: EventWriter;
  /** Told of what an agent is not: why a call failed inside the database. */
  readonly log: (entry: OperatorEntry) => void;
}

export interface Gate {
  /**
   * Calls a tool inside a boundary.
   *
   * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`; `ledger_unavailable` where the call could not be recorded: then
   * it is not answered either. Everything else is a {@link Decision}.
   */
  call(boundary: Boundary, tool: string, input: unknown, options?: CallOptions): Promise<Decision>;
}

/** What a statement that met no row comes to. */
const NO_SUCH_ROW: StatementVerdict = {
  kind: 'denied',
  code: 'not_found',
  reason: 'No such row in your slice.',
};

/** One call on its way through. */
interface Call extends CallToDecide {
  readonly event: string;
  readonly startedAt: number;
}

/**
 * Calls under way up to which a read brings its event along, in its own commit. Beyond, events are made durable in groups: that costs
 * a round trip more and far fewer commits.
 */
const ALONE = 2;

const LOST: ReadonlySet<string> = new Set<FailureCode>(['outcome_unknown', 'database_unavailable']);

export function createGate(parts: GateParts): Gate {
  let inFlight = 0;
  const { policy, gateway, recorder, events, estimates } = parts;

  const record = async (call: Call, body: string, rowCount: number): Promise<void> => {
    await recorder.record({ id: call.event, boundary: call.boundary, body, rowCount });
  };

  const refuse = async (
    call: Call,
    { blocked, ...denial }: Denial,
    prepared: PreparedCall | null = null,
  ): Promise<Decision> => {
    const missed = denial.code === 'not_found' ? prepared?.references : undefined;
    await record(
      call,
      events.body(call, { effect: 'denied', ...denial, blocked: blocked ?? missed ?? [] }, prepared),
      0,
    );
    return { decision: 'denied', ...denial, event: call.event, ms: since(call.startedAt) };
  };

  const fail = async (
    call: Call,
    verdict: { readonly code: FailureCode; readonly reason: string; readonly suggestion?: string },
    rule: string,
    prepared: PreparedCall | null,
  ): Promise<Decision> => {
    await record(call, events.body(call, { effect: 'failed', rule, ...verdict }, prepared), 0);
    return { decision: 'failed', rule, ...verdict, event: call.event, ms: since(call.startedAt) };
  };

  /** What is left when the statement gave no rows to answer with. */
  const settle = (
    call: Call,
    outcome: SealedOutcome,
    rule: string,
    prepared: PreparedCall,
  ): Promise<Decision> => {
    const verdict = outcome.kind === 'rows' ? NO_SUCH_ROW : outcome.verdict;
    if (outcome.kind === 'verdict' && (verdict.code === 'internal' || verdict.code === 'outcome_unknown')) {
      parts.log({
        kind: 'call_failed',
        message: `Event ${call.event}: ${verdict.reason}`,
        cause: outcome.cause,
      });
    }
    // The tool knows what it looked for; the database only that it was not there.
    const hint =
      verdict.code === 'not_found' ? prepared.answer({ fields: [], rows: [] }).suggestion : undefined;
    const suggestion = hint ?? verdict.suggestion;
    const told = { reason: verdict.reason, ...(suggestion === undefined ? {} : { suggestion }) };
    return verdict.kind === 'denied'
      ? refuse(call, { rule: 'boundary.slice', code: verdict.code, ...told }, prepared)
      : fail(call, { code: verdict.code, ...told }, rule, prepared);
  };

  const allow = (call: Call, rule: string, answer: ToolAnswer): Allowed => ({
    decision: 'allowed',
    rule,
    ...answer,
    event: call.event,
    ms: since(call.startedAt),
  });

  const execute = async (asked: Call, { tool, prepared, opaque }: Decided): Promise<Decision> => {
    let call = asked;
    const { limits } = call.role;
    const rule = `roles.${call.role.name}.tools.${tool.name}`;
    const granted = { effect: 'allowed', rule } as const;
    if (prepared.statement === null) {
      const answer = prepared.answer({ fields: [], rows: [] });
      await record(call, events.body(call, granted, prepared), answer.rows.length);
      return allow(call, rule, answer);
    }
    const sealed = {
      boundary: call.boundary,
      role: call.role,
      timeoutMs: limits.timeoutMs,
      ...(prepared.kind === 'write'
        ? { triggerSchema: policy.defaultSchema, removes: tool.name === 'delete' }
        : {}),
      ...(call.options.signal === undefined ? {} : { signal: call.options.signal }),
    };
    try {
      if (prepared.kind === 'write' && call.options.dry) {
        const outcome = await gateway.run({
          ...sealed,
          statement: prepared.statement,
          effect: 'write',
          dry: true,
        });
        if (outcome.kind === 'rows' && outcome.result.rows.length > 0) {
          const answer = prepared.answer(outcome.result);
          await record(call, events.body(call, granted, prepared), answer.rows.length);
          return allow(call, rule, answer);
        }
        return await settle(call, outcome, rule, prepared);
      }
      if (prepared.kind === 'write') {
        const statement = writeWithEvent(
          prepared.statement,
          call.event,
          events.body(call, granted, prepared, 'before'),
          1,
        );
        const outcome = await gateway.run({ ...sealed, statement, effect: 'write' });
        // The write has brought its event along: it is durable by now.
        if (outcome.kind === 'rows') return allow(call, rule, prepared.answer(outcome.result));
        return await settle(call, outcome, rule, prepared);
      }
      const read = { ...sealed, statement: prepared.statement, effect: 'read' } as const;
      if (prepared.estimate && !(await estimates.within(gateway, read, limits.scannedRows, opaque))) {
        return await refuse(call, tooBroad(call.role, limits.scannedRows), prepared);
      }
      if (inFlight <= ALONE && gateway.readsOnPrimary && prepared.references.length === 0) {
        const body = events.body(call, granted, prepared, 'before');
        const statement = readWithEvent(prepared.statement, call.event, body, prepared.rowLimit);
        const outcome = await gateway.run({ ...sealed, statement, effect: 'write' });
        if (outcome.kind === 'rows') return allow(call, rule, prepared.answer(rowsMet(outcome.result)));
        if (!LOST.has(outcome.verdict.code)) return await settle(call, outcome, rule, prepared);
        // The connection went away, perhaps after the commit. A read may go again, as a call of its own.
        call = { ...call, event: uuidv7() };
      }
      const outcome = await gateway.run(read);
      if (outcome.kind === 'rows') {
        const answer = prepared.answer(outcome.result);
        const blocked = answer.code === 'not_found' ? prepared.references : [];
        await record(call, events.body(call, { ...granted, blocked }, prepared), answer.rows.length);
        return allow(call, rule, answer);
      }
      return await settle(call, outcome, rule, prepared);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      return fail(call, failure, rule, prepared);
    }
  };

  return {
    async call(boundary, action, input, options = {}) {
      const startedAt = performance.now();
      assertBoundary(boundary);
      if (boundary.policyHash !== policy.hash) {
        throw new RingfenceError(
          'boundary_invalid',
          'This boundary was made under another policy. Resolve it again.',
        );
      }
      const role = policy.roles.get(boundary.role);
      if (role === undefined) {
        throw new RingfenceError(
          'boundary_invalid',
          "The policy no longer has this boundary's role. Resolve it again.",
        );
      }
      const call: Call = { boundary, role, action, input, options, event: uuidv7(), startedAt };

      let decided: Decided | Denial;
      try {
        decided = decide(call, parts);
      } catch (cause) {
        // An input that cannot even be read, or a defect of ours: nothing has run, and the ledger hears of it all the same.
        parts.log({
          kind: 'call_failed',
          message: `Event ${call.event}: the call could not be prepared.`,
          cause,
        });
        return fail(
          call,
          { code: 'internal', reason: 'The call could not be prepared.' },
          'gate.prepare',
          null,
        );
      }
      if ('rule' in decided) return refuse(call, decided);
      inFlight++;
      try {
        return await execute(call, decided);
      } finally {
        inFlight--;
      }
    },
  };
}

function tooBroad(role: CompiledRole, limit: number): Denial {
  return deny(
    'too_broad',
    `roles.${role.name}.limits.scanned_rows`,
    `The call would make the database visit more than the ${limit} rows it may.`,
    'Narrow it with a condition on an indexed column, an id, or a smaller range.',
  );
}

function failureOf(
  error: unknown,
): { code: 'busy' | 'database_unavailable'; reason: string; suggestion: string } | null {
  if (!(error instanceof RingfenceError)) return null;
  if (error.code === 'database_busy')
    return { code: 'busy', reason: error.message, suggestion: 'Try again in a moment.' };
  if (error.code === 'database_unreachable') {
    return {
      code: 'database_unavailable',
      reason: 'The database cannot be reached at the moment.',
      suggestion: 'Try again later.',
    };
  }
  return null;
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 1000) / 1000;
}
