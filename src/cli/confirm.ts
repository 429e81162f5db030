/** Asks before something changes, where there is somebody to ask. */
import type { Terminal } from './terminal.js';
import { Interrupted } from './usage-error.js';

/**
 * Asks on a terminal; goes ahead anywhere else, and where `yes` was given.
 * @throws {Interrupted} where the answer was no.
 */
export async function confirmChange(terminal: Terminal, question: string, yes: boolean | undefined): Promise<void> {
  if (yes === true || !terminal.interactive) return;
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  if (answer !== true) throw new Interrupted('Nothing was changed.');
}
