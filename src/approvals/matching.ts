/** Which rules a call waits for. Pure. */
import type { ApprovalRule } from '../policy/compiled.js';

export interface CallToMatch {
  readonly tool: string;
  readonly role: string;
  /** For create, update and delete: what is written. */
  readonly written: WrittenColumns | null;
}

/** The table that a write changes, and the columns that it sets; null for all of them, as a delete does. */
export interface WrittenColumns {
  readonly table: string;
  readonly columns: readonly string[] | null;
}

/** Every rule that a call matches: each must be met. */
export function rulesFor(rules: readonly ApprovalRule[], call: CallToMatch): readonly ApprovalRule[] {
  return rules.filter((rule) => matches(rule, call));
}

function matches(rule: ApprovalRule, { tool, role, written }: CallToMatch): boolean {
  if (!rule.tools.has(tool) || rule.roles?.has(role) === false) return false;
  if (rule.tables !== null && (written === null || !rule.tables.has(written.table))) return false;
  if (rule.columns === null) return true;
  const columns = written === null ? undefined : rule.columns.get(written.table);
  return columns !== undefined && (written?.columns?.some((column) => columns.has(column)) ?? true);
}
