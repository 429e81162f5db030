/** What came of many questions, added up over lanes, worlds and servers. */
import type { Difference, Verdict } from './compare/outcome.js';

export interface Found {
  readonly world: string;
  readonly server: number;
  readonly seed: number;
  /** Which question of the world: with seed and world it is the same one on every machine. */
  readonly number: number;
  readonly role: string;
  readonly tenant: string;
  readonly asked: string;
  readonly shrunk: string;
  readonly tried: number;
  readonly difference: Difference;
}

export interface Tally {
  statements: number;
  differences: number;
  /** Both gave rows, the same. */
  answered: number;
  /** Of these, how many gave any. */
  withRows: number;
  rows: number;
  /** Both failed alike, by code. */
  failed: Record<string, number>;
  refused: Record<string, number>;
  skipped: Record<string, number>;
  /** By feature: in how many questions, and how many of these were refused. */
  features: Record<string, [made: number, refused: number]>;
  found: Found[];
}

export function emptyTally(): Tally {
  return {
    statements: 0,
    differences: 0,
    answered: 0,
    withRows: 0,
    rows: 0,
    failed: {},
    refused: {},
    skipped: {},
    features: {},
    found: [],
  };
}

export function count(tally: Tally, verdict: Verdict, features: Iterable<string>): void {
  tally.statements += 1;
  for (const feature of features) {
    const [made, refused] = tally.features[feature] ?? [0, 0];
    tally.features[feature] = [made + 1, refused + (verdict.kind === 'refused' ? 1 : 0)];
  }
  switch (verdict.kind) {
    case 'same':
      tally.answered += 1;
      tally.withRows += verdict.rows > 0 ? 1 : 0;
      tally.rows += verdict.rows;
      return;
    case 'failed':
      add(tally.failed, verdict.code);
      return;
    case 'refused':
      add(tally.refused, `${verdict.code} (${verdict.rule})`);
      return;
    case 'skipped':
      add(tally.skipped, verdict.why);
      return;
    case 'different':
      tally.differences += 1;
  }
}

export function addTally(sum: Tally, more: Tally): void {
  sum.statements += more.statements;
  sum.differences += more.differences;
  sum.answered += more.answered;
  sum.withRows += more.withRows;
  sum.rows += more.rows;
  for (const part of ['failed', 'refused', 'skipped'] as const) {
    for (const [key, value] of Object.entries(more[part])) add(sum[part], key, value);
  }
  for (const [feature, [made, refused]] of Object.entries(more.features)) {
    const [before, refusedBefore] = sum.features[feature] ?? [0, 0];
    sum.features[feature] = [before + made, refusedBefore + refused];
  }
  sum.found.push(...more.found);
}

function add(counts: Record<string, number>, key: string, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by;
}
