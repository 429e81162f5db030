/** What a run came to, for a program, for CI, and by kind for a person. */
import type { JUnitCase, JUnitReport } from '../junit.js';
import type { CaseResult, Fault, Probe, Subject } from './contract.js';
import type { Ground } from './ground.js';
import { PROBES } from './kinds.js';
import type { ProbeRun } from './run.js';

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** For want of time. */
  readonly leftOut: number;
}

/** One kind of probe, and how its cases came out. */
export interface KindReport extends Summary {
  readonly probe: string;
  readonly title: string;
  readonly advice: string;
  readonly cases: readonly CaseResult[];
}

export interface ProbeReport {
  readonly summary: Summary;
  readonly calls: number;
  readonly seed: number;
  readonly ms: number;
  /** Where the rows were known from. */
  readonly knownFrom: 'administrator' | 'gateway';
  readonly planted: boolean;
  readonly policyHash: string;
  readonly kinds: readonly KindReport[];
}

export function reportOf(
  ground: Pick<Ground, 'knowledge' | 'planted' | 'policy'>,
  run: ProbeRun,
  probes: readonly Probe[] = PROBES,
): ProbeReport {
  return {
    summary: summaryOf(run.results),
    calls: run.calls,
    seed: run.seed,
    ms: run.ms,
    knownFrom: ground.knowledge.source,
    planted: ground.planted,
    policyHash: ground.policy.hash,
    kinds: probes.map(({ id, title, advice }) => {
      const cases = run.results.filter(({ probe }) => probe === id);
      return { probe: id, title, advice, ...summaryOf(cases), cases };
    }),
  };
}

function summaryOf(results: readonly CaseResult[]): Summary {
  const count = (outcome: CaseResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    leftOut: count('left_out'),
  };
}

/** `support query invoice.total`, `support delete line (approvals.removals)`; `*` where there is no one subject. */
export function subjectName(subject: Subject | null): string {
  if (subject === null) return '*';
  const { role, tool, table, column, rule } = subject;
  const place = table === undefined ? '' : ` ${table}${column === undefined ? '' : `.${column}`}`;
  return `${role} ${tool}${place}${rule === undefined ? '' : ` (approvals.${rule})`}`;
}

/** A fault as lines of text: what was wrong, and the calls that show it. */
export function faultLines({ what, seen, evidence }: Fault): readonly string[] {
  return [
    what,
    ...(seen === undefined ? [] : [`seen: ${JSON.stringify(seen)}`]),
    ...evidence.map(
      ({ tool, role, inside, input, decision, code, event }) =>
        `${tool} as ${role}${inside === 'theirs' ? ', inside the other tenant' : ''}: ${decision}${code === null ? '' : ` ${code}`}, ` +
        `input ${JSON.stringify(input)}${event === null ? '' : `, event ${event}`}`,
    ),
  ];
}

export function junitOf({ kinds, seed }: ProbeReport, startedAt: Date): JUnitReport {
  return {
    name: `ringfence probe (seed ${seed})`,
    startedAt,
    suites: kinds.map(({ probe, advice, cases }) => ({
      name: probe,
      cases: cases.map((result) => caseOf(result, advice)),
    })),
  };
}

function caseOf(result: CaseResult, advice: string): JUnitCase {
  const shared = {
    name: subjectName(result.subject),
    classname: `ringfence.probe.${result.probe}`,
    seconds: result.ms / 1000,
  };
  if (result.outcome === 'passed') return shared;
  if (result.outcome === 'skipped') return { ...shared, skipped: result.why };
  if (result.outcome === 'left_out') return { ...shared, skipped: 'left out: the time was up' };
  const { faults, probe } = result;
  return {
    ...shared,
    failure: {
      type: probe,
      message: faults[0]?.what ?? 'failed',
      text: [...faults.flatMap(faultLines), advice].join('\n'),
    },
  };
}
