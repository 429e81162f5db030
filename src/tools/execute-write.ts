/** How a write of ours runs: in one statement with its event, or tried and taken back. */
import { writeWithEvent } from '../database/gateway.js';
import { unlessGone, withApproval } from './approval-step.js';
import type { Decision } from './decision.js';
import { type ExecutionParts, type Granted, runsAs } from './execution.js';
import type { OwnStatement } from './tool.js';

export function executeWrite(execution: ExecutionParts, granted: Granted<OwnStatement>): Promise<Decision> {
  return withApproval(execution, granted, (approved) => write(execution, approved));
}

async function write(
  { policy, gateway, answers }: ExecutionParts,
  { call, rule, tool, prepared }: Granted<OwnStatement>,
): Promise<Decision> {
  const as = {
    ...runsAs(call),
    approvals: call.approvals ?? [],
    triggerSchema: policy.defaultSchema,
    removes: tool.name === 'delete',
    effect: 'write',
  } as const;
  if (call.options.dry) {
    const outcome = await gateway.run({ ...as, statement: prepared.statement, dry: true });
    return outcome.kind === 'rows' && outcome.result.rows.length > 0
      ? answers.recordAndAllow(call, rule, prepared, prepared.answer(outcome.result))
      : answers.settle(call, outcome, rule, prepared);
  }
  const body = answers.eventAlong(call, { effect: 'allowed', rule }, prepared);
  const outcome = await gateway.run({
    ...as,
    statement: writeWithEvent(prepared.statement, call.event, body, 1),
  });
  if (outcome.kind === 'verdict') unlessGone(outcome.verdict);
  // The write has brought its event along: it is durable by now.
  return outcome.kind === 'rows'
    ? answers.allow(call, rule, prepared.answer(outcome.result))
    : answers.settle(call, outcome, rule, prepared);
}
