/** What verification found, as a table and a sentence. */
import type { ExportVerdict } from '../ledger/export/verify-export.js';
import { OPERATOR_LOG } from '../ledger/make-checkpoint.js';
import { printColumns, printCount } from './columns.js';
import type { ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

export type Verdict = ExportVerdict & { readonly tenant: string | null };

interface Circumstances {
  /** Whether events wait that are in no chain. */
  readonly pending: boolean;
  readonly signaturesChecked: boolean;
}

/** Exit code 0 where every stream is intact, else 7. */
export async function reportVerdicts(
  terminal: Terminal,
  verdicts: readonly Verdict[],
  { pending, signaturesChecked }: Circumstances,
): Promise<ExitCode> {
  const intact = verdicts.every(({ verdict }) => verdict === 'intact' || verdict === 'empty');
  // The operator's stream tells of checkpoints, not of calls.
  const streams = verdicts.filter(({ log }) => log !== OPERATOR_LOG);
  const events = streams.reduce(
    (sum, verdict) => sum + (verdict.verdict === 'intact' ? verdict.events : 0),
    0,
  );
  if (terminal.json) {
    await terminal.answerJson({ intact, events, pending, signaturesChecked, streams: verdicts });
    return intact ? 0 : 7;
  }
  const [header = '', ...lines] = printColumns(['tenant', 'stream', 'events', 'verdict'], verdicts.map(row));
  if (verdicts.length > 0)
    for (const line of [terminal.paint('bold', header), ...lines]) await terminal.answer(line);
  await terminal.answer(
    intact
      ? terminal.paint(
          'green',
          `Intact: ${printCount(streams.length, 'stream')}, ${printCount(events, 'event')}.`,
        )
      : terminal.paint('red', 'Not intact: see the verdicts above.'),
  );
  if (!signaturesChecked && verdicts.length > streams.length)
    terminal.say(
      'note: the signatures of checkpoints were not verified: there is no key. Pass --key or --keys.',
    );
  if (pending)
    terminal.say(
      'note: events wait that could not be put into their chains from here; they are not part of the verdict.',
    );
  if (!intact)
    terminal.say(
      'Keep it all as it is, compare it with a backup or an export, and find out who could write to schema ringfence.',
    );
  return intact ? 0 : 7;
}

function row(verdict: Verdict): string[] {
  const place = [verdict.log === OPERATOR_LOG ? '(checkpoints)' : (verdict.tenant ?? '–'), verdict.log];
  switch (verdict.verdict) {
    case 'intact':
      return [...place, String(verdict.events), 'intact'];
    case 'empty':
      return [...place, '0', 'empty'];
    case 'tampered':
      return [...place, '', `tampered at event ${verdict.seq}: ${verdict.what}`];
    case 'truncated':
      return [...place, String(verdict.seq), `truncated: ${verdict.head.seq} events were there`];
    case 'forked':
      return [...place, '', `forked: the first ${verdict.seq} events are not those that were signed`];
    case 'rolled_back':
      return [...place, String(verdict.seq), `rolled back: ${verdict.kept} events were kept elsewhere`];
    case 'unreadable':
      return [...place, '', `unreadable: ${verdict.file}`];
  }
}
