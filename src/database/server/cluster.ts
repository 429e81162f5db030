import { createHash, randomBytes } from 'node:crypto';
import {
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RingfenceError } from '../../errors.js';
import { type Account, accountCan, runAs } from './account.js';
import type { Binaries } from './binaries.js';
import { isAlive } from './is-alive.js';
import { lastComplaint } from './last-complaint.js';
import { privateDirectory } from './private-directory.js';

/** The data directory of a PostgreSQL, made and ready to be started. */
export interface Cluster {
  /** Where the data is; not where it was asked for, if the server's account cannot get there. */
  readonly dataDir: string;
  /** The path that everything kept beside the data starts with: its password, its log, its launcher. */
  readonly beside: string;
  /** Unknown when the cluster was made by somebody else. */
  readonly password: string | undefined;
}

type Progress = (message: string) => void;

/** The name of the superuser of every cluster made here. */
export const SUPERUSER = 'postgres';

/**
 * Makes the cluster if there is none yet, whole or not at all, and says where it is.
 *
 * @throws RingfenceError `server_failed` when the directory holds something else, another version's data, or cannot be written.
 */
export async function ensureCluster(
  wanted: string,
  binaries: Binaries,
  account: Account | undefined,
  onProgress: Progress,
): Promise<Cluster> {
  const beside = resolve(wanted);
  await mkdir(dirname(beside), { recursive: true }).catch(cannotWrite(dirname(beside)));
  const dataDir = await reachableDataDir(beside, account, onProgress);
  await removeHalfMade(dataDir);

  const found = await madeBy(dataDir);
  if (found === undefined) {
    const password = await ensurePassword(`${beside}.password`);
    onProgress(`Creating a PostgreSQL ${binaries.version} database cluster in ${dataDir}`);
    await initialise(dataDir, password, binaries, account);
    return { dataDir, beside, password };
  }
  if (found !== String(binaries.major)) {
    throw new RingfenceError(
      'server_failed',
      `${dataDir} was made by PostgreSQL ${found} and cannot be opened by ${binaries.version}. ` +
        `Use PostgreSQL ${found} for it, or another directory.`,
    );
  }
  if (account !== undefined) await own(dataDir, account);
  const password = await readFile(`${beside}.password`, 'utf8').catch(() => undefined);
  return { dataDir, beside, password };
}

async function reachableDataDir(
  beside: string,
  account: Account | undefined,
  onProgress: Progress,
): Promise<string> {
  const parent = await realpath(dirname(beside));
  if (account === undefined || (await accountCan(account, '-x', parent))) return beside;
  const key = createHash('sha256')
    .update(join(parent, basename(beside)))
    .digest('hex')
    .slice(0, 16);
  const home = await privateDirectory(`/var/tmp/ringfence-data-${key}`);
  const dataDir = join(home, 'data');
  onProgress(
    `The user ${account.name}, as which PostgreSQL runs, cannot enter ${parent}: its data is in ${dataDir}`,
  );
  return dataDir;
}

/** The major version in a data directory; nothing if there is no directory, or an empty one. */
async function madeBy(dataDir: string): Promise<string | undefined> {
  const entries = await readdir(dataDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    return cannotWrite(dataDir)(error);
  });
  if (entries.length === 0) return undefined;
  if (!entries.includes('PG_VERSION')) {
    throw new RingfenceError(
      'server_failed',
      `${dataDir} holds something that is not a PostgreSQL database cluster. Choose another directory.`,
    );
  }
  return (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
}

/** Whoever comes first decides the password, so that two programs starting at once agree on it. */
async function ensurePassword(path: string): Promise<string> {
  const candidate = `${path}.${attemptName()}`;
  await writeFile(candidate, randomBytes(24).toString('base64url'), { mode: 0o600 }).catch(
    cannotWrite(dirname(path)),
  );
  try {
    await link(candidate, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(candidate, { force: true });
  }
  return await readFile(path, 'utf8');
}

const HALF = '.initdb-';

/** Begins with our process id, so that others can tell whether whoever left it is still there. */
function attemptName(): string {
  return `${process.pid}-${randomBytes(4).toString('hex')}`;
}

async function initialise(
  dataDir: string,
  password: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  const half = `${dataDir}${HALF}${attemptName()}`;
  const passwordFile = `${half}.password`;
  try {
    await mkdir(half, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
    if (account !== undefined) {
      await chown(half, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await initdb(half, passwordFile, binaries, account);
    await rename(half, dataDir);
  } catch (error) {
    if (error instanceof RingfenceError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    // Another program has made it in the meantime, with the same password.
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
    cannotWrite(dataDir)(error as NodeJS.ErrnoException);
  } finally {
    await rm(half, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

async function initdb(
  directory: string,
  passwordFile: string,
  binaries: Binaries,
  account: Account | undefined,
): Promise<void> {
  const common = [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth-host=scram-sha-256',
    '--auth-local=scram-sha-256',
    '--encoding=UTF8',
  ];
  let said = await runAs(account, binaries.initdb, [...common, ...localeArguments(binaries.major)]);
  if (said.code !== 0 && /invalid locale (name|settings)/.test(said.output)) {
    said = await runAs(account, binaries.initdb, [...common, '--locale=C']);
  }
  if (said.code !== 0) {
    throw new RingfenceError(
      'server_failed',
      `PostgreSQL could not create a database cluster in ${directory}: ${lastComplaint(said.output)}`,
      { cause: new Error(said.output.trim()) },
    );
  }
}

/** Unicode everywhere and the order of code points, from PostgreSQL itself where it can, so that no system differs. */
function localeArguments(major: number): readonly string[] {
  return major >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C.UTF-8'];
}

/** Removes what was left by programs that died while making a cluster, and leaves alone what is being made now. */
async function removeHalfMade(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}${HALF}`;
  for (const name of await readdir(dirname(dataDir)).catch(() => [])) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) {
      await rm(join(dirname(dataDir), name), { recursive: true, force: true });
    }
  }
}

/** Hands a directory that was copied or restored by root to the account, without which the server refuses it. */
async function own(directory: string, account: Account): Promise<void> {
  if ((await stat(directory)).uid === account.uid) return;
  await chown(directory, account.uid, account.gid);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
}

function cannotWrite(path: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new RingfenceError(
      'server_failed',
      `${path} cannot be used for PostgreSQL's data (${cause.code}). Make it writable, or choose another directory.`,
      { cause },
    );
  };
}
