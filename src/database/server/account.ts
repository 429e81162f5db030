import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { RingfenceError } from '../../errors.js';

/** The operating system user that PostgreSQL runs as when we are root, which it refuses to run as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What a finished command said, standard output and standard error together. */
export interface Finished {
  readonly code: number | null;
  readonly output: string;
}

const CANDIDATES = ['postgres', '_postgres', 'nobody'];

/**
 * The account the server must be run as: none when we are an ordinary user, an unprivileged one when we are root.
 *
 * @throws RingfenceError `server_failed` when we are root and the machine has no such account.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const accounts = passwd.split('\n').map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) > 0) {
      return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new RingfenceError(
    'server_failed',
    `PostgreSQL does not run as root, and this machine has none of the users ${CANDIDATES.join(', ')} to run it as. ` +
      'Start this program as an ordinary user, or create a user named postgres.',
  );
}

/** How a child process of the server's is spawned: as the account, with nothing inherited that could change its behaviour. */
export function childOptions(account: Account | undefined) {
  return {
    cwd: '/',
    env: {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      // Messages are matched below, and the cluster must not depend on where it was made.
      LC_ALL: 'C',
      TZ: 'UTC',
      TMPDIR: account === undefined ? tmpdir() : '/var/tmp',
    },
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  };
}

/**
 * Runs a command to its end as the account.
 *
 * @throws RingfenceError `server_failed` when the command cannot be started at all.
 */
export function runAs(
  account: Account | undefined,
  command: string,
  args: readonly string[],
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...childOptions(account), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (cause) => {
      reject(
        new RingfenceError(
          'server_failed',
          `${command} could not be run. Check that it exists and was built for this system, or use a PostgreSQL of your own.`,
          { cause },
        ),
      );
    });
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

/** Whether the account passes a `test` of the shell on a path (`-x`, `-w`), which also honours access lists. */
export async function accountCan(
  account: Account | undefined,
  test: '-r' | '-x',
  path: string,
): Promise<boolean> {
  const { code } = await runAs(account, '/bin/sh', ['-c', `test ${test} "$1"`, 'sh', path]);
  return code === 0;
}
