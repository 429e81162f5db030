/** Work on the database as its administrator, with Ctrl-C reaching what the server is doing. */
import { type Administrator, connectAdministrator } from '../database/administrator.js';
import type { CommandContext } from './context.js';
import { withProgress } from './progress.js';
import { adminUrl } from './settings.js';
import { Interrupted } from './usage-error.js';

/**
 * Connects, works, disconnects. Ctrl-C cancels the statement under way in the server too, since a server goes on waiting for locks
 * whose client has gone; a second Ctrl-C ends the process at once.
 */
export async function administer<T>(
  context: CommandContext,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const url = adminUrl(context.options, context.environment);
  const administrator = await withProgress(context.terminal, 'Connecting to the database', () =>
    connectAdministrator(url),
  );
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    void administrator.cancel();
  };
  process.once('SIGINT', interrupt);
  try {
    return await work(administrator);
  } catch (error) {
    if (interrupted) throw new Interrupted('Interrupted. What was under way has been undone.');
    throw administrator.explain(error);
  } finally {
    process.off('SIGINT', interrupt);
    await administrator.close();
  }
}
