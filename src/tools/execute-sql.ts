/**
 * How SQL that an agent wrote runs: described, which finds what is wrong with its names and types and how much it would visit, then
 * executed with its event in the same commit, whatever comes of it. A standby cannot write: there the event follows, before the answer.
 */
import type { StatementVerdict } from '../database/database-error.js';
import type { Decision } from './decision.js';
import { type ExecutionParts, type Granted, runsAs, tooBroad } from './execution.js';
import { outOfReach } from './sql-reach.js';
import { BYTE_LIMIT } from './sql-rows.js';
import { type AgentStatement, type Failure, isDenial } from './tool.js';

export async function executeSql(
  { gateway, descriptions, answers, sqlReach }: ExecutionParts,
  { call, rule, prepared }: Granted<AgentStatement>,
): Promise<Decision> {
  if (!(await sqlReach.allows(call.role))) return answers.refuse(call, outOfReach(), prepared);
  const as = runsAs(call);
  const { guarded } = prepared;
  const described = await descriptions.of(gateway, { ...as, opaque: guarded.opaque.text });
  if (described.kind === 'verdict') {
    answers.tellOperator(call, described.verdict, described.cause);
    return answers.fail(call, rule, failureIn(described.verdict), prepared);
  }
  if (described.kind === 'error') {
    const { error } = described;
    const told = prepared.explain(error);
    if (isDenial(told)) return answers.refuse(call, told, prepared, error.sqlstate);
    answers.tellOperator(call, told, new Error(`${error.sqlstate}: ${error.message}`));
    return answers.fail(call, rule, told, prepared, error.sqlstate);
  }
  if (described.scannedRows > call.role.limits.scannedRows)
    return answers.refuse(call, tooBroad(call.role), prepared);

  const event = gateway.readsOnPrimary
    ? {
        id: call.event,
        allowed: answers.eventAlong(call, { effect: 'allowed', rule }, prepared),
        failed: answers.eventAlong(call, { effect: 'failed', rule, sqlstate: '00000' }, prepared),
      }
    : null;
  const outcome = await gateway.execute({
    ...as,
    text: guarded.text,
    columns: described.fields.length,
    rowLimit: call.role.limits.rows,
    byteLimit: BYTE_LIMIT,
    event,
  });
  switch (outcome.kind) {
    case 'rows': {
      const answer = prepared.answer(described.fields, outcome);
      return event === null
        ? answers.recordAndAllow(call, rule, prepared, answer)
        : answers.allow(call, rule, answer);
    }
    case 'error': {
      const { sqlstate, message } = outcome.error;
      const told = prepared.explainFailure(outcome.error);
      answers.tellOperator(call, told, new Error(`${sqlstate}: ${message}`));
      return event === null
        ? answers.fail(call, rule, told, prepared, sqlstate)
        : answers.failed(call, rule, told);
    }
    case 'verdict': {
      answers.tellOperator(call, outcome.verdict, outcome.cause);
      return answers.failUnlessRecorded(call, rule, failureIn(outcome.verdict), prepared);
    }
  }
}

/** What a verdict comes to for a statement that was let through: only reading, it cannot break a rule of the data's. */
function failureIn(verdict: StatementVerdict): Failure {
  if (verdict.kind === 'denied') return { code: 'internal', reason: 'The call failed inside the database.' };
  const { kind: _, ...told } = verdict;
  return told;
}
