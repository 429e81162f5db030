/**
 * The PostgreSQL servers of one test run.
 *
 * Each worker has servers of its own, one per version, because roles belong to a whole server: a test may create the
 * fixed-name roles of Ringfence without asking who else does. A server is started when the first test asks for it.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Server, type ServerOptions, startServer } from '../../src/database/server.js';
import { isRunning } from './is-running.js';

/** A version of PostgreSQL that tests can run on, or the reason why not here. */
export interface ServerKind {
  readonly label: string;
  readonly major: number;
  /** Missing for the embedded one. */
  readonly binDir?: string;
  readonly missing?: string;
}

/** What a worker is told of its server. */
export interface ServerAddress {
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly serverKinds: readonly ServerKind[];
    /** Where to ask for a server: `<url>/<worker>/<major>`. */
    readonly serverDesk: string;
    /** A directory that is gone after the run, and that the servers' account can pass through. */
    readonly runDirectory: string;
  }
}

/** Fast, and lost on a crash: what tests want. */
export const TEST_SETTINGS: NonNullable<ServerOptions['settings']> = {
  fsync: false,
  synchronous_commit: false,
  full_page_writes: false,
  shared_buffers: '32MB',
  max_connections: 100,
  // Statistics are made by the tests that need them, and template databases stay free of visitors.
  autovacuum: false,
  jit: false,
};

const PREFIX = 'ringfence-test-';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned();
  const runDirectory = join(tmpdir(), `${PREFIX}${process.pid}`);
  await mkdir(runDirectory, { recursive: true });
  await chmod(runDirectory, 0o711);

  const kinds = serverKinds();
  const servers = new Map<string, Promise<Server>>();
  const desk = createServer((request, response) => {
    answer(request.url ?? '')
      .then((address) => response.end(JSON.stringify(address)))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async function answer(path: string): Promise<ServerAddress> {
    const kind = kinds.find(({ major }) => path.endsWith(`/${major}`));
    if (kind === undefined) throw new Error(`no such server: ${path}`);
    const starting =
      servers.get(path) ??
      startServer({
        dataDir: join(runDirectory, path.replaceAll('/', '-').slice(1)),
        settings: TEST_SETTINGS,
        ...(kind.binDir === undefined ? {} : { binDir: kind.binDir }),
      });
    servers.set(path, starting);
    const { port, superuser, superuserPassword } = await starting;
    return { port, superuser, password: superuserPassword ?? '' };
  }

  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  desk.unref();
  const address = desk.address();
  project.provide('serverKinds', kinds);
  project.provide('serverDesk', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  project.provide('runDirectory', runDirectory);

  return async () => {
    desk.close();
    await Promise.allSettled([...servers.values()].map(async (server) => await (await server).stop()));
    await rm(runDirectory, { recursive: true, force: true });
  };
}

/** The one that comes along, and in CI, or where it is asked for, Debian's PostgreSQL 15 as well: everything twice takes twice as long. */
function serverKinds(): readonly ServerKind[] {
  const { CI, RINGFENCE_TEST_PG15_BIN: asked } = process.env;
  const binDir = asked ?? '/usr/lib/postgresql/15/bin';
  const old = { label: 'PostgreSQL 15', major: 15, binDir };
  const missing = !existsSync(join(binDir, 'postgres'))
    ? `PostgreSQL 15 is not in ${binDir}; install it or set RINGFENCE_TEST_PG15_BIN`
    : CI === undefined && asked === undefined
      ? 'set CI or RINGFENCE_TEST_PG15_BIN to test on it as well'
      : undefined;
  return [{ label: 'PostgreSQL 18', major: 18 }, missing === undefined ? old : { ...old, missing }];
}

/** A run that was killed stopped its servers, but left its directory. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid)) {
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
