/** What a batch that was not recorded failed of: which of retrying, halving or giving up can help. */

/**
 * - `passing`: the connection was lost, or the database asked for another try; the batch may even have been recorded;
 * - `content`: the database refused something in the batch;
 * - `lasting`: the database takes no batch at all now (read-only, full disk, missing function).
 */
export type FaultKind = 'passing' | 'content' | 'lasting';

export interface BatchFault {
  readonly kind: FaultKind;
  readonly error: unknown;
}

/**
 * Reads the SQLSTATE of `error` or of its causes. An error without one never came from the server: the connection was
 * lost, or never made.
 */
export function batchFault(error: unknown): FaultKind {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const state = stateOf(cause);
    if (state === undefined) continue;
    if ('severity' in cause && cause.severity === 'FATAL') return 'passing';
    if (/^(08|40|57P)/.test(state)) return 'passing';
    return /^(21|22|23|28|44|54|P0|RF)/.test(state) ? 'content' : 'lasting';
  }
  return 'passing';
}

/** Whether an event was refused because another one has its id: `ringfence.record` takes the same event again, and no other. */
export function isRecordedAlready(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (stateOf(cause) === '23505') return true;
  }
  return false;
}

function stateOf(error: Error): string | undefined {
  const state = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state) ? state : undefined;
}
