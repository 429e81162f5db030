/**
 * What the process says when it ends: one number for each thing that somebody would do something different about.
 */
import type { ErrorCode } from '../errors.js';

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 64 | 130;

/** The whole table, in the order in which `--help` prints it. */
const EXIT_CODES: Readonly<Record<ExitCode, string>> = {
  0: 'done; for plan: nothing to change; for check: nothing found; for try: every call was answered, denials included',
  1: 'unexpected: a fault in Ringfence; for demo: something leaked',
  2: 'plan: there are changes to apply; tools: there are some to accept',
  3: 'the policy is invalid, names what the database does not have, or has not been applied',
  4: 'the database cannot be reached, or was lost',
  5: 'the database is unsafe, unsupported, read-only, or refused',
  6: 'apply failed, or the plan changed meanwhile; nothing was changed',
  7: 'the ledger was tampered with, or is not available',
  8: 'keys or configuration are missing or invalid',
  9: 'no boundary: token, membership, role or value refused',
  10: 'probe, policy test: something failed; policy catalog --check: the database has changed',
  11: 'check: the worst that was found is low',
  12: 'check: the worst that was found is medium',
  13: 'check: the worst that was found is high',
  14: 'check: the worst that was found is critical',
  15: 'an approval is not there, not yours to decide, or settled already',
  64: 'usage: a wrong flag or argument, or an input file that cannot be read',
  130: 'interrupted, or declined when asked',
};

const BY_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  boundary_missing: 9,
  boundary_invalid: 9,
  boundary_expired: 9,
  boundary_nested: 9,
  token_invalid: 9,
  token_expired: 9,
  membership_missing: 9,
  membership_ambiguous: 9,
  cross_tenant_refused: 9,
  policy_invalid: 3,
  policy_unapplied: 3,
  config_invalid: 8,
  key_missing: 8,
  database_unreachable: 4,
  database_lost: 4,
  database_timeout: 4,
  database_busy: 4,
  database_read_only: 5,
  database_unsafe: 5,
  database_unsupported: 5,
  database_refused: 5,
  apply_failed: 6,
  plan_changed: 6,
  approval_unknown: 15,
  approval_refused: 15,
  approval_settled: 15,
  approval_invalid: 15,
  ledger_unavailable: 7,
  ledger_tampered: 7,
  server_failed: 4,
};

/** The exit code that an error's code stands for. */
export function exitCodeFor(code: ErrorCode): ExitCode {
  return BY_ERROR[code];
}

/** The table as `--help` prints it. */
export function printExitCodes(): string {
  const lines = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return `Exit codes:\n${lines.join('\n')}`;
}
