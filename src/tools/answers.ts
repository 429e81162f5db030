/**
 * What the gate answers, and the event that is durable before each answer: allowed, refused, failed.
 */
import { performance } from 'node:perf_hooks';
import type { ApprovalUse } from '../database/approvals.js';
import type { StatementVerdict } from '../database/database-error.js';
import type { EventToRecord } from '../database/gateway.js';
import type { SealedOutcome } from '../database/session.js';
import type { Denial } from '../errors.js';
import { isRecordedAlready } from '../ledger/batch-fault.js';
import type { EventBody } from '../ledger/event.js';
import type { Recorder } from '../ledger/recorder.js';
import type { OperatorEntry } from '../operator-log.js';
import type { CallToDecide } from './decide.js';
import type { Allowed, Decision, Pending, Untrusted } from './decision.js';
import type { EventWriter, RecordedDecision } from './event-writer.js';
import type { Freshness } from './freshness.js';
import type { Failure, Prepared, PreparedCall, ToolAnswer } from './tool.js';

/** One call on its way through. */
export interface Call extends CallToDecide {
  readonly event: string;
  readonly startedAt: number;
  /** Requests for approval that it is about; approved, they are used up by what is made of the call. */
  readonly approvals?: readonly ApprovalUse[];
  /** Of a dry run: rules that the call would wait for. */
  readonly needsApproval?: readonly string[];
  /** How old the rows are that it reads, where some of them are of materialised views. */
  readonly freshness?: Freshness;
}

export interface AnswerParts {
  readonly recorder: Recorder<EventToRecord>;
  readonly events: EventWriter;
  /** Told of what an agent is not: why a call failed inside the database. */
  readonly log: (entry: OperatorEntry) => void;
}

type Waiting = Omit<Pending, 'decision' | 'event' | 'ms'>;

/** What a statement that met no row comes to. */
const NO_SUCH_ROW: StatementVerdict = {
  kind: 'denied',
  code: 'not_found',
  reason: 'No such row in your slice.',
};

const UNTRUSTED: readonly Untrusted[] = ['rows', 'output'];

function holds(member: unknown): boolean {
  return Array.isArray(member) ? member.length > 0 : member !== undefined;
}

export class Answers {
  readonly #parts: AnswerParts;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /** The body of an event that goes along with its statement. */
  eventAlong(
    call: Call,
    decision: RecordedDecision,
    prepared: Prepared & { readonly statements?: EventBody['statements'] },
  ): string {
    return this.#parts.events.body(call, decision, prepared, 'before');
  }

  /** The body of an event that goes by itself. */
  eventNow(call: Call, decision: RecordedDecision, prepared: Prepared): string {
    return this.#parts.events.body(call, decision, prepared);
  }

  /** The answer of a call that waits for people, and whose event is durable. */
  pending(call: Call, told: Waiting): Pending {
    return { decision: 'pending', ...told, ...ending(call) };
  }

  /** The same for one whose event is not. */
  async recordPending(call: Call, told: Waiting, prepared: Prepared): Promise<Pending> {
    await this.#record(call, { effect: 'pending', rule: told.rule, reason: told.reason }, prepared);
    return this.pending(call, told);
  }

  /** The answer of a call whose event is durable. */
  allow(call: Call, rule: string, answer: ToolAnswer): Allowed {
    const { freshness, needsApproval } = call;
    const untrusted = UNTRUSTED.filter((member) => holds(answer[member]));
    return {
      decision: 'allowed',
      rule,
      ...answer,
      ...(untrusted.length > 0 && { untrusted }),
      ...(freshness && { freshness }),
      ...(needsApproval && { needsApproval }),
      ...ending(call),
    };
  }

  /** Records the call as allowed, then answers it. */
  async recordAndAllow(
    call: Call,
    rule: string,
    prepared: Prepared,
    answer: ToolAnswer,
    blocked: readonly string[] = [],
  ): Promise<Allowed> {
    await this.#record(call, { effect: 'allowed', rule, blocked }, prepared, answer.rows.length);
    return this.allow(call, rule, answer);
  }

  /** @param sqlstate What PostgreSQL said of the call, where it was PostgreSQL that would not have it. */
  async refuse(
    call: Call,
    { blocked, ...denial }: Denial,
    prepared: Prepared | null = null,
    sqlstate?: string,
  ): Promise<Decision> {
    const missed = denial.code === 'not_found' ? prepared?.references : undefined;
    await this.#record(
      call,
      { effect: 'denied', ...denial, blocked: blocked ?? missed ?? [], ...stated(sqlstate) },
      prepared,
    );
    return { decision: 'denied', ...denial, ...ending(call) };
  }

  async fail(
    call: Call,
    rule: string,
    failure: Failure,
    prepared: Prepared | null,
    sqlstate?: string,
  ): Promise<Decision> {
    await this.#record(call, { effect: 'failed', rule, ...failure, ...stated(sqlstate) }, prepared);
    return this.failed(call, rule, failure);
  }

  /** The same for a call that may have recorded itself before its connection was lost: whichever event came first stands. */
  async failUnlessRecorded(
    call: Call,
    rule: string,
    failure: Failure,
    prepared: Prepared,
  ): Promise<Decision> {
    try {
      return await this.fail(call, rule, failure, prepared);
    } catch (error) {
      if (!isRecordedAlready(error)) throw error;
      return this.failed(call, rule, failure);
    }
  }

  /** The answer of a call that failed, and whose event is durable. */
  failed(call: Call, rule: string, failure: Failure): Decision {
    return { decision: 'failed', rule, ...failure, ...ending(call) };
  }

  /** What is left when the statement gave no rows to answer with. */
  settle(call: Call, outcome: SealedOutcome, rule: string, prepared: PreparedCall): Promise<Decision> {
    const verdict = outcome.kind === 'rows' ? NO_SUCH_ROW : outcome.verdict;
    if (outcome.kind === 'verdict') this.tellOperator(call, verdict, outcome.cause);
    // The tool knows what it looked for; the database only that it was not there.
    const hint =
      verdict.code === 'not_found' ? prepared.answer({ fields: [], rows: [] }).suggestion : undefined;
    return this.end(call, hint === undefined ? verdict : { ...verdict, suggestion: hint }, rule, prepared);
  }

  /** A verdict of the database's, recorded and answered. */
  end(call: Call, verdict: StatementVerdict, rule: string, prepared: Prepared): Promise<Decision> {
    const { reason, suggestion } = verdict;
    const told = { reason, ...(suggestion === undefined ? {} : { suggestion }) };
    return verdict.kind === 'denied'
      ? this.refuse(call, { rule: 'boundary.slice', code: verdict.code, ...told }, prepared)
      : this.failUnlessRecorded(call, rule, { code: verdict.code, ...told }, prepared);
  }

  /** The same where the event knows a rule that whoever called is not told of. */
  async failQuietly(
    call: Call,
    rule: { readonly recorded: string; readonly told: string },
    { code, reason, suggestion }: Failure,
    prepared: Prepared | null,
  ): Promise<Decision> {
    await this.#record(call, { effect: 'failed', rule: rule.recorded, code, reason }, prepared);
    return this.failed(call, rule.told, {
      code,
      reason,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** Says in the operator's log why a call failed, where the agent is not told. */
  tellOperator(
    call: Call,
    { code, reason }: { readonly code: string; readonly reason: string },
    cause: unknown,
  ): void {
    if (code !== 'internal' && code !== 'outcome_unknown') return;
    this.#parts.log({ kind: 'call_failed', message: `Event ${call.event}: ${reason}`, cause });
  }

  async #record(
    call: Call,
    decision: RecordedDecision,
    prepared: Prepared | null,
    rowCount = 0,
  ): Promise<void> {
    const { recorder, events } = this.#parts;
    const body = events.body(call, decision, prepared);
    await recorder.record({ id: call.event, boundary: call.boundary, body, rowCount });
  }
}

function stated(sqlstate: string | undefined): { readonly sqlstate?: string } {
  return sqlstate === undefined ? {} : { sqlstate };
}

function ending({ event, startedAt }: Call): Pick<Decision, 'event' | 'ms'> {
  return { event, ms: Math.round((performance.now() - startedAt) * 1000) / 1000 };
}
