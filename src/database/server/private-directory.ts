import { chmod, lstat, mkdir } from 'node:fs/promises';
import { RingfenceError } from '../../errors.js';

/**
 * Makes a directory under a place that everybody may write to, and trusts it only if it is ours alone.
 *
 * @throws RingfenceError `server_failed` when somebody else made it first, or may write to it.
 */
export async function privateDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { mode: 0o700 });
    // The server's account must pass through whatever our umask is; nobody else has anything to list.
    await chmod(path, 0o711);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new RingfenceError(
      'server_failed',
      `${path} belongs to another user or can be written by others, so it is not used. Remove it and start again.`,
    );
  }
  return path;
}
