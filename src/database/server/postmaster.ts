import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingfenceError } from '../../errors.js';
import { type Account, childOptions } from './account.js';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { lastComplaint } from './last-complaint.js';
import { clearTheWay, inUse, readLockFile } from './predecessor.js';

/** PostgreSQL's first process, started here and answering. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export interface Launch {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** 0 picks a free one. */
  readonly port: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly onProgress: (message: string) => void;
}

/** How long the memory of a predecessor that was killed is waited for. */
const GRACE_MS = 15_000;
const STARTUP_MS = 300_000;
const POLL_MS = 15;

/**
 * The shell becomes PostgreSQL, after leaving behind a watcher that reads a pipe only this process writes to. The pipe
 * ends when this process does, however it ends, and the watcher then asks PostgreSQL to shut down.
 */
const WATCHED = `
( ( IFS= read -r word <&3
    [ "$word" = stopped ] || kill -INT "$$"
  ) >/dev/null 2>&1 & )
exec "$@" 3<&-
`;

/**
 * Starts PostgreSQL on the cluster and waits until it takes connections.
 *
 * @throws RingfenceError `server_failed` when the port is taken, the data is in use, or PostgreSQL gives up.
 */
export async function launch(options: Launch): Promise<Postmaster> {
  await clearTheWay(options.cluster, options.onProgress);
  const patience = Date.now() + GRACE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port === 0 ? await freePort() : options.port;
    const started = await attemptStart(options, port);
    if ('pid' in started) return started;

    const { complaint } = started;
    // Somebody was quicker to the free port, or the last owner of the data is still letting go of it.
    if (options.port === 0 && isPortTaken(complaint) && attempt < 10) continue;
    if (/pre-existing shared memory block/.test(complaint) && Date.now() < patience) {
      await sleep(200);
      continue;
    }
    throw failure(options, port, complaint);
  }
}

function failure({ cluster }: Launch, port: number, complaint: string): RingfenceError {
  if (isPortTaken(complaint)) {
    return new RingfenceError(
      'server_failed',
      `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or choose another port (0 picks a free one).`,
    );
  }
  if (/lock file .* already exists/.test(complaint)) return inUse(cluster);
  return new RingfenceError(
    'server_failed',
    `PostgreSQL did not start: ${lastComplaint(complaint)}. Its log is ${cluster.beside}.log.`,
    { cause: new Error(complaint.trim()) },
  );
}

function isPortTaken(complaint: string): boolean {
  return /Address already in use|could not create any TCP\/IP sockets/.test(complaint);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function attemptStart(
  options: Launch,
  port: number,
): Promise<Postmaster | { readonly complaint: string }> {
  const { cluster, binaries, account } = options;
  const settings = {
    ...options.settings,
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    logging_collector: false,
    log_destination: 'stderr',
    lc_messages: 'C',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${setting(value)}`]);
  const log = await open(`${cluster.beside}.log`, 'w', 0o600);
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHED, 'sh', binaries.postgres, '-D', cluster.dataDir, ...args],
    // Detached, so that Ctrl-C in a terminal reaches us and not the server: we decide when it goes.
    { ...childOptions(account), detached: true, stdio: ['ignore', log.fd, log.fd, 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => {
      resolve();
    });
    child.on('exit', () => {
      releaseWatcher(child);
      resolve();
    });
  });
  await log.close();

  const ready = await waitUntilReady(options, child);
  if (!ready || child.pid === undefined) {
    await stopChild(child, gone);
    return { complaint: await readFile(`${cluster.beside}.log`, 'utf8') };
  }
  await writeFile(`${cluster.beside}.launcher`, `${process.pid} ${child.pid}`, { mode: 0o600 });
  // A program that forgets to stop its server still ends, and its server with it.
  child.unref();
  (child.stdio[3] as unknown as { unref(): void }).unref();
  return {
    pid: child.pid,
    port,
    stop: async () => {
      await stopChild(child, gone);
      await rm(`${cluster.beside}.launcher`, { force: true });
    },
  };
}

function setting(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

async function waitUntilReady({ cluster, onProgress }: Launch, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + STARTUP_MS;
  let nextWord = Date.now() + 2_000;
  while (isRunning(child) && Date.now() < deadline) {
    const lock = await readLockFile(cluster);
    // A standby that has hot_standby off never becomes ready, and is not what anybody starts here.
    if (lock?.pid === child.pid && lock?.status === 'ready') return true;
    if (Date.now() > nextWord) {
      onProgress('Waiting for PostgreSQL, which is recovering from an unclean stop');
      nextWord = Date.now() + 5_000;
    }
    await sleep(POLL_MS);
  }
  return false;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Fast shutdown first, which writes everything down; then ever less polite. */
async function stopChild(child: ChildProcess, gone: Promise<void>): Promise<void> {
  child.ref();
  const steps = [
    ['SIGINT', 60_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const;
  for (const [name, patience] of steps) {
    if (!isRunning(child)) break;
    child.kill(name);
    const abort = new AbortController();
    await Promise.race([gone, sleep(patience, undefined, { signal: abort.signal }).catch(() => undefined)]);
    abort.abort();
  }
  await gone;
}

/** Tells the watcher that there is nothing left to stop, before the process id can belong to anybody else. */
function releaseWatcher(child: ChildProcess): void {
  const pipe = child.stdio[3];
  if (pipe === null || pipe === undefined || !('write' in pipe)) return;
  pipe.on('error', () => undefined);
  pipe.end('stopped\n');
}
