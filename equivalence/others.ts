/**
 * The second half of the claim: what a tenant is answered does not change as other tenants' rows are added, changed and removed. Asked
 * before and after, in databases of which nothing is remembered in between, with and without new statistics.
 */
import type { Decision } from '../src/tools/decision.js';
import { compareRows, type Difference, type Verdict } from './compare/outcome.js';
import { readMaterials } from './field.js';
import { answerInside, makeQuestion, type Question } from './question.js';
import { questionText } from './shrink.js';
import { openStage, type ServerAddress, type Stage, type StageOptions } from './stage.js';
import { isSorted } from './statement/text.js';
import { comparable, isSorted as isSortedCall, type StructuredAnswer } from './structured/ask.js';
import type { World } from './world.js';

export interface OthersOptions extends StageOptions {
  readonly seed: number;
  readonly questions: number;
  /** In place of the world's own limit, which nothing reaches. */
  readonly scannedRows?: number;
}

export interface Others {
  asked: number;
  differences: number;
  /** Answers that became `too_broad`, or ceased to be: the planner's estimate is of whole tables. */
  flips: number;
  readonly found: { readonly asked: string; readonly when: string; readonly difference: Difference }[];
}

type Answer = Decision | StructuredAnswer;

export async function runOthers(
  world: World,
  address: ServerAddress,
  options: OthersOptions,
): Promise<Others> {
  const { scannedRows } = options;
  const policy =
    scannedRows === undefined
      ? world.policy
      : world.policy.replace(/scanned_rows: \d+/, `scanned_rows: ${scannedRows}`);
  const [{ tenant } = { tenant: '' }] = world.places;
  // One tenant's view of it; the others are whoever there is.
  const mine: World = { ...world, places: world.places.filter((place) => place.tenant === tenant) };
  const stage = await openStage(mine, address, { ...options, policy });
  try {
    const materials = await readMaterials(stage);
    const questions = Array.from({ length: options.questions }, (_, number) =>
      makeQuestion(options.seed, `${world.name}, others`, number, materials),
    );
    const before = await answerAll(stage, questions, options.lanes);
    const sum: Others = { asked: questions.length, differences: 0, flips: 0, found: [] };
    for (const when of ['changed', 'changed again and analysed']) {
      await stage.admin.query(world.disturb(tenant));
      if (when.includes('analysed')) await stage.admin.query('analyze');
      const after = await answerAll(await stage.afresh(), questions, options.lanes);
      for (const [at, question] of questions.entries())
        judge(sum, stage, question, when, before[at], after[at]);
    }
    return sum;
  } finally {
    await stage.close();
  }
}

async function answerAll(stage: Stage, questions: readonly Question[], lanes: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < questions.length) {
      const at = next;
      next += 1;
      const question = questions[at];
      if (question !== undefined) answers[at] = await answerInside(stage, question);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return answers;
}

function judge(
  sum: Others,
  stage: Stage,
  question: Question,
  when: string,
  before?: Answer,
  after?: Answer,
): void {
  if (before === undefined || after === undefined) throw new Error('A question has no answer.');
  const verdict = compareAnswers(stage, question, before, after);
  if (verdict.kind !== 'different') return;
  if ([before, after].some((answer) => codeOf(answer) === 'too_broad')) {
    sum.flips += 1;
    return;
  }
  sum.differences += 1;
  sum.found.push({ asked: questionText(question), when, difference: verdict });
}

function codeOf(answer: Answer): string {
  if ('refused' in answer) return answer.refused?.code ?? 'allowed';
  return answer.decision === 'allowed' ? 'allowed' : answer.code;
}

/** Codes, whether there is more, and rows: in order where the question says in which. */
export function compareAnswers(stage: Stage, question: Question, before: Answer, after: Answer): Verdict {
  const [one, other] = [codeOf(before), codeOf(after)];
  if (one !== other)
    return { kind: 'different', about: 'failure', what: 'the code', shared: other, alone: one };
  const [mine, theirs] = [rowsOf(stage, question, after), rowsOf(stage, question, before)];
  if (mine.truncated !== theirs.truncated)
    return {
      kind: 'different',
      about: 'rows',
      what: 'whether there is more',
      shared: `${mine.truncated}`,
      alone: `${theirs.truncated}`,
    };
  // Which rows of many are given, where there are more, is only certain in an order.
  if (mine.truncated && !mine.sorted) return { kind: 'skipped', why: 'cut' };
  return compareRows(mine.rows, theirs.rows, mine.sorted);
}

function rowsOf(
  stage: Stage,
  question: Question,
  answer: Answer,
): { rows: string[]; sorted: boolean; truncated: boolean } {
  if (question.kind === 'structured' && 'refused' in answer) {
    const { tables, limits } = stage.role(question.place);
    return {
      rows: comparable(tables, limits.rows, question.call, answer.rows, false),
      sorted: isSortedCall(tables, question.call),
      truncated: answer.truncated,
    };
  }
  if (question.kind !== 'sql' || 'refused' in answer || answer.decision !== 'allowed')
    return { rows: [], sorted: true, truncated: false };
  const names = (answer.columns ?? []).map(({ name }) => name);
  return {
    rows: answer.rows.map((row) => JSON.stringify(names.map((name) => row[name]))),
    sorted: isSorted(question.query),
    truncated: answer.truncated,
  };
}
