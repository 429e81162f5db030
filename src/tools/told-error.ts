/** What a caller is told of an error that kept a call from being decided: one mapping for every face. */
import { type ErrorCode, RingfenceError } from '../errors.js';

/**
 * `caller`: whoever calls can do something about it, and reads why. `unavailable`: only that it cannot be done now; what is down is for the
 * operator. What is not here is a fault of the server's, and only that is told.
 */
const TOLD = {
  boundary_missing: 'caller',
  boundary_invalid: 'caller',
  boundary_expired: 'caller',
  token_invalid: 'caller',
  token_expired: 'caller',
  membership_missing: 'caller',
  membership_ambiguous: 'caller',
  cross_tenant_refused: 'caller',
  approval_unknown: 'caller',
  approval_refused: 'caller',
  approval_settled: 'caller',
  approval_invalid: 'caller',
  database_unreachable: 'unavailable',
  database_lost: 'unavailable',
  database_busy: 'unavailable',
  database_timeout: 'unavailable',
  database_read_only: 'unavailable',
  ledger_unavailable: 'unavailable',
  key_missing: 'unavailable',
} as const satisfies Partial<Record<ErrorCode, 'caller' | 'unavailable'>>;

/** The codes of errors that are told; every other one is `internal`. */
export type ToldCode = keyof typeof TOLD;

export interface ToldError {
  readonly code: ToldCode | 'internal';
  readonly reason: string;
  readonly suggestion?: string;
}

/** What to tell. Nothing of an error that is not Ringfence's own, and nothing of what an operator has to mend. */
export function toldError(error: unknown): ToldError {
  if (!(error instanceof RingfenceError) || !isTold(error.code)) {
    return { code: 'internal', reason: 'The request could not be served.' };
  }
  const { code, message, suggestion } = error;
  if (TOLD[code] === 'unavailable') {
    return { code, reason: 'The service is not available at the moment.', suggestion: 'Try again later.' };
  }
  return { code, reason: message, ...(suggestion === undefined ? {} : { suggestion }) };
}

function isTold(code: ErrorCode): code is ToldCode {
  return Object.hasOwn(TOLD, code);
}
