import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingfenceError } from '../../errors.js';
import type { Cluster } from './cluster.js';
import { isAlive } from './is-alive.js';

/** How long a server that is already shutting down is waited for. */
const GRACE_MS = 15_000;
const POLL_MS = 15;

/** What PostgreSQL says of itself in `postmaster.pid`. */
export interface LockFile {
  readonly pid: number;
  /** `starting`, `ready`, `stopping` or `standby`. */
  readonly status: string;
}

/** Reads the lock file of the cluster, if there is one with anything in it. */
export async function readLockFile({ dataDir }: Cluster): Promise<LockFile | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n').map((line) => line.trim()) ?? [];
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return pid > 0 ? { pid, status: lines[7] ?? '' } : undefined;
}

/**
 * Deals with a server that is on the data already: waits for one that is going, stops one whose program has died
 * without it, and refuses if it is somebody's. A lock file whose process is gone is PostgreSQL's own to clear.
 */
export async function clearTheWay(cluster: Cluster, onProgress: (message: string) => void): Promise<void> {
  const patience = Date.now() + GRACE_MS;
  for (let asked = false; ; await sleep(POLL_MS)) {
    const lock = await readLockFile(cluster);
    if (lock === undefined || !isAlive(lock.pid)) return;
    if (!(await isPostgres(lock.pid))) {
      // PostgreSQL only sees that there is such a process, and would refuse to start.
      await rm(join(cluster.dataDir, 'postmaster.pid'), { force: true });
      return;
    }
    const launcher = await readLauncher(cluster);
    const orphaned = launcher?.postmaster === lock.pid && (await hasDied(launcher.pid));
    if (Date.now() > patience || !(orphaned || lock.status === 'stopping')) throw inUse(cluster);
    if (orphaned && !asked) {
      onProgress('Stopping the PostgreSQL that a program left behind when it died');
      signal(lock.pid, 'SIGINT');
      asked = true;
    }
  }
}

/** Process ids are used again: where the system can be asked what the process runs, it must be PostgreSQL. */
async function isPostgres(pid: number): Promise<boolean> {
  const command = await commandOf(pid);
  return command === undefined || /postgres|postmaster/.test(command);
}

/** A dead process keeps its id until its parent has looked, but runs nothing. */
async function hasDied(pid: number): Promise<boolean> {
  return !isAlive(pid) || (await commandOf(pid)) === '';
}

/** What a process runs; unknown where the system does not say. */
async function commandOf(pid: number): Promise<string | undefined> {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
}

async function readLauncher(cluster: Cluster): Promise<{ pid: number; postmaster: number } | undefined> {
  const text = await readFile(`${cluster.beside}.launcher`, 'utf8').catch(() => '');
  const [pid, postmaster] = text.split(' ').map(Number);
  return pid !== undefined && postmaster !== undefined ? { pid, postmaster } : undefined;
}

/** What there is to say when the data belongs to somebody else's server. */
export function inUse(cluster: Cluster): RingfenceError {
  return new RingfenceError(
    'server_failed',
    `Another program is running PostgreSQL on ${cluster.dataDir}. Stop that program, or use another data directory.`,
  );
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself.
  }
}
