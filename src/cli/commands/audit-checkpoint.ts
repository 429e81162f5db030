/** `ringfence audit checkpoint` and `audit keys`: what to keep elsewhere, so that whoever can write the tables is found out. */
import type { Command } from 'commander';
import { requireInstallation } from '../../database/installation.js';
import { loadKeys } from '../../database/keys.js';
import { checkpointKeys } from '../../ledger/checkpointer.js';
import { OPERATOR_LOG } from '../../ledger/make-checkpoint.js';
import { newestCheckpoint } from '../../ledger/read.js';
import { administer } from '../administer.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { UsageError } from '../usage-error.js';

const CHECKPOINT = `
Examples:
  $ ringfence audit checkpoint > ledger-2027-01.note
  $ ringfence audit verify --checkpoint ledger-2027-01.note     shows whatever was rewritten, cut or removed since`;

export function addCheckpoint(audit: Command, start: Start): void {
  audit
    .command('checkpoint')
    .description(
      'print the newest checkpoint of the stream that lists all others: keep it where the database cannot be written',
    )
    .addHelpText('after', CHECKPOINT)
    .action(start(newest));
  audit
    .command('keys')
    .description('print the public keys that checkpoints are signed with, newest first')
    .action(start(publicKeys));
}

async function newest(context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const note = await administer(context, async (administrator) => {
    await requireInstallation(administrator);
    return newestCheckpoint(administrator, OPERATOR_LOG);
  });
  if (note === null) {
    throw new UsageError(
      'Nothing has been signed yet.',
      'A process of Ringfence whose keys file holds the checkpoint key signs within seconds. Is one running?',
    );
  }
  if (terminal.json) await terminal.answerJson({ checkpoint: note });
  else await terminal.answer(note.slice(0, -1));
  return 0;
}

async function publicKeys({ terminal, options, environment }: CommandContext): Promise<ExitCode> {
  const { checkpoint } = await loadKeys(options.keys, environment);
  if (checkpoint === null) {
    throw new UsageError(
      `${options.keys} holds no checkpoint key.`,
      'Name the keys file of the process that signs with --keys, or make one with "ringfence keys rotate --checkpoints".',
    );
  }
  const { signers, verifiers } = checkpointKeys(checkpoint);
  const signing = signers.map(({ verifier }) => verifier.vkey);
  const retired = verifiers.map(({ vkey }) => vkey).slice(signing.length);
  if (terminal.json) await terminal.answerJson({ signing, retired });
  else for (const vkey of [...signing, ...retired]) await terminal.answer(vkey);
  return 0;
}
