/** Both sides' answers to one statement, and whether they are the same. */
import type { Decision } from '../../src/tools/decision.js';
import type { SoloAnswer } from '../solo.js';
import { classOfCode, classOfState } from './errors.js';
import { expectedValue, givenValue } from './values.js';

export type Verdict =
  | { readonly kind: 'same'; readonly rows: number }
  /** Both failed, in the same way. */
  | { readonly kind: 'failed'; readonly code: string }
  /** The guard lets no such statement through. */
  | { readonly kind: 'refused'; readonly code: string; readonly rule: string; readonly reason: string }
  /** Nothing to compare: more than an answer holds, or out of time. */
  | { readonly kind: 'skipped'; readonly why: 'cut' | 'time' }
  | Difference;

export interface Difference {
  readonly kind: 'different';
  readonly about: 'rows' | 'columns' | 'failure';
  readonly what: string;
  readonly shared: string;
  readonly alone: string;
}

const different = (
  about: Difference['about'],
  what: string,
  shared: unknown,
  alone: unknown,
): Difference => ({
  kind: 'different',
  about,
  what,
  shared: typeof shared === 'string' ? shared : JSON.stringify(shared),
  alone: typeof alone === 'string' ? alone : JSON.stringify(alone),
});

/** @param sorted Whether the statement says in which order the rows come. */
export function compareStatement(shared: Decision, alone: SoloAnswer, sorted: boolean): Verdict {
  if (shared.decision !== 'allowed') {
    const { code, rule, reason } = shared;
    const mine = classOfCode(code);
    if (mine === 'time' || (alone.kind === 'error' && classOfState(alone.sqlstate) === 'time'))
      return { kind: 'skipped', why: 'time' };
    if (mine === undefined) return { kind: 'refused', code, rule, reason };
    if (alone.kind === 'rows')
      return different('failure', 'an error', `${code}: ${reason}`, `${alone.rows.length} rows`);
    const theirs = classOfState(alone.sqlstate);
    return mine === theirs
      ? { kind: 'failed', code }
      : different('failure', 'the error', `${code}: ${reason}`, `${alone.sqlstate}: ${alone.message}`);
  }
  if (alone.kind === 'error') {
    if (classOfState(alone.sqlstate) === 'time') return { kind: 'skipped', why: 'time' };
    return different(
      'failure',
      'an error',
      `${shared.rows.length} rows`,
      `${alone.sqlstate}: ${alone.message}`,
    );
  }
  if (shared.truncated) return { kind: 'skipped', why: 'cut' };
  const names = (shared.columns ?? []).map(({ name }) => name);
  if (names.length !== alone.fields.length)
    return different(
      'columns',
      'the number of columns',
      names,
      alone.fields.map(({ name }) => name),
    );
  const oids = alone.fields.map(({ typeOid }) => typeOid);
  const mine = shared.rows.map((row) =>
    JSON.stringify(names.map((name, at) => givenValue(row[name], oids[at] ?? 0))),
  );
  const theirs = alone.rows.map((row) =>
    JSON.stringify(row.map((text, at) => expectedValue(text, oids[at] ?? 0))),
  );
  return compareRows(mine, theirs, sorted);
}

/** Rows as texts, in order or as multisets. */
export function compareRows(mine: readonly string[], theirs: readonly string[], sorted: boolean): Verdict {
  const [one, other] = sorted ? [mine, theirs] : [[...mine].sort(), [...theirs].sort()];
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    if (one[at] === other[at]) continue;
    const count = one.length === other.length ? '' : `, ${one.length} and ${other.length} in all`;
    return different(
      'rows',
      `row ${at + 1}${sorted ? '' : ' of those sorted'}${count}`,
      one[at] ?? 'no row',
      other[at] ?? 'no row',
    );
  }
  return { kind: 'same', rows: mine.length };
}
