/**
 * What an error from PostgreSQL means to Ringfence. Its DETAIL, its hint and the values in its message stay here: they can hold
 * rows, keys and names of another tenant.
 */
import type pg from 'pg';
import { type DenialCode, type FailureCode, RingfenceError } from '../errors.js';

export type StatementVerdict =
  | {
      readonly kind: 'denied';
      readonly code: DenialCode;
      readonly reason: string;
      readonly suggestion?: string;
    }
  | {
      readonly kind: 'failed';
      readonly code: FailureCode;
      readonly reason: string;
      readonly suggestion?: string;
    };

const denied = (code: DenialCode, reason: string, suggestion?: string): StatementVerdict =>
  suggestion === undefined ? { kind: 'denied', code, reason } : { kind: 'denied', code, reason, suggestion };
const failed = (code: FailureCode, reason: string, suggestion?: string): StatementVerdict =>
  suggestion === undefined ? { kind: 'failed', code, reason } : { kind: 'failed', code, reason, suggestion };

const REFERENCE = denied(
  'not_found',
  'A row that this one refers to does not exist in your slice, or a row outside it would be made.',
  'Check the ids you refer to with "get" or "query", and use only ids you have seen.',
);

const INTERNAL = failed(
  'internal',
  'The call failed inside the database.',
  'The operator finds the cause in the log under the event id.',
);

/** The connection went away under a call that changes nothing, or before it could have. */
export const CONNECTION_LOST = failed(
  'database_unavailable',
  'The connection to the database was lost during the call.',
  'Try again.',
);

/** Whoever called no longer wants an answer, and nothing had been begun. */
export const GIVEN_UP = failed('timeout', 'The call was given up.');

/** The connection went away under a write. */
export const OUTCOME_UNKNOWN = failed(
  'outcome_unknown',
  'The connection to the database was lost while the write was being made: it is made whole or not at all, and which is not known.',
  'Look the row up before you repeat the write.',
);

/** What a trigger of the product's said no to. Its words stay here: they may name rows that the agent cannot see. */
const REFUSED_BY_PRODUCT = denied(
  'constraint_failed',
  'A rule of the product refuses this write.',
  'Read the row again, leave out what you do not mean to change, and try other values.',
);

/** SQLSTATEs that mean something more exact than their class. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, StatementVerdict>> = {
  // A parent that is hidden and one that is absent must not be told apart.
  '23503': REFERENCE,
  '42501': REFERENCE,
  '44000': REFERENCE,
  '23505': denied(
    'conflict',
    'A row with these unique values already exists.',
    'Change the values, or update the row that has them.',
  ),
  '23502': denied(
    'constraint_failed',
    'A required column was left empty.',
    'See "describe_schema" for the columns that must be given.',
  ),
  '23514': denied(
    'constraint_failed',
    'The values break a rule of the table.',
    'See "describe_schema"; try other values.',
  ),
  '23P01': denied(
    'conflict',
    'The values exclude, or overlap, those of an existing row.',
    'Change the values.',
  ),
  '22P02': denied(
    'type_mismatch',
    'A value does not have the type of its column.',
    'See "describe_schema" for the types.',
  ),
  '57014': failed(
    'timeout',
    'The call took longer than it may.',
    'Narrow it: fewer rows, an indexed column, a smaller range.',
  ),
  '25006': failed(
    'database_read_only',
    'The database accepts no writes at the moment.',
    'Try again later; reading still works.',
  ),
  '55P03': failed('timeout', 'Somebody else is changing the same rows.', 'Try again in a moment.'),
  '40001': failed('timeout', 'Somebody else changed the same rows at the same time.', 'Try again.'),
  '40P01': failed('timeout', 'Somebody else changed the same rows at the same time.', 'Try again.'),
  '53300': failed('busy', 'The database takes no more connections at the moment.', 'Try again in a moment.'),
  P0001: REFUSED_BY_PRODUCT,
  RF403: denied(
    'approval_used',
    'The approval of this call was used, revoked or ran out while the call was on its way.',
    'Make the same call again: it is asked for anew.',
  ),
  RF404: denied('not_found', 'No such row in your slice.', 'Look the row up with "query" first.'),
};

const STILL_REFERRED_TO = denied(
  'constraint_failed',
  'Other rows refer to this one, so it cannot be deleted.',
  'Change or delete those first, if you may.',
);

const NOT_FILLED = failed(
  'database_unavailable',
  'The table is a materialised view, and has no rows yet.',
  'Try again in some minutes, or ask the tables that it is made from.',
);

/**
 * The verdict on an error that the server raised while running a sealed statement.
 *
 * @param removes whether the statement deletes
 */
export function judgeStatementError(error: pg.DatabaseError, removes = false): StatementVerdict {
  const state = error.code ?? '';
  if (state === '23503' && removes) return STILL_REFERRED_TO;
  // The same SQLSTATE for a row that row-level security keeps out, and for a right that a trigger or a default of the product's lacks.
  if (state === '42501' && error.routine !== 'ExecWithCheckOptions') return INTERNAL;
  if (state === '55000' && error.routine === 'ExecOpenScanRelation') return NOT_FILLED;
  const exact = BY_STATE[state];
  if (exact) return exact;
  if (state.startsWith('22')) {
    return failed(
      'value_error',
      'The database could not compute with these values.',
      'Check ranges, dates and divisors.',
    );
  }
  if (state.startsWith('23')) return denied('constraint_failed', 'The values break a rule of the table.');
  if (state.startsWith('08') || state.startsWith('57') || state.startsWith('53')) {
    return failed('database_unavailable', 'The database is not available at the moment.', 'Try again later.');
  }
  // RAISE with a code of the product's own. What Ringfence raises has codes of the standard's.
  if (error.routine === 'exec_stmt_raise' && !/^(25|28)/.test(state)) return REFUSED_BY_PRODUCT;
  return INTERNAL;
}

/** Turns what `pg` throws while connecting into an error that says what to do. */
export function connectionError(error: unknown, what: string): RingfenceError {
  if (error instanceof RingfenceError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  const advice: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there. Is it running, and are host and port right?',
    ENOTFOUND: 'the host name is unknown.',
    EAI_AGAIN: 'the host name cannot be looked up at the moment.',
    ETIMEDOUT: 'it did not answer in time.',
    ECONNRESET: 'it closed the connection.',
    '28P01': 'it refused the password.',
    '28000': 'it does not let this login in (pg_hba.conf).',
    '3D000': 'there is no such database.',
    '53300': 'it takes no more connections.',
    '57P03': 'it is starting up or shutting down. Try again in a moment.',
    '57P01': 'it is shutting down.',
  };
  const known = typeof code === 'string' ? advice[code] : undefined;
  return new RingfenceError(
    'database_unreachable',
    `Cannot connect to ${what}: ${known ?? 'the connection failed.'}`,
    {
      cause: error,
      suggestion: 'Check the URL, and that the server runs.',
    },
  );
}

/**
 * What an error means while Ringfence opens, or asks something of its own: where the connection was lost under it, that. Any other error is
 * given back as it is.
 */
export function lostConnection(error: unknown, what: string): unknown {
  if (error instanceof RingfenceError || !endedTheConnection(error)) return error;
  return new RingfenceError('database_lost', `The connection to ${what} was lost.`, {
    cause: error,
    suggestion: 'See that the server runs, then try again.',
  });
}

/** Whether an error or one of its causes says that the connection is gone: by the server's word, the system's or the driver's. */
function endedTheConnection(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, severity } = cause as { readonly code?: unknown; readonly severity?: unknown };
    if (severity === 'FATAL') return true;
    if (typeof code === 'string' && /^(08...|57P..|ECONN[A-Z]+|EPIPE|ETIMEDOUT)$/.test(code)) return true;
    // The driver has no code for a socket that closed under a statement, nor for a statement after that.
    if (/^(Connection terminated|Client has encountered a connection error)/.test(cause.message)) return true;
  }
  return false;
}
