/**
 * What the agent does, one call after the other: makes the call, looks for canaries in the answer, compares the outcome with what
 * must come out, tells of it, and counts.
 */
import type { Boundary } from '../boundary/boundary.js';
import { within } from '../boundary/propagation.js';
import { RingfenceError } from '../errors.js';
import type { Ringfence } from '../ringfence.js';
import type { Allowed, Decision } from '../tools/decision.js';
import type { Canaries } from './canaries.js';
import { type Layer, type Listener, toldLines, WITHOUT } from './story.js';

/** What came of the calls, in numbers. */
export interface Tally {
  /** Calls of tools: allowed, denied and failed ones together. */
  readonly calls: number;
  readonly allowed: number;
  readonly denied: number;
  readonly failed: number;
  /** Answers that held something whoever asked must not see. */
  readonly leaks: number;
  /** Calls that a boundary was open for: each must have left one event in the ledger. */
  readonly recorded: number;
  /** Tries that were no calls: tokens, SQL with a stolen login, hands on the ledger. */
  readonly outside: { readonly tried: number; readonly held: number };
  /** What did not go as it must, in words. */
  readonly surprises: readonly string[];
}

/** A call of a tool. */
export interface Call {
  readonly what: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Whose call it is; null calls with no boundary open. */
  readonly as: Boundary | null;
  /** `rows`, `nothing`, or the code that must come back. */
  readonly expect: 'rows' | 'nothing' | (string & {});
  /** Absent for honest work. */
  readonly held?: Layer;
  /** What must hold for the answer besides. */
  readonly check?: (answer: Allowed) => boolean;
  /** The answer in a few words. */
  readonly shows?: (answer: Allowed) => string;
  /** What the same wish gets where there is no Ringfence, in words; asked of the database. */
  readonly without?: () => Promise<string>;
}

/** What came of a try that was no call. */
export interface Outcome {
  /** A code, a SQLSTATE, a number of rows, a verdict. */
  readonly result: string;
  /** What was said with it. */
  readonly said?: string;
}

/** A try that is no call: a token, SQL with a stolen login, a hand on the ledger. */
export interface OutsideTry {
  readonly what: string;
  readonly held: Layer;
  /** The result that it must come to. */
  readonly expect: string;
  /** What must be said with it, where the result alone could have another reason. */
  readonly saying?: RegExp;
  attempt(): Promise<Outcome>;
  /** What is to be said below the line in place of what was said. */
  readonly because?: string;
  readonly without?: () => Promise<string>;
}

export class Script {
  readonly #listener: Listener;
  readonly #ringfence: Pick<Ringfence, 'call'>;
  readonly #canaries: Canaries;
  readonly #surprises: string[] = [];
  #allowed = 0;
  #denied = 0;
  #failed = 0;
  #leaks = 0;
  #recorded = 0;
  #tried = 0;
  #held = 0;

  constructor(listener: Listener, ringfence: Pick<Ringfence, 'call'>, canaries: Canaries) {
    this.#listener = listener;
    this.#ringfence = ringfence;
    this.#canaries = canaries;
  }

  get tally(): Tally {
    return {
      calls: this.#allowed + this.#denied + this.#failed,
      allowed: this.#allowed,
      denied: this.#denied,
      failed: this.#failed,
      leaks: this.#leaks,
      recorded: this.#recorded,
      outside: { tried: this.#tried, held: this.#held },
      surprises: [...this.#surprises],
    };
  }

  /** Makes a call and tells of it. The answer, or null where the call itself was thrown back. */
  async call(call: Call): Promise<Decision | null> {
    const { answer, thrown } = await this.#answerTo(call);
    const outcome = answer === null ? thrown.code : outcomeOf(answer);
    // A call without a boundary has no reader who might see anything: whatever it were told would be too much.
    const leaked = answer === null || call.as === null ? [] : this.#leaksIn(answer, call.as);
    if (leaked.length > 0) this.#leaks += 1;
    const isAsExpected =
      outcome === call.expect &&
      (call.check === undefined || (answer?.decision === 'allowed' && call.check(answer)));
    const good = isAsExpected && leaked.length === 0;
    if (!good)
      this.#surprises.push(
        `${call.what}: ${leaked.length > 0 ? `saw ${leaked[0]}` : `${outcome}, not ${call.expect}`}`,
      );
    const without = call.without === undefined ? null : await call.without();
    await this.#tell({
      what: call.what,
      decision: answer === null ? 'denied' : answer.decision,
      result: resultOf(answer, outcome),
      held: call.held ?? null,
      good,
      below: [
        ...belowAnswer(call, answer, thrown),
        ...(without === null ? [] : [{ label: WITHOUT, text: without }]),
        ...(leaked.length === 0 ? [] : [{ label: 'LEAKED', text: leaked.join(' · ') }]),
      ],
    });
    return answer;
  }

  /** Makes a try around the gate and tells of it. */
  async outside({ what, held, expect, saying, attempt, because, without }: OutsideTry): Promise<void> {
    const { result, said } = await attempt();
    const good = result === expect && (saying === undefined || saying.test(said ?? ''));
    this.#tried += 1;
    if (good) this.#held += 1;
    else this.#surprises.push(`${what}: ${result}${said === undefined ? '' : ` (${said})`}, not ${expect}`);
    const below = because ?? said;
    await this.#tell({
      what,
      decision: decisionOf(result),
      result,
      held,
      good,
      below: [
        ...(below === undefined ? [] : [{ label: '', text: below }]),
        ...(without === undefined ? [] : [{ label: WITHOUT, text: await without() }]),
      ],
    });
  }

  async #answerTo({
    as,
    tool,
    input,
  }: Call): Promise<
    | { readonly answer: Decision; readonly thrown: null }
    | { readonly answer: null; readonly thrown: RingfenceError }
  > {
    try {
      const call = (): Promise<Decision> => this.#ringfence.call(tool, input);
      const answer = await (as === null ? call() : within(as, call));
      if (answer.decision === 'allowed') this.#allowed += 1;
      else if (answer.decision === 'denied') this.#denied += 1;
      else this.#failed += 1;
      this.#recorded += 1;
      return { answer, thrown: null };
    } catch (error) {
      if (!(error instanceof RingfenceError) || error.code === 'ledger_unavailable') throw error;
      this.#denied += 1;
      return { answer: null, thrown: error };
    }
  }

  #leaksIn(answer: Decision, { tenant, workspace }: Boundary): string[] {
    // Its own id and its time are the gate's: digits in them mean nothing.
    const { event: _event, ms: _ms, ...said } = answer;
    return this.#canaries.foundIn(said, { tenant, workspace });
  }

  async #tell(told: Parameters<typeof toldLines>[1]): Promise<void> {
    for (const line of toldLines(this.#listener, told)) await this.#listener.tell(line);
  }
}

function decisionOf(result: string): string {
  if (/^\d+ rows?$/.test(result)) return 'answered';
  return result === 'tampered' || result === 'truncated' ? 'found' : 'refused';
}

function outcomeOf(answer: Decision): string {
  if (answer.decision !== 'allowed') return answer.code;
  return answer.code ?? (answer.rows.length === 0 ? 'nothing' : 'rows');
}

function resultOf(answer: Decision | null, outcome: string): string {
  if (answer?.decision !== 'allowed' || answer.code !== undefined) return outcome;
  return answer.rows.length === 1 ? '1 row' : `${answer.rows.length} rows`;
}

function belowAnswer(
  call: Call,
  answer: Decision | null,
  thrown: RingfenceError | null,
): { label: string; text: string }[] {
  if (answer === null) return thrown === null ? [] : [{ label: '', text: thrown.message }];
  if (answer.decision !== 'allowed') return [{ label: answer.rule, text: answer.reason }];
  const shown = call.shows?.(answer);
  return shown === undefined ? [] : [{ label: '', text: shown }];
}
