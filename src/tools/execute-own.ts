/**
 * How a tool of the product's own runs: its ids inside the boundary, its code in one sealed transaction, its event in the same commit.
 *
 * What acts outside of the database cannot be taken back by it: such a call is recorded before its code runs, and again afterwards.
 */
import { uuidv7 } from 'uuidv7';
import type { StatementVerdict } from '../database/database-error.js';
import { RingfenceError } from '../errors.js';
import { unlessGone, withApproval } from './approval-step.js';
import type { CanaryWatch } from './canary-watch.js';
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

type Instead = NonNullable<ReturnType<CanaryWatch['inOutput']>>;

/** The same for an output that holds a canary. */
class Withheld extends Error {
  readonly instead: Instead;

  constructor(instead: Instead) {
    super('The output holds a canary.');
    this.instead = instead;
  }
}

export async function executeOwn(execution: ExecutionParts, granted: Granted<OwnCode>): Promise<Decision> {
  const { gateway, answers } = execution;
  const { call: asked, rule, prepared } = granted;
  const { own, ids } = prepared;
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
  if (own.effect === 'external' && asked.options.dry) {
    const denial = { code: 'tool_refused', rule: `tools.${own.name}.effect` } as const;
    const reason = `"${own.name}" acts outside of the database, so it cannot be tried and taken back.`;
    return answers.refuse(
      asked,
      { ...denial, reason, suggestion: 'Call it without a dry run, or not at all.' },
      prepared,
    );
  }
  return await withApproval(execution, granted, (approved) => runCode(execution, approved));
}

async function runCode(
  { policy, gateway, answers, watch }: ExecutionParts,
  { call: asked, rule, prepared }: Granted<OwnCode>,
): Promise<Decision> {
  const { own, input } = prepared;
  const outside = own.effect === 'external';
  let call = asked;
  let approvals = asked.approvals ?? [];
  if (outside) {
    if (approvals.length === 0)
      await answers.recordAndAllow(call, rule, prepared, { rows: [], truncated: false });
    else {
      const body = answers.eventNow(call, { effect: 'allowed', rule }, prepared);
      const event = { id: call.event, boundary: call.boundary, body, rowCount: 0 };
      const refused = await gateway.approvals.consume(event, approvals);
      if (refused !== null) {
        unlessGone(refused.verdict);
        answers.tellOperator(call, refused.verdict, refused.cause);
        return await answers.end(call, refused.verdict, rule, prepared);
      }
      approvals = [];
    }
    call = { ...call, event: uuidv7(), options: { ...call.options, parentEvent: asked.event } };
  }
  const outcome = await gateway.inApp<ToolAnswer>({
    ...runsAs(call),
    effect: own.effect === 'read' ? 'read' : 'write',
    schema: policy.defaultSchema,
    ...(call.options.dry && !outside ? { dry: true } : {}),
    approvals,
    work: async (client, signal) =>
      answerOf(prepared, await own.run(input, { boundary: call.boundary, client, signal }), (json) =>
        watch.inOutput(call, json),
      ),
    eventId: call.event,
    event: (_, statements) =>
      answers.eventAlong(call, { effect: 'allowed', rule }, { ...prepared, statements }),
  });
  if (outcome.kind === 'done') return answers.allow(call, rule, outcome.value);
  const failOutside = (cause: unknown): Promise<Decision> => {
    answers.tellOperator(call, INTERNAL_OUTSIDE, asError(cause));
    return answers.failUnlessRecorded(call, rule, INTERNAL_OUTSIDE, prepared);
  };
  const refuseTo = ({
    kind: _,
    ...denial
  }: StatementVerdict & { readonly kind: 'denied' }): Promise<Decision> =>
    answers.refuse(call, { rule: `tools.${own.name}`, ...denial }, prepared);
  if (outcome.kind === 'verdict') {
    const { verdict, cause, ran } = outcome;
    unlessGone(verdict);
    if (outside && ran) return failOutside(cause);
    if (ran && verdict.kind === 'denied') return refuseTo(verdict);
    answers.tellOperator(call, verdict, cause);
    return answers.end(call, verdict, rule, prepared);
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
  if (error instanceof Withheld) return error.instead(rule, outside ? INTERNAL_OUTSIDE : INTERNAL, prepared);
  if (outside) return failOutside(error);
  if (error instanceof Unanswerable && error.failure !== INTERNAL) {
    return answers.fail(call, rule, error.failure, prepared);
  }
  if (call.options.signal?.aborted) return answers.fail(call, rule, ENDED, prepared);
  const { verdict } = outcome;
  if (verdict?.kind === 'denied') return refuseTo(verdict);
  const told = verdict ?? INTERNAL;
  answers.tellOperator(call, told, asError(error));
  return answers.fail(call, rule, told, prepared);
}

const ENDED: Failure = { code: 'timeout', reason: 'The call was ended before it had an answer.' };

/** Throws where what the code gave back cannot be handed on. */
function answerOf({ own }: OwnCode, output: unknown, instead: (json: string) => Instead | null): ToolAnswer {
  const parsed = own.output.safeParse(output);
  if (!parsed.success) throw new Unanswerable(INTERNAL, parsed.error);
  const shown: unknown = own.redact(parsed.data);
  const json = JSON.stringify(shown) ?? '';
  if (Buffer.byteLength(json) > ANSWER_BYTES) throw new Unanswerable(TOO_LARGE);
  const withheld = instead(json);
  if (withheld !== null) throw new Withheld(withheld);
  return { rows: [], truncated: false, output: shown };
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new RingfenceError('config_invalid', 'The tool threw something that is no error.');
}
