/**
 * The one mapping from decisions and errors to HTTP: problem details (RFC 9457), `application/problem+json`.
 *
 * `type` is `urn:ringfence:problem:<code>`, `detail` what an agent may be told; `rule`, `suggestion` and `event` come along.
 */
import type { DenialCode, FailureCode } from '../errors.js';
import type { Decision } from '../tools/decision.js';
import { visibleJson } from '../tools/model-text.js';
import { type ToldCode, toldError } from '../tools/told-error.js';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly rule?: string;
  readonly suggestion?: string;
  /** The event in the ledger, where the call was recorded. */
  readonly event?: string;
}

/** Codes of this face's own, for what went wrong before there was a call. */
const OF_FACE = {
  malformed_json: 400,
  scope_insufficient: 403,
  origin_refused: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  host_refused: 421,
  rate_limited: 429,
  internal: 500,
} as const;

export type HttpCode = keyof typeof OF_FACE;

const OF_CALLS: Readonly<Record<DenialCode | FailureCode, number>> = {
  unknown_tool: 404,
  tool_not_allowed: 403,
  input_invalid: 400,
  unknown_table: 404,
  unknown_column: 422,
  unknown_operator: 422,
  unknown_relation: 422,
  type_mismatch: 422,
  tenant_named: 403,
  scope_missing: 403,
  not_writable: 403,
  reason_required: 422,
  limit_exceeded: 422,
  too_broad: 422,
  join_too_deep: 422,
  cursor_invalid: 400,
  cursor_expired: 410,
  sql_invalid: 422,
  sql_refused: 403,
  tool_refused: 422,
  approval_denied: 403,
  approval_expired: 403,
  approval_revoked: 403,
  approval_used: 409,
  not_found: 404,
  conflict: 409,
  constraint_failed: 422,
  timeout: 504,
  busy: 503,
  database_unavailable: 503,
  database_read_only: 503,
  outcome_unknown: 500,
  value_error: 422,
  too_complex: 422,
  too_large: 422,
  sql_failed: 422,
  internal: 500,
};

/** What is not here is a fault of the server's: 500. */
const OF_ERRORS: Readonly<Record<ToldCode, number>> = {
  boundary_missing: 401,
  boundary_expired: 401,
  token_invalid: 401,
  token_expired: 401,
  membership_missing: 403,
  membership_ambiguous: 403,
  cross_tenant_refused: 403,
  boundary_invalid: 403,
  database_unreachable: 503,
  database_lost: 503,
  database_busy: 503,
  database_timeout: 503,
  database_read_only: 503,
  approval_unknown: 404,
  approval_refused: 403,
  approval_settled: 409,
  approval_invalid: 400,
  ledger_unavailable: 503,
  key_missing: 503,
};

/** The HTTP status of every code that is told; where two kinds have a code in common, they have its status in common. */
export const STATUSES: Readonly<Record<string, number>> = { ...OF_ERRORS, ...OF_CALLS, ...OF_FACE };

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'No boundary: the token is missing or refused',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Wrong host',
  422: 'The call cannot be made like this',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Not available at the moment',
  504: 'It took too long',
};

/** A problem under one of the face's own codes. */
export function problem(code: HttpCode, detail: string, suggestion?: string): Problem {
  return withStatus(OF_FACE[code], code, detail, suggestion);
}

function withStatus(status: number, code: string, detail: string, suggestion: string | undefined): Problem {
  return {
    type: `urn:ringfence:problem:${code}`,
    title: TITLES[status] ?? 'Problem',
    status,
    detail,
    code,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** A refusal or a failure. */
export function problemOfDecision(decision: Exclude<Decision, { decision: 'allowed' | 'pending' }>): Problem {
  const { code, reason, rule, suggestion, event } = decision;
  return { ...withStatus(OF_CALLS[code], code, reason, suggestion), rule, event };
}

/** An error that kept a call from being decided. Of what is not Ringfence's own, nothing is told. */
export function problemOfError(error: unknown): Problem {
  const { code, reason, suggestion } = toldError(error);
  return withStatus(code === 'internal' ? OF_FACE.internal : OF_ERRORS[code], code, reason, suggestion);
}

/** The problem as a response. */
export function problemResponse(told: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(visibleJson(told), {
    status: told.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
