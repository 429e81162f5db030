/** What an agent is told of a call that waits for people, or that they would not have. */
import { visibleText } from '../approvals/visible-text.js';
import type { ApprovalStanding } from '../database/approvals.js';
import { type Denial, deny } from '../errors.js';
import type { ApprovalRule } from '../policy/compiled.js';

/** Bytes of an input as canonical JSON: more than that nobody would read. `sql/0009_approvals.sql` holds it too. */
export const INPUT_BYTES = 262_144;

export const WAITS = {
  code: 'approval_pending',
  reason: 'A person has to approve this call before it is made.',
  suggestion: 'Tell the user so. Make the same call again, unchanged, once it has been approved.',
} as const;

export function ruleOf({ name }: ApprovalRule): string {
  return `approvals.${name}`;
}

export function settled(rule: ApprovalRule, { state, reason, expiresAt }: ApprovalStanding): Denial {
  const said = reason === null ? '' : `: ${JSON.stringify(visibleText(reason))}`;
  const until = `The same call is refused until ${new Date(expiresAt).toISOString()}. Do something else, or ask the user.`;
  if (state === 'denied') return deny('approval_denied', ruleOf(rule), `It was not approved${said}.`, until);
  if (state === 'revoked')
    return deny('approval_revoked', ruleOf(rule), `Its approval was revoked${said}.`, until);
  return deny(
    'approval_expired',
    `${ruleOf(rule)}.minutes`,
    'It was not approved and made before its deadline.',
    'If it is still wanted, make the same call again: it is asked for anew.',
  );
}

export function gone(rule: ApprovalRule): Denial {
  return deny(
    'approval_used',
    ruleOf(rule),
    'The approval of this call was used, revoked or ran out while the call was on its way.',
    'Make the same call again: it is asked for anew.',
  );
}

export function unlike(rule: ApprovalRule): Denial {
  return deny(
    'input_invalid',
    ruleOf(rule),
    'The input is not plain JSON, so nobody could approve exactly this call.',
    'Give text, numbers up to 2^53, true, false, null, lists and objects.',
  );
}

export function unreadable(rule: ApprovalRule): Denial {
  return deny(
    'limit_exceeded',
    ruleOf(rule),
    `The input has more than the ${INPUT_BYTES} bytes that somebody could be asked to read.`,
    'Make several smaller calls.',
  );
}

export function full(rule: ApprovalRule): Denial {
  return deny(
    'limit_exceeded',
    ruleOf(rule),
    'Too many calls wait for approval already.',
    'Wait until some of them have been decided.',
  );
}

export function untried(tool: string, rule: ApprovalRule): Denial {
  return deny(
    'tool_refused',
    ruleOf(rule),
    `"${tool}" needs an approval, so it is not tried without one.`,
    'Call it without a dry run: it is asked for then.',
  );
}
