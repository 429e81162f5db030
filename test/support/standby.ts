import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Server, startServer } from '../../src/database/server.js';
import { TEST_SETTINGS } from './servers.js';
import { isolatedServer, type TestServer } from './test-server.js';
import { uniqueName } from './unique-name.js';

export interface Replicated {
  readonly primary: Server;
  /** A hot standby that streams from the primary. */
  readonly standby: Server;
  stop(): Promise<void>;
}

const REPLICATING = { wal_level: 'replica', max_wal_senders: 4 };

/** A server of this version and a standby of it. What `prepare` does to the server is on both from the start. */
export async function replicated(
  kind: TestServer,
  prepare: (server: Server) => Promise<void>,
): Promise<Replicated> {
  const first = await isolatedServer(kind, { settings: REPLICATING });
  await prepare(first);
  // A copy of a cleanly stopped server is a base backup.
  await first.stop();
  const copy = join(inject('runDirectory'), uniqueName('standby'));
  cpSync(first.dataDir, copy, { recursive: true, preserveTimestamps: true });
  // Not every Node copies the directory's own mode, and PostgreSQL insists on it.
  chmodSync(copy, 0o700);
  const options = {
    settings: { ...TEST_SETTINGS, ...REPLICATING, hot_standby: true },
    ...(kind.binDir === undefined ? {} : { binDir: kind.binDir }),
  };
  const primary = await startServer({ dataDir: first.dataDir, ...options });
  writeFileSync(join(copy, 'standby.signal'), '');
  rmSync(join(copy, 'postmaster.pid'), { force: true });
  const standby = await startServer({
    dataDir: copy,
    ...options,
    settings: {
      ...options.settings,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${primary.superuser} password=${primary.superuserPassword}`,
    },
  });
  return {
    primary,
    standby,
    stop: async () => {
      await standby.stop();
      await primary.stop();
    },
  };
}
