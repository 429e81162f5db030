/** `ringfence audit export`: the ledger as files that other tools read, and that verify without a database. */
import type { Command } from 'commander';
import { requireInstallation } from '../../database/installation.js';
import { type ExportedStream, exportLedger } from '../../ledger/export/export-ledger.js';
import { administer } from '../administer.js';
import { printCount } from '../columns.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';

interface ExportCommandOptions {
  readonly out: string;
  readonly tenant?: string;
}

/** Files after which it is said how far a stream is: some seconds of work. */
const TOLD_FILES = 2_000;

const EXAMPLES = `
Examples:
  $ ringfence audit export --out ledger-2027-01            a folder for each stream; run again, it goes on where it was
  $ ringfence audit verify --from ledger-2027-01 --key 'ringfence/…+1234abcd+A…'

The layout is that of c2sp.org/tlog-tiles. What no checkpoint covers yet is not in it.`;

export function addExport(audit: Command, start: Start): void {
  audit
    .command('export')
    .description('write the ledger to a folder, as it was signed last')
    .requiredOption('--out <folder>', 'where to')
    .option('--tenant <tenant>', 'streams of this tenant only, and the list of what was signed')
    .addHelpText('after', EXAMPLES)
    .action(start(exportTo));
}

async function exportTo(context: CommandContext, { out, tenant }: ExportCommandOptions): Promise<ExitCode> {
  const { terminal } = context;
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const streams = await administer(context, async (administrator) => {
    await requireInstallation(administrator);
    return withProgress(terminal, `Exporting to ${out}`, async () => {
      const all: ExportedStream[] = [];
      const options = {
        ...(tenant === undefined ? {} : { tenant }),
        signal: interrupt.signal,
        onProgress: (log: string, done: number, of: number) => {
          if (done % TOLD_FILES === 0) terminal.say(`${log}: ${done} of ${of} files`);
        },
      };
      for await (const stream of exportLedger(administrator, out, options)) all.push(stream);
      return all;
    });
  });
  const events = streams.reduce((sum, stream) => sum + stream.events, 0);
  const written = streams.reduce((sum, stream) => sum + stream.written, 0);
  if (terminal.json) await terminal.answerJson({ out, streams, events, written });
  else
    await terminal.answer(
      `${printCount(streams.length, 'stream')}, ${printCount(events, 'leaf', 'leaves')} in ${out}; ${printCount(written, 'file')} written now.`,
    );
  return 0;
}
