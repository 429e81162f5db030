/** Asks before something changes, where there is somebody to ask. */
import { createInterface } from 'node:readline/promises';
import type { Terminal } from './terminal.js';
import { Interrupted } from './usage-error.js';

/**
 * Asks on a terminal; goes ahead anywhere else, and where `yes` was given.
 * @throws {Interrupted} where the answer was anything but yes.
 */
export async function confirmChange(
  terminal: Terminal,
  question: string,
  yes: boolean | undefined,
): Promise<void> {
  if (yes === true || !terminal.interactive) return;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  prompt.once('SIGINT', () => prompt.close());
  const answer = await Promise.race([prompt.question(`${question} [y/N] `), left]);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted('Nothing was changed.');
}
