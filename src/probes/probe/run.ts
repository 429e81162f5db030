/**
 * Runs probes: in an order that the seed decides, a few at a time, until all have been tried or the time is up. What was left out is
 * told, and so is what could not be tried.
 */
import { Attempt, type AttemptOptions, type CallToFind } from './attempt.js';
import type { CaseResult, Probe, ProbeCase } from './contract.js';
import type { Ground } from './ground.js';
import { PROBES } from './kinds.js';

export interface RunOptions {
  readonly seed: number;
  /** Seconds after which no new case is begun. Probes that judge the others run all the same. */
  readonly seconds: number;
  /** Inputs and values in full, in what is told of faults. */
  readonly show?: boolean;
  readonly probes?: readonly Probe[];
  readonly signal?: AbortSignal;
  /** Told after each case. */
  readonly onCase?: (result: CaseResult, done: number, of: number) => void;
}

export interface ProbeRun {
  readonly results: readonly CaseResult[];
  readonly calls: number;
  readonly seed: number;
  readonly ms: number;
}

/** Cases that run at a time. */
const AT_ONCE = 4;

interface Planned {
  readonly probe: Probe;
  readonly one: ProbeCase;
}

/** @throws whatever keeps calls from being made at all: no database, a boundary that cannot be opened. */
export async function runProbes(ground: Ground, options: RunOptions): Promise<ProbeRun> {
  const startedAt = performance.now();
  const deadline = startedAt + options.seconds * 1000;
  const calls: CallToFind[] = [];
  const attempts: AttemptOptions = { show: options.show ?? false, onCall: (call) => calls.push(call), calls };
  const results = new Map<Planned, CaseResult>();
  const empty: CaseResult[] = [];
  const planned: Planned[] = [];
  for (const probe of options.probes ?? PROBES) {
    const cases = probe.cases(ground);
    if (cases.length === 0)
      empty.push({ probe: probe.id, subject: null, outcome: 'skipped', why: probe.none, calls: 0, ms: 0 });
    planned.push(...cases.map((one) => ({ probe, one })));
  }
  const done = (plan: Planned, result: CaseResult): void => {
    results.set(plan, result);
    options.onCase?.(result, results.size, planned.length);
  };
  const run = async (plan: Planned): Promise<void> => {
    options.signal?.throwIfAborted();
    const of = { probe: plan.probe.id, subject: plan.one.subject };
    if (plan.probe.last === undefined && performance.now() > deadline)
      return done(plan, { ...of, outcome: 'left_out', calls: 0, ms: 0 });
    const began = performance.now();
    const attempt = new Attempt(ground, attempts);
    const outcome = await attempt.outcome((one) => plan.one.run(one));
    done(plan, { ...of, ...outcome, calls: attempt.calls, ms: Math.round(performance.now() - began) });
  };
  await together(
    shuffled(
      planned.filter(({ probe }) => probe.last === undefined),
      options.seed,
    ),
    run,
  );
  for (const plan of planned.filter(({ probe }) => probe.last === true)) await run(plan);
  return {
    results: [...planned.flatMap((plan) => results.get(plan) ?? []), ...empty],
    calls: calls.length,
    seed: options.seed,
    ms: Math.round(performance.now() - startedAt),
  };
}

async function together(plans: readonly Planned[], run: (plan: Planned) => Promise<void>): Promise<void> {
  const left = [...plans];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next);
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
}

/** Mixed by the seed, each kind of probe in turn, so that of a run which is cut short every kind has had its share. */
function shuffled(plans: readonly Planned[], seed: number): readonly Planned[] {
  const random = randomFrom(seed);
  const byProbe = new Map<Probe, Planned[]>();
  for (const plan of plans) byProbe.set(plan.probe, [...(byProbe.get(plan.probe) ?? []), plan]);
  for (const list of byProbe.values()) {
    for (let at = list.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      const [a, b] = [list[at], list[other]];
      if (a === undefined || b === undefined) continue;
      list[at] = b;
      list[other] = a;
    }
  }
  const lists = [...byProbe.values()];
  const mixed: Planned[] = [];
  for (let at = 0; mixed.length < plans.length; at += 1)
    mixed.push(...lists.flatMap((list) => list[at] ?? []));
  return mixed;
}

/** mulberry32, by Tommy Ettinger: small, and good enough to mix a list. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
