import { join } from 'node:path';
import { describe, inject } from 'vitest';
import { type Server, type ServerOptions, startServer } from '../../src/database/server.js';
import { freshCluster } from './fresh-cluster.js';
import { type ServerAddress, type ServerKind, TEST_SETTINGS } from './servers.js';
import { uniqueName } from './unique-name.js';

/** A PostgreSQL that belongs to this worker alone, roles and all. It is started when it is first needed. */
export interface TestServer {
  readonly label: string;
  readonly major: number;
  /** Missing for the embedded one. */
  readonly binDir: string | undefined;
  /** Starts it if need be. The first use in a test file finds no database and no role left over from other files. */
  address(): Promise<ServerAddress>;
}

function testServer({ label, major, binDir }: ServerKind): TestServer {
  let asked: Promise<ServerAddress> | undefined;
  return {
    label,
    major,
    binDir,
    address: () => {
      asked ??= ask(major);
      return asked;
    },
  };
}

async function ask(major: number): Promise<ServerAddress> {
  const response = await fetch(`${inject('serverDesk')}/${process.env.VITEST_POOL_ID}/${major}`);
  if (!response.ok) throw new Error(await response.text());
  const address = (await response.json()) as ServerAddress;
  await freshCluster(address);
  return address;
}

const servers: readonly TestServer[] = inject('serverKinds').map(testServer);

/** The PostgreSQL that comes with the package, for what does not depend on the version. */
export const embeddedServer: TestServer = testServer(
  inject('serverKinds').find(({ binDir }) => binDir === undefined) ?? { label: 'PostgreSQL 18', major: 18 },
);

/** `describe`, once for each supported version of PostgreSQL. One that is not installed is skipped, and says so. */
export function describeOnServers(name: string, tests: (server: TestServer) => void): void {
  inject('serverKinds').forEach(({ label, missing }, index) => {
    const server = servers[index];
    if (server === undefined || missing !== undefined)
      describe.skip(`${name} on ${label} (${missing})`, () => undefined);
    else describe(`${name} on ${label}`, () => tests(server));
  });
}

/**
 * A server that a single test may break, stop or configure. It has nothing on it. Stop it in `afterAll`; if a test does
 * not come to that, the server goes with the worker.
 */
export async function isolatedServer(
  like: TestServer,
  options: Omit<ServerOptions, 'dataDir' | 'binDir'> & { readonly dataDir?: string } = {},
): Promise<Server> {
  return await startServer({
    dataDir: join(inject('runDirectory'), uniqueName('isolated')),
    ...options,
    ...(like.binDir === undefined ? {} : { binDir: like.binDir }),
    settings: { ...TEST_SETTINGS, ...options.settings },
  });
}
