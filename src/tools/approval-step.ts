/**
 * The gate's last question before a call is made: does it wait for people?
 *
 * A call that a rule under `approvals` names is asked for, or answered with what stands about it: pending, denied, expired, revoked. Approved, it is
 * made, and uses its approvals in its own transaction. Should one be gone by then, the call begins at this question again.
 */
import { uuidv7 } from 'uuidv7';
import { callDigest } from '../approvals/call-digest.js';
import { approvalEvent } from '../approvals/events.js';
import type { ApprovalStanding, ApprovalUse, ApprovalVerdict } from '../database/approvals.js';
import type { StatementVerdict } from '../database/database-error.js';
import type { ApprovalRule } from '../policy/compiled.js';
import type { Call } from './answers.js';
import { full, gone, ruleOf, settled, untried, WAITS } from './approval-answers.js';
import type { Decision } from './decision.js';
import type { ExecutionParts, Granted } from './execution.js';
import { manifestOf } from './manifest.js';
import { inputToApprove, rulesOfCall } from './rules-of-call.js';
import type { OwnCode, OwnStatement } from './tool.js';

/** Thrown where an approval was used, revoked or ran out between the question and the call. Nothing of the call is left. */
class ApprovalGone extends Error {}

/** How often a call whose approval was gone begins again. */
const TRIES = 5;

/** Throws where the database found an approval gone: the call then begins again. */
export function unlessGone(verdict: StatementVerdict): void {
  if (verdict.code === 'approval_used') throw new ApprovalGone();
}

/** Makes a call once nobody has to be waited for. `make` gets the call with the approvals that it must use. */
export async function withApproval<Of extends OwnStatement | OwnCode>(
  execution: ExecutionParts,
  granted: Granted<Of>,
  make: (granted: Granted<Of>) => Promise<Decision>,
): Promise<Decision> {
  const { policy, answers } = execution;
  const { call, tool, prepared } = granted;
  const rules = rulesOfCall(policy, { role: call.role.name, tool, prepared });
  const [first] = rules;
  if (first === undefined) return await make(granted);
  if (call.options.dry) {
    // Taken back, code of the product's would still have run, and told what it read.
    return prepared.kind === 'own'
      ? await answers.refuse(call, untried(tool.name, first), prepared)
      : await make({ ...granted, call: { ...call, needsApproval: rules.map(nameOf) } });
  }
  const input = inputToApprove(granted.input, first);
  if (typeof input !== 'string') return await answers.refuse(call, input, prepared);
  for (let tries = 1; ; tries++) {
    const asked = await ask(execution, granted, rules, input);
    if ('decision' in asked) return asked;
    try {
      return await make({ ...granted, call: { ...call, approvals: asked } });
    } catch (error) {
      if (!(error instanceof ApprovalGone)) throw error;
      if (tries < TRIES) continue;
      return await answers.refuse(call, gone(first), prepared);
    }
  }
}

/** The approvals to use, or the answer where there are not enough of them. */
async function ask<Of extends OwnStatement | OwnCode>(
  { answers, gateway, ledgerKey }: ExecutionParts,
  { call, tool, prepared, rule: allowedBy }: Granted<Of>,
  rules: readonly ApprovalRule[],
  input: string,
): Promise<readonly ApprovalUse[] | Decision> {
  const manifest = prepared.kind === 'own' ? manifestOf(prepared.own) : null;
  const { boundary } = call;
  let about: Call = call;
  let recorded = false;
  let worst: { readonly rule: ApprovalRule; readonly standing: ApprovalStanding } | undefined;
  for (const rule of rules) {
    const use = {
      id: uuidv7(),
      digest: callDigest(ledgerKey, { boundary, tool: tool.name, manifest, input }, rule),
    };
    const asking = recorded ? following(call) : call;
    const standing = await gateway.approvals.ask(
      boundary,
      {
        ...use,
        rule: rule.name,
        ruleDigest: rule.digest,
        tool: tool.name,
        input,
        approvers: rule.approvers,
        tenantWide: rule.tenantWide,
        cosigners: rule.cosigners,
        minutes: rule.minutes,
        expired: expiry(ledgerKey, call, rule, use),
      },
      {
        id: asking.event,
        body: answers.eventNow(
          { ...asking, approvals: [use] },
          { effect: 'pending', rule: ruleOf(rule) },
          prepared,
        ),
      },
    );
    if ('verdict' in standing) return await lost(standing);
    if (standing.state === 'full')
      return await answers.refuse(after(call, about, recorded), full(rule), prepared);
    recorded ||= standing.state === 'requested';
    about = { ...about, approvals: [...(about.approvals ?? []), { id: standing.id, digest: use.digest }] };
    if (worst === undefined || badness(standing) > badness(worst.standing)) worst = { rule, standing };
    // After a no there is nothing left to ask anybody.
    if (badness(standing) === NO) break;
  }
  if (worst === undefined || worst.standing.state === 'approved') return about.approvals ?? [];
  const { rule, standing } = worst;
  if (standing.state === 'requested' || standing.state === 'pending') {
    const pending = {
      rule: ruleOf(rule),
      approval: standing.id,
      expiresAt: new Date(standing.expiresAt).toISOString(),
      ...WAITS,
    };
    return recorded ? answers.pending(call, pending) : await answers.recordPending(about, pending, prepared);
  }
  return await answers.refuse(after(call, about, recorded), settled(rule, standing), prepared);

  function lost({ verdict, cause }: ApprovalVerdict): Promise<Decision> {
    answers.tellOperator(call, verdict, cause);
    return answers.end(after(call, about, recorded), verdict, allowedBy, prepared);
  }
}

const NO = 2;

/** Which of several standings is told: a no before a wait. */
function badness({ state }: ApprovalStanding): number {
  return state === 'approved' ? 0 : state === 'pending' || state === 'requested' ? 1 : NO;
}

/** The same call under an event of its own: one has been written for it. */
function following(call: Call): Call {
  return { ...call, event: uuidv7(), options: { ...call.options, parentEvent: call.event } };
}

/** The call as its answer is recorded: under an event of its own where a request has taken its first one. */
function after(call: Call, about: Call, recorded: boolean): Call {
  return recorded ? { ...about, ...following(call) } : about;
}

function expiry(
  ledgerKey: Uint8Array,
  { boundary }: Call,
  rule: ApprovalRule,
  use: ApprovalUse,
): { readonly id: string; readonly body: string } {
  const id = uuidv7();
  const body = approvalEvent(ledgerKey, {
    id,
    action: 'expire',
    boundary,
    approvals: [use],
    decision: { effect: 'denied', rule: `${ruleOf(rule)}.minutes`, code: 'approval_expired' },
    occurredAt: new Date(Date.now() + rule.minutes * 60_000),
  });
  return { id, body };
}

function nameOf({ name }: ApprovalRule): string {
  return name;
}
