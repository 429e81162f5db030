/**
 * How a tool of the product's own runs: its ids inside the boundary, its code in one sealed transaction, its event in the same commit.
 *
 * What acts outside of the database cannot be taken back by it: such a call is recorded before its code runs, and again afterwards.
 */
import { uuidv7 } from 'uuidv7';
import { RingfenceError } from '../errors.js';
import type { Decision } from './decision.js';
import { Refusal } from './define-tool.js';
import { type ExecutionParts, type Granted, runsAs } from './execution.js';
import type { Failure, OwnCode, ToolAnswer } from './tool.js';

/** Bytes of an answer as JSON. */
const ANSWER_BYTES = 1_048_576;

const TOO_LARGE: Failure = {
  code: 'too_large',
  reason: 'The answer is larger than an answer may be, and nothing was done.',
  suggestion: 'Ask for less at a time.',
};
const INTERNAL: Failure = { code: 'internal', reason: 'The tool failed, and nothing was done.' };
const INTERNAL_OUTSIDE: Failure = {
  code: 'outcome_unknown',
  reason: 'The tool failed, and what it did outside of the database is not known.',
  suggestion: 'Find out before you repeat the call.',
};

/** Thrown inside the session, so that what the code did is taken back. */
class Unanswerable extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.reason, { cause });
    this.failure = failure;
  }
}

export async function executeOwn(
  { policy, gateway, answers }: ExecutionParts,
  { call: asked, rule, prepared }: Granted<OwnCode>,
): Promise<Decision> {
  const { own, input, ids } = prepared;
  for (const { statement, ...read } of ids) {
    const outcome = await gateway.run({ ...runsAs(asked), statement, effect: 'read' });
    if (outcome.kind === 'verdict') return answers.end(asked, outcome.verdict, rule, prepared);
    if (outcome.result.rows.length === 0) {
      const { suggestion } = read.answer(outcome.result);
      const denial = {
        code: 'not_found',
        rule: 'boundary.slice',
        reason: 'No such row in your slice.',
      } as const;
      return answers.refuse(asked, suggestion === undefined ? denial : { ...denial, suggestion }, {
        ...prepared,
        references: read.references,
      });
    }
  }
  const outside = own.effect === 'external';
  if (outside && asked.options.dry) {
    const denial = { code: 'tool_refused', rule: `tools.${own.name}.effect` } as const;
    const reason = `"${own.name}" acts outside of the database, so it cannot be tried and taken back.`;
    return answers.refuse(
      asked,
      { ...denial, reason, suggestion: 'Call it without a dry run, or not at all.' },
      prepared,
    );
  }
  let call = asked;
  if (outside) {
    await answers.recordAndAllow(call, rule, prepared, { rows: [], truncated: false });
    call = { ...call, event: uuidv7(), options: { ...call.options, parentEvent: asked.event } };
  }
  const { signal = new AbortController().signal } = call.options;
  const outcome = await gateway.inApp<ToolAnswer>({
    ...runsAs(call),
    effect: own.effect === 'read' ? 'read' : 'write',
    schema: policy.defaultSchema,
    ...(call.options.dry && !outside ? { dry: true } : {}),
    work: async (client) =>
      answerOf(prepared, await own.run(input, { boundary: call.boundary, client, signal })),
    event: (_, statements) => ({
      id: call.event,
      body: answers.eventAlong(call, { effect: 'allowed', rule }, { ...prepared, statements }),
      rowCount: statements.reduce((sum, { rows }) => sum + rows, 0),
    }),
  });
  if (outcome.kind === 'done') return answers.allow(call, rule, outcome.value);
  if (outcome.kind === 'verdict') {
    answers.tellOperator(call, outcome.verdict, outcome.cause);
    return answers.end(call, outcome.verdict, rule, prepared);
  }
  const { error } = outcome;
  if (error instanceof Refusal) {
    const { message: reason, suggestion } = error;
    return answers.refuse(
      call,
      {
        code: 'tool_refused',
        rule: `tools.${own.name}`,
        reason,
        ...(suggestion === undefined ? {} : { suggestion }),
      },
      prepared,
    );
  }
  const failure =
    error instanceof Unanswerable ? error.failure : call.options.signal?.aborted ? ENDED : INTERNAL;
  const told = outside && failure.code === 'internal' ? INTERNAL_OUTSIDE : failure;
  answers.tellOperator(call, told, asError(error));
  return answers.fail(call, rule, told, prepared);
}

const ENDED: Failure = { code: 'timeout', reason: 'The call was ended before it had an answer.' };

/** Throws where what the code gave back cannot be handed on. */
function answerOf({ own }: OwnCode, output: unknown): ToolAnswer {
  const parsed = own.output.safeParse(output);
  if (!parsed.success) throw new Unanswerable(INTERNAL, parsed.error);
  const shown: unknown = own.redact(parsed.data);
  if (Buffer.byteLength(JSON.stringify(shown) ?? '') > ANSWER_BYTES) throw new Unanswerable(TOO_LARGE);
  return { rows: [], truncated: false, output: shown };
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new RingfenceError('config_invalid', 'The tool threw something that is no error.');
}
