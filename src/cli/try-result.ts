/** One line of what `ringfence try` answers. */
import type { Decision, Untrusted } from '../tools/decision.js';
import type { Freshness } from '../tools/freshness.js';
import type { AnswerColumn } from '../tools/tool.js';
import { printable, printCell, printColumns, printCount } from './columns.js';
import type { ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

export interface TryResult {
  readonly decision: Decision['decision'];
  readonly rule: string;
  readonly reason: string | null;
  readonly code: string | null;
  /** For `sql`: what the rows hold, in its order. */
  readonly columns?: readonly AnswerColumn[];
  /** Which members hold what others wrote. */
  readonly untrusted?: readonly Untrusted[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
  /** When the rows of each materialised view were read from its tables, where that is known. */
  readonly freshness?: Freshness;
  /** For a tool of the product's own: what it gave back. */
  readonly output?: unknown;
  /** Milliseconds. */
  readonly ms: number;
  readonly tool?: string;
  /** Id of the event in the ledger. */
  readonly event?: string;
  readonly nextCursor?: string;
  readonly suggestion?: string;
  /** Of a dry run: the rules that the call would wait for. */
  readonly needsApproval?: readonly string[];
  /** Where it is pending: the request for approval, and when that is denied by the clock. */
  readonly approval?: string;
  readonly expiresAt?: string;
}

/** What the gate decided, with every key that a reader counts on. */
export function answered(tool: string, decision: Decision): TryResult {
  const { rule, ms, event, suggestion } = decision;
  const allowed = decision.decision === 'allowed';
  return {
    decision: decision.decision,
    rule,
    reason: allowed ? null : decision.reason,
    code: decision.code ?? null,
    ...(allowed && decision.columns !== undefined ? { columns: decision.columns } : {}),
    ...(allowed && decision.untrusted !== undefined ? { untrusted: decision.untrusted } : {}),
    rows: allowed ? decision.rows : [],
    truncated: allowed && decision.truncated,
    ...(allowed && decision.freshness !== undefined ? { freshness: decision.freshness } : {}),
    ...(allowed && decision.output !== undefined ? { output: decision.output } : {}),
    ms,
    tool,
    event,
    ...(allowed && decision.nextCursor !== undefined ? { nextCursor: decision.nextCursor } : {}),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(allowed && decision.needsApproval !== undefined ? { needsApproval: decision.needsApproval } : {}),
    ...(decision.decision === 'pending'
      ? { approval: decision.approval, expiresAt: decision.expiresAt }
      : {}),
  };
}

/** A line that is no call: there was nothing to take to the gate, so there is no event either. */
export function notACall(reason: string): TryResult {
  return {
    decision: 'denied',
    rule: 'try.line',
    reason,
    code: 'input_invalid',
    rows: [],
    truncated: false,
    ms: 0,
  };
}

/** The exit code of a run in which this was answered: the database's failures are not answers. */
export function lostDatabase({ decision, code }: TryResult): ExitCode {
  if (decision !== 'failed') return 0;
  if (code === 'database_unavailable' || code === 'outcome_unknown') return 4;
  return code === 'database_read_only' ? 5 : 0;
}

const COLOURS = { allowed: 'green', denied: 'yellow', failed: 'red', pending: 'cyan' } as const;
/** Rows shown to a person; a program gets all. */
const SHOWN = 20;

/** The same for a person. */
export function printResult(terminal: Pick<Terminal, 'paint'>, result: TryResult): string[] {
  const { decision, tool, rule, code, reason, columns, rows, truncated, output, ms, suggestion } = result;
  const verdict = terminal.paint(COLOURS[decision], decision);
  const lines = [
    [
      verdict,
      tool === undefined ? '' : printable(tool),
      code ?? '',
      output === undefined ? `${printCount(rows.length, 'row')}${truncated ? ', more matched' : ''}` : '',
      `${ms} ms`,
      terminal.paint('dim', rule),
    ]
      .filter((part) => part !== '')
      .join('  '),
  ];
  if (reason !== null) lines.push(`  ${printable(reason)}`);
  if (suggestion !== undefined) lines.push(`  ${printable(suggestion)}`);
  if (result.approval !== undefined)
    lines.push(`  approval ${result.approval}, until ${result.expiresAt ?? ''}`);
  if (result.needsApproval !== undefined)
    lines.push(`  would wait for approval: ${result.needsApproval.join(', ')}`);
  if (output !== undefined) lines.push(`  ${printable(JSON.stringify(output))}`);
  for (const [name, at] of Object.entries(result.freshness ?? {}))
    lines.push(`  ${printable(name)} as of ${at ?? 'an unknown time'}`);
  if (rows.length > 0) {
    const header = columns?.map(({ name }) => name) ?? [
      ...new Set(rows.slice(0, SHOWN).flatMap((row) => Object.keys(row))),
    ];
    const cells = rows.slice(0, SHOWN).map((row) => header.map((name) => printCell(row[name])));
    lines.push(...printColumns(header, cells).map((line) => `  ${line}`));
    if (rows.length > SHOWN) lines.push(`  … and ${rows.length - SHOWN} rows more; --json shows all`);
  }
  return [...lines, ''];
}
