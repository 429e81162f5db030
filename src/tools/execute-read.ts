/** How a read of ours runs: estimated where that is needed, then in one statement with its event, or with its event after it. */
import { uuidv7 } from 'uuidv7';
import { readWithEvent, rowsMet } from '../database/gateway.js';
import type { SealedOutcome } from '../database/session.js';
import type { FailureCode } from '../errors.js';
import type { Decision } from './decision.js';
import { type ExecutionParts, type Granted, runsAs, tooBroad } from './execution.js';
import type { LocalCall, OwnStatement } from './tool.js';

const LOST: ReadonlySet<string> = new Set<FailureCode>(['outcome_unknown', 'database_unavailable']);

/** @param alone Whether few calls are under way, so that a commit of this one's own costs less than a round trip more. */
export async function executeRead(
  { gateway, estimates, answers }: ExecutionParts,
  { call: asked, rule, prepared, opaque }: Granted<OwnStatement>,
  alone: boolean,
): Promise<Decision> {
  let call = asked;
  const { statement, instead } = prepared;
  const read = { ...runsAs(call), statement, effect: 'read' } as const;
  const { scannedRows } = call.role.limits;
  const without = (local: LocalCall): Promise<Decision> =>
    answers.recordAndAllow(call, rule, local, local.answer({ fields: [], rows: [] }));
  const settle = (outcome: SealedOutcome): Promise<Decision> =>
    instead !== undefined && outcome.kind === 'verdict' && outcome.verdict.code === 'timeout'
      ? without(instead)
      : answers.settle(call, outcome, rule, prepared);
  if (prepared.estimate && !(await estimates.within(gateway, read, scannedRows, opaque)))
    return instead === undefined ? answers.refuse(call, tooBroad(call.role), prepared) : without(instead);

  if (alone && gateway.readsOnPrimary && prepared.references.length === 0) {
    const body = answers.eventAlong(call, { effect: 'allowed', rule }, prepared);
    const outcome = await gateway.run({
      ...read,
      statement: readWithEvent(statement, call.event, body, prepared.rowLimit),
      effect: 'write',
    });
    if (outcome.kind === 'rows') return answers.allow(call, rule, prepared.answer(rowsMet(outcome.result)));
    if (!LOST.has(outcome.verdict.code)) return settle(outcome);
    // The connection went away, perhaps after the commit. A read may go again, as a call of its own.
    call = { ...call, event: uuidv7() };
  }
  const outcome = await gateway.run(read);
  if (outcome.kind !== 'rows') return settle(outcome);
  const answer = prepared.answer(outcome.result);
  const blocked = answer.code === 'not_found' ? prepared.references : [];
  return answers.recordAndAllow(call, rule, prepared, answer, blocked);
}
