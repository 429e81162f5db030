import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync);

/** Why tests behind PgBouncer cannot run here, or undefined where they can. */
export const pgBouncerMissing: string | undefined =
  PROGRAM === undefined ? 'pgbouncer is not installed' : undefined;

/** A PgBouncer in transaction mode in front of one database, with a single server connection for each login. */
export async function startPgBouncer(behind: {
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Whom it lets in beside that one. */
  readonly others?: readonly { readonly user: string; readonly password: string }[];
}): Promise<{ url: string; stop(): Promise<void> }> {
  if (PROGRAM === undefined) throw new Error(pgBouncerMissing);
  const directory = mkdtempSync(join(tmpdir(), 'ringfence-pgbouncer-'));
  const port = await freePort();
  const users = [behind, ...(behind.others ?? [])].map(({ user, password }) => `"${user}" "${password}"\n`);
  writeFileSync(join(directory, 'users.txt'), users.join(''));
  writeFileSync(
    join(directory, 'pgbouncer.ini'),
    `[databases]
${behind.database} = host=127.0.0.1 port=${behind.port} dbname=${behind.database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(directory, 'users.txt')}
pool_mode = transaction
default_pool_size = 1
logfile = ${join(directory, 'log')}
pidfile = ${join(directory, 'pid')}
`,
  );
  const options = unprivileged(directory);
  const child: ChildProcess = spawn(PROGRAM, ['-q', join(directory, 'pgbouncer.ini')], {
    ...options,
    stdio: 'ignore',
  });
  const url = `postgresql://${behind.user}:${behind.password}@127.0.0.1:${port}/${behind.database}`;
  await answering(url);
  return {
    url,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** PgBouncer refuses to run as root. */
function unprivileged(directory: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  const [uid, gid] = [id('-u'), id('-g')];
  execFileSync('chown', ['-R', `${uid}:${gid}`, directory]);
  chmodSync(directory, 0o700);
  return { uid, gid };
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await client.end().catch(() => {});
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
