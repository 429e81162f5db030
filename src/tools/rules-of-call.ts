/** Which rules under `approvals` a call waits for, and what people would be shown of it. Pure: the gate asks here, and so do policy tests. */
import { rulesFor } from '../approvals/matching.js';
import type { Denial } from '../errors.js';
import { canonicalJson } from '../ledger/canonical.js';
import type { ApprovalRule, CompiledPolicy } from '../policy/compiled.js';
import { INPUT_BYTES, unlike, unreadable } from './approval-answers.js';
import type { Prepared, Tool } from './tool.js';

export interface CallThatMayWait {
  readonly role: string;
  readonly tool: Pick<Tool, 'name'>;
  readonly prepared: Prepared;
}

/** Every rule that the call matches, in the order of their names: each must be met. */
export function rulesOfCall(
  { approvals }: Pick<CompiledPolicy, 'approvals'>,
  { role, tool, prepared }: CallThatMayWait,
): readonly ApprovalRule[] {
  const written = prepared.kind === 'write' ? (prepared.written ?? null) : null;
  return rulesFor(approvals, { tool: tool.name, role, written });
}

/** The input as it is approved, in canonical JSON: of anything but plain JSON, what is approved and what is made could differ. */
export function inputToApprove(input: unknown, rule: ApprovalRule): string | Denial {
  let text: string;
  try {
    text = canonicalJson(input);
  } catch {
    return unlike(rule);
  }
  return Buffer.byteLength(text) > INPUT_BYTES ? unreadable(rule) : text;
}
