/** `ringfence remove`: takes everything out of the database again. */
import type { Command } from 'commander';
import { remove as removeAll } from '../../database/remove.js';
import { administer } from '../administer.js';
import { printCount } from '../columns.js';
import { confirmChange } from '../confirm.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import type { Start } from '../program.js';
import { withProgress } from '../progress.js';

interface RemoveOptions {
  readonly yes?: boolean;
  readonly dropLedger?: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence remove                                 asks; refused while the ledger holds events
  $ ringfence remove --yes --drop-ledger             the ledger goes too, for good

Tables, their rows and everybody else's rights are afterwards as they were before the first apply. One transaction: all or nothing.`;

export function addRemove(program: Command, start: Start): void {
  program
    .command('remove')
    .description('take everything out of the database again')
    .option('--yes', 'do not ask')
    .option('--drop-ledger', 'take the ledger out as well, though it holds events; there is no way back')
    .addHelpText('after', EXAMPLES)
    .action(start(remove));
}

async function remove(context: CommandContext, options: RemoveOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { steps, keptRoles } = await administer(context, async ({ client, where }) => {
    const ledger = options.dropLedger === true ? ', and the ledger with all its events' : '';
    await confirmChange(terminal, `Take Ringfence out of ${where}${ledger}?`, options.yes);
    return withProgress(terminal, 'Removing', () =>
      removeAll(client, options.dropLedger === true ? { ledger: 'drop' } : {}),
    );
  });
  if (terminal.json) {
    await terminal.answerJson({ removed: steps.length, steps, keptRoles });
    return 0;
  }
  if (steps.length === 0) {
    await terminal.answer('Nothing to remove: Ringfence is not in this database.');
    return 0;
  }
  await terminal.answer(`Removed: ${printCount(steps.length, 'object')}. The database is as it was before.`);
  if (keptRoles.length > 0)
    await terminal.answer(`Kept, because other databases use them: ${keptRoles.join(', ')}.`);
  terminal.say(
    `The keys at ${context.options.keys} are still there; delete them if no other database uses them.`,
  );
  return 0;
}
