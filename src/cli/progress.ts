/** Tells what is going on once it takes longer than a second. Nothing quick is announced. */
import type { Terminal } from './terminal.js';

const QUIET_MS = 1_000;
const REMINDER_MS = 10_000;

/** Runs `work`; says `step` on stderr if that takes more than a second, and how long it has taken every ten seconds after. */
export async function withProgress<T>(terminal: Terminal, step: string, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  let reminder: NodeJS.Timeout | undefined;
  const say = (text: string): void => terminal.say(terminal.paint('dim', text, 'stderr'));
  const first = setTimeout(() => {
    say(`${step} …`);
    reminder = setInterval(
      () => say(`${step} … ${Math.round((Date.now() - startedAt) / 1000)} s so far`),
      REMINDER_MS,
    );
    reminder.unref();
  }, QUIET_MS);
  first.unref();
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(reminder);
  }
}
