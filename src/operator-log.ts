/** What has no tenant to be recorded under goes to the operator, at a rate that nobody can drown the log with. */

export interface OperatorEntry {
  readonly kind:
    | 'call_without_boundary'
    | 'call_failed'
    | 'policy_waits'
    | 'sql_withheld'
    | 'sequencer_failed'
    | 'checkpoint_failed'
    | 'anchor_failed'
    | 'ledger_tampered'
    | 'refresh_failed'
    | 'freshness_unknown'
    | 'tool_changed'
    | 'approvals_unswept'
    | 'canary_seen'
    | 'prose_failed'
    | 'request_failed'
    | 'request_refused';
  readonly message: string;
  readonly cause?: unknown;
  /** Of `canary_seen`: which canary, by its name; in which tool's call; and the event that says so. */
  readonly canary?: string;
  readonly tool?: string;
  readonly event?: string;
  /** How many entries of this kind were left out since the last one. */
  readonly suppressed?: number;
}

/** Entries of one kind that are let through in a window. */
const PER_WINDOW = 5;
const WINDOW_MS = 60_000;

export function rateLimitedLog(
  write: (entry: OperatorEntry) => void = writeLine,
  now: () => number = Date.now,
): (entry: OperatorEntry) => void {
  const windows = new Map<string, { since: number; count: number; suppressed: number }>();
  return (entry) => {
    // One canary must not drown another.
    const key = `${entry.kind} ${entry.canary ?? ''}`;
    let window = windows.get(key);
    if (window === undefined || now() - window.since >= WINDOW_MS) {
      window = { since: now(), count: 0, suppressed: window?.suppressed ?? 0 };
      windows.set(key, window);
    }
    if (++window.count > PER_WINDOW) {
      window.suppressed++;
      return;
    }
    write(window.suppressed > 0 ? { ...entry, suppressed: window.suppressed } : entry);
    window.suppressed = 0;
  };
}

function writeLine({ kind, cause, suppressed, ...told }: OperatorEntry): void {
  const why = cause instanceof Error ? { cause: cause.message } : {};
  process.stderr.write(
    `${JSON.stringify({ ringfence: kind, ...told, ...why, ...(suppressed ? { suppressed } : {}) })}\n`,
  );
}
