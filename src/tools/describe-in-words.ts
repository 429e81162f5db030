/** `describe_schema` as text for a model: about a question, within a budget of tokens, with sample values where the policy allows. */

import { refuse } from '../refusal.js';
import { usableTools } from './decide.js';
import type { Draft } from './draft.js';
import { rank } from './schema-relevance.js';
import {
  LEAST_SAMPLE,
  NO_SAMPLES,
  readSamples,
  type Samples,
  sampledColumns,
  samplesInText,
} from './schema-samples.js';
import { schemaText } from './schema-text.js';
import type { WordingFor } from './schema-wording.js';
import { wordsAsked } from './schema-words.js';
import type { IndexedTable } from './slice-index.js';
import type { LocalCall, PreparedCall, ToolAnswer } from './tool.js';

export interface WordsInput {
  readonly tables?: readonly string[] | undefined;
  /** The user's question, in words. */
  readonly question?: string | undefined;
  /** What the answer may cost. */
  readonly tokens?: number | undefined;
}

/** Tokens of an answer: where the call does not say, at least, and at most. */
const TOKENS = { usual: 1_500, least: 100, most: 16_000 } as const;

/** Prepares an answer of one row: the text, the names of the tables described in it, and how many are not. */
export function prepareWords(draft: Draft, { tables, question, tokens }: WordsInput): PreparedCall {
  const budget = tokens ?? TOKENS.usual;
  if (budget < TOKENS.least) {
    refuse(
      'input_invalid',
      'input.tokens',
      `A description needs ${TOKENS.least} tokens or more.`,
      `Leave "tokens" out for ${TOKENS.usual}.`,
    );
  }
  const ranked = rank(tablesOf(draft, tables), question);
  // Whoever names tables wants each of them.
  const { second, rest } = ranked;
  const wanted = tables === undefined ? ranked : { ...ranked, second: [...second, ...rest], rest: [] };
  const text = schemaText(wanted, wordingFor(draft, question), Math.min(budget, TOKENS.most));
  const names = [...text.shown.keys()].map(({ slice }) => draft.table(slice.name).slice.name);
  const answer = (samples: Samples): ToolAnswer => ({
    rows: [
      {
        text: text.write(samplesInText(samples, text.spare)),
        tables: names,
        left_out: text.leftOut,
      },
    ],
    truncated: text.cut,
    ...(text.cut ? { suggestion: 'Name the tables that matter in "tables", or allow more tokens.' } : {}),
  });
  const local: LocalCall = {
    kind: 'local',
    statement: null,
    ...draft.touched,
    references: [],
    rowLimit: 1,
    estimate: false,
    answer: () => answer(NO_SAMPLES),
  };
  const sampled = sampledColumns(draft, text.shown, Math.floor(text.spare / LEAST_SAMPLE));
  if (sampled.size === 0) return local;
  const { statement, samplesOf } = readSamples(draft, sampled);
  return {
    kind: 'read',
    statement,
    ...draft.touched,
    references: [],
    rowLimit: 1,
    estimate: true,
    instead: { ...local, answer: () => withoutSamples(answer(NO_SAMPLES)) },
    answer: (result) => answer(samplesOf(result)),
  };
}

function withoutSamples(answer: ToolAnswer): ToolAnswer {
  const leftOut = 'Sample values were left out: reading them would take too long.';
  const suggestion = answer.suggestion === undefined ? leftOut : `${leftOut} ${answer.suggestion}`;
  return { ...answer, suggestion };
}

/** The tables to rank: those named, each checked, or all of the slice. Ranking one does not touch it. */
function tablesOf(draft: Draft, named: readonly string[] | undefined): readonly IndexedTable[] {
  if (named !== undefined) return [...new Set(named)].map((name) => draft.table(name));
  return [...draft.context.tables.keys()].flatMap((name) => draft.reachable(name) ?? []);
}

function wordingFor(draft: Draft, question: string | undefined): WordingFor {
  const { policy, role, boundary } = draft.context;
  const tools = usableTools(policy, role, boundary);
  const asked = new Set(wordsAsked(question ?? ''));
  return {
    joins: tools.has('sql'),
    relations: tools.has('query') || tools.has('get') || tools.has('aggregate'),
    asks: (text) => wordsAsked(text).some((word) => asked.has(word)),
    table: (name) => draft.reachable(name),
  };
}
