/** From a question that differs to the smallest one that still does. */

import type { Difference } from './compare/outcome.js';
import { compareQuestion, type Question } from './question.js';
import type { Stage } from './stage.js';
import { smaller } from './statement/smaller.js';
import { statementText } from './statement/text.js';
import type { StructuredCall } from './structured/input.js';

export interface Shrunk {
  readonly question: Question;
  readonly difference: Difference;
  readonly tried: number;
}

const MOST_TRIES = 1_500;

/** Takes one thing after another away, as long as both sides go on to differ. */
export async function shrink(stage: Stage, question: Question, difference: Difference): Promise<Shrunk> {
  let best = question;
  let found = difference;
  let tried = 0;
  for (let cut = true; cut && tried < MOST_TRIES; ) {
    cut = false;
    const length = questionText(best).length;
    for (const less of smallerQuestions(best)) {
      if (questionText(less).length >= length) continue;
      tried += 1;
      if (tried >= MOST_TRIES) break;
      const verdict = await compareQuestion(stage, less).catch(() => undefined);
      if (verdict?.kind !== 'different' || verdict.about !== difference.about) continue;
      best = less;
      found = verdict;
      cut = true;
      break;
    }
  }
  return { question: best, difference: found, tried };
}

/** What is asked, as it would be written. */
export function questionText(question: Question): string {
  if (question.kind === 'sql') return statementText(question.query, false);
  return `${question.call.tool} ${JSON.stringify(question.call.input)}`;
}

function* smallerQuestions(question: Question): Generator<Question> {
  if (question.kind === 'sql') for (const query of smaller(question.query)) yield { ...question, query };
  else
    for (const input of smallerInputs(question.call.input))
      yield { ...question, call: { ...question.call, input } as StructuredCall };
}

const NEEDED: ReadonlySet<string> = new Set(['table', 'id', 'metrics', 'fn', 'as']);

/** An input with one thing less: a field, an entry of a list. */
function* smallerInputs(input: unknown): Generator<unknown> {
  if (Array.isArray(input)) {
    if (input.length > 1) for (const at of input.keys()) yield input.toSpliced(at, 1);
    for (const [at, item] of input.entries())
      for (const less of smallerInputs(item)) yield input.with(at, less);
  } else if (typeof input === 'object' && input !== null) {
    const entries = Object.entries(input);
    for (const [name] of entries)
      if (!NEEDED.has(name)) yield Object.fromEntries(entries.filter(([other]) => other !== name));
    for (const [name, value] of entries)
      for (const less of smallerInputs(value)) yield { ...input, [name]: less };
  }
}
