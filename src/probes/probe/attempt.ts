/**
 * One case under way: makes its calls through the gate, looks at every answer for what must never be in one, and keeps what was wrong.
 */
import { within } from '../../boundary/propagation.js';
import { RingfenceError } from '../../errors.js';
import { sanitiseInput } from '../../ledger/sanitise.js';
import type { SliceTable } from '../../policy/compiled.js';
import type { Allowed, CallOptions, Decision } from '../../tools/decision.js';
import type { Evidence, Fault, Outcome } from './contract.js';
import { boundaryOf, type Ground } from './ground.js';
import { isDistinctive, leavesOf, saidIn } from './telling.js';

/** What to call, and which tables the answer may speak of. */
export interface Asking {
  readonly role: string;
  readonly tool: string;
  readonly input: unknown;
  readonly inside?: 'ours' | 'theirs';
  readonly options?: CallOptions;
  /** Tables whose foreign values are looked for in the answer. */
  readonly tables?: readonly SliceTable[];
}

/** A call that was made. Without a decision where it was thrown back. */
export interface Made extends Asking {
  readonly inside: 'ours' | 'theirs';
  readonly decision: Decision | null;
  readonly thrown: RingfenceError | null;
}

/** What the ledger must know of afterwards. */
export interface CallToFind {
  readonly tool: string;
  readonly event: string;
  readonly effect: string;
  readonly code: string | null;
}

class Skipped {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

export interface AttemptOptions {
  /** Inputs and values in full. */
  readonly show: boolean;
  /** Told of every call that got a decision. */
  readonly onCall: (call: CallToFind) => void;
  /** Every call that was made in this run so far. */
  readonly calls: readonly CallToFind[];
}

/** Faults of one case that are told in full. */
const FAULTS_TOLD = 5;

export class Attempt {
  readonly ground: Ground;
  readonly #options: AttemptOptions;
  readonly #faults: Fault[] = [];
  #calls = 0;
  #looked = 0;

  constructor(ground: Ground, options: AttemptOptions) {
    this.ground = ground;
    this.#options = options;
  }

  get calls(): number {
    return this.#calls;
  }

  /** Every call of the run until now. */
  get allCalls(): readonly CallToFind[] {
    return this.#options.calls;
  }

  /** Runs the case's work and says what came of it. */
  async outcome(work: (attempt: Attempt) => Promise<void>): Promise<Outcome> {
    try {
      await work(this);
    } catch (error) {
      if (!(error instanceof Skipped)) throw error;
      if (this.#faults.length === 0) return { outcome: 'skipped', why: error.why };
    }
    if (this.#faults.length > 0) return { outcome: 'failed', faults: this.#faults.slice(0, FAULTS_TOLD) };
    if (this.#looked === 0) return { outcome: 'skipped', why: 'nothing could be asked here' };
    return { outcome: 'passed' };
  }

  /** Ends the case: there is nothing to try, or nothing to try it with. */
  skip(why: string): never {
    throw new Skipped(why);
  }

  /** Notes that something was held against an expectation, where no call of this case says so. */
  looked(): void {
    this.#looked += 1;
  }

  fault(what: string, made: Made | readonly Made[], seen: readonly string[] = []): void {
    const calls = Array.isArray(made) ? (made as readonly Made[]) : [made as Made];
    this.#faults.push({
      what,
      ...(this.#options.show && seen.length > 0 ? { seen } : {}),
      evidence: calls.map((call) => this.#evidence(call)),
    });
  }

  /** Makes a call, and looks at what came back. */
  async call(asking: Asking): Promise<Made> {
    const { ground } = this;
    const { role, tool, input, inside = 'ours', options = {} } = asking;
    const boundary = boundaryOf(ground, ground[inside], role);
    let made: Made;
    this.#calls += 1;
    try {
      const decision = await within(boundary, () => ground.ringfence.call(tool, input, options));
      made = { ...asking, inside, decision, thrown: null };
      this.#options.onCall({
        tool,
        event: decision.event,
        effect: decision.decision,
        code: decision.decision === 'allowed' ? null : decision.code,
      });
    } catch (error) {
      if (!(error instanceof RingfenceError)) throw error;
      made = { ...asking, inside, decision: null, thrown: error };
    }
    this.#looked += 1;
    if (inside === 'ours') await this.#look(made);
    return made;
  }

  /** Rows of an answer must be rows of our boundary: told by their keys, and by values that only others have. */
  async rowsAreOurs(made: Made, table: SliceTable, rows: readonly unknown[]): Promise<void> {
    const { knowledge } = this.ground;
    const records = rows.filter((row) => typeof row === 'object' && row !== null) as Record<
      string,
      unknown
    >[];
    const keys = records.flatMap((row) => {
      const key = table.primaryKey.flatMap((name) => textOf(row[name]) ?? []);
      return key.length > 0 && key.length === table.primaryKey.length ? [key] : [];
    });
    if ((await knowledge.outside(made.role, table, keys)).length > 0)
      this.fault(`Rows of ${table.name} came that are outside of the boundary.`, made);
    const { telling } = await knowledge.table(made.role, table);
    for (const [column, values] of telling) {
      if (table.columns.find(({ name }) => name === column)?.mask !== null) continue;
      const seen = records.flatMap((row) => textOf(row[column]) ?? []).filter((text) => values.has(text));
      if (seen.length > 0)
        this.fault(`${table.name}.${column} came with values of the other tenant.`, made, seen);
    }
  }

  /** What must never be in an answer on our side: faults of ours, canaries, texts of the other tenant's. */
  async #look(made: Made): Promise<void> {
    const { decision, thrown, tables = [] } = made;
    const { knowledge, canaries } = this.ground;
    if (thrown !== null) {
      this.fault(`The call was thrown back with ${thrown.code}: it was not answered.`, made);
      return;
    }
    if (decision === null) return;
    if (
      decision.decision === 'failed' &&
      (decision.code === 'internal' || decision.code === 'outcome_unknown')
    )
      this.fault(
        `The call failed with ${decision.code}, where it should have been answered or refused.`,
        made,
      );
    const said = saidIn(decision);
    const given = leavesOf(made.input);
    const isGiven = (text: string): boolean => given.some((one) => one.includes(text));
    for (const canary of canaries) {
      if (!isGiven(canary) && said.some((one) => one.includes(canary)))
        this.fault('A canary of the other tenant is in the answer.', made, [canary]);
    }
    for (const table of tables) {
      const { telling } = await knowledge.table(made.role, table);
      for (const [column, values] of telling) {
        for (const text of values) {
          if (!isDistinctive(text) || isGiven(text) || !said.some((one) => one.includes(text))) continue;
          if (await knowledge.isAlsoOurs(made.role, text)) continue;
          this.fault(`A value of ${table.name}.${column} of the other tenant is in the answer.`, made, [
            text,
          ]);
        }
      }
    }
  }

  #evidence({ tool, role, inside, input, decision, thrown }: Made): Evidence {
    return {
      tool,
      role,
      inside,
      input: this.#options.show ? input : sanitiseInput(input, this.#namesOf(role)),
      decision: decision?.decision ?? 'thrown',
      code: (decision?.decision === 'allowed' ? undefined : decision?.code) ?? thrown?.code ?? null,
      event: decision?.event ?? null,
    };
  }

  #namesOf(role: string): ReadonlySet<string> {
    const names = new Set<string>();
    for (const table of this.ground.policy.roles.get(role)?.tables.values() ?? []) {
      names.add(table.name);
      for (const { name } of [...table.columns, ...table.relations]) names.add(name);
    }
    return names;
  }
}

/** The rows of an answer, whatever the decision was. */
export function rowsOf({ decision }: Made): Allowed['rows'] {
  return decision?.decision === 'allowed' ? decision.rows : [];
}

/** The code of an answer: `not_found` of a get among them; `allowed` where there is none. */
export function codeOf({ decision, thrown }: Made): string {
  return decision?.code ?? thrown?.code ?? 'allowed';
}

/** What an agent can tell two answers apart by, with a name of its own taken out of the words. */
export function faceOf({ decision, thrown }: Made, own: string | null = null): string {
  const without = (text: string | undefined): string | null =>
    text === undefined ? null : own === null || own === '' ? text : text.replaceAll(own, '…');
  if (decision === null) return `thrown ${thrown?.code}`;
  return JSON.stringify({
    decision: decision.decision,
    code: decision.code ?? null,
    rule: decision.rule,
    reason: decision.decision === 'allowed' ? null : without(decision.reason),
    suggestion: without(decision.suggestion),
    rows: decision.decision === 'allowed' ? decision.rows.length : 0,
  });
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
