/** What every way of running a call needs: the call as it was granted, and the parts of the gate. */
import type { Boundary } from '../boundary/boundary.js';
import type { Gateway } from '../database/gateway.js';
import { type Denial, deny } from '../errors.js';
import type { CompiledPolicy, CompiledRole } from '../policy/compiled.js';
import type { Answers, Call } from './answers.js';
import type { CanaryWatch } from './canary-watch.js';
import type { Decided } from './decide.js';
import type { Descriptions } from './descriptions.js';
import type { Estimates } from './estimates.js';
import type { SqlReach } from './sql-reach.js';
import type { Prepared } from './tool.js';

export interface ExecutionParts {
  readonly policy: CompiledPolicy;
  readonly gateway: Gateway;
  readonly estimates: Estimates;
  readonly descriptions: Descriptions;
  readonly answers: Answers;
  readonly watch: CanaryWatch;
  readonly sqlReach: SqlReach;
  /** For the digests of calls that wait for people. */
  readonly ledgerKey: Uint8Array;
}

/** A call that may go on to the database. */
export interface Granted<Of extends Prepared> extends Decided {
  readonly call: Call;
  /** The rule that allows it. */
  readonly rule: string;
  readonly prepared: Of;
}

/** In whose place the database runs the call, and for how long. */
export function runsAs({ role, boundary, options }: Call): {
  readonly boundary: Boundary;
  readonly role: CompiledRole;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
} {
  const { signal } = options;
  return { boundary, role, timeoutMs: role.limits.timeoutMs, ...(signal === undefined ? {} : { signal }) };
}

/** Without numbers: an estimate tells of rows that the agent cannot see. */
export function tooBroad({ name, limits }: CompiledRole): Denial {
  return deny(
    'too_broad',
    `roles.${name}.limits.scanned_rows`,
    `The call would make the database visit more than the ${limits.scannedRows} rows it may.`,
    'Narrow it with a condition on an indexed column, an id, or a smaller range.',
  );
}
