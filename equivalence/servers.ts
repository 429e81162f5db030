/** The versions of PostgreSQL that the comparison runs on, and servers of its own that are gone afterwards. */
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../src/database/server.js';
import type { ServerAddress } from './stage.js';

export interface ServerKind {
  readonly major: number;
  /** Missing for the embedded one. */
  readonly binDir?: string;
}

const OLD = process.env.RINGFENCE_TEST_PG15_BIN ?? '/usr/lib/postgresql/15/bin';

/** Those that are here. */
export const SERVERS: readonly ServerKind[] = [
  { major: 18 },
  ...(existsSync(join(OLD, 'postgres')) ? [{ major: 15, binDir: OLD }] : []),
];

/** Fast, lost on a crash, and with plans that change only when the comparison says so. */
const SETTINGS = {
  fsync: false,
  synchronous_commit: false,
  full_page_writes: false,
  shared_buffers: '64MB',
  max_connections: 100,
  autovacuum: false,
  jit: false,
};

/** Starts a server, gives it to `work`, and takes it away with everything on it. */
export async function withServer<T>(
  kind: ServerKind,
  work: (address: ServerAddress) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ringfence-equivalence-'));
  // The server runs as another user where this process is root.
  await chmod(folder, 0o711);
  try {
    const server = await startServer({
      dataDir: join(folder, 'data'),
      settings: SETTINGS,
      ...(kind.binDir === undefined ? {} : { binDir: kind.binDir }),
    });
    try {
      const { port, superuser, superuserPassword = '' } = server;
      return await work({ port, superuser, password: superuserPassword });
    } finally {
      await server.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
