/**
 * Connections for sealed calls: checked when they open, shared between tenants, and no tenant may hold them all.
 */
import pg from 'pg';
import { RingfenceError } from '../errors.js';
import { type ConnectionFacts, checkConnection } from './connection.js';
import { connectionError } from './database-error.js';

export interface PoolOptions {
  /** `postgres://ringfence_gateway:…@host/database`. */
  readonly url: string;
  /** True behind PgBouncer in transaction mode: nothing is prepared, and claims are not bound to a backend. */
  readonly pooled?: boolean;
  /** Connections in all. Default 10. */
  readonly size?: number;
  /** Connections that one tenant may hold at once. Default: all but a fifth of `size`, at least one. */
  readonly perTenant?: number;
  /** Milliseconds a call waits for a connection before it is refused. Default 5000. */
  readonly waitMs?: number;
}

export interface Lease {
  readonly client: pg.PoolClient;
  readonly facts: ConnectionFacts;
  /** Gives the connection back, or closes it where it cannot be trusted with another call. */
  release(trusted: boolean): void;
}

/** Calls that may wait for one tenant's turn; beyond it they are refused at once. */
const QUEUE_LIMIT = 200;

interface Turn {
  active: number;
  readonly waiting: { grant(): void }[];
}

export class TenantPool {
  readonly pooled: boolean;
  readonly #pool: pg.Pool;
  readonly #perTenant: number;
  readonly #waitMs: number;
  readonly #facts = new WeakMap<pg.PoolClient, ConnectionFacts>();
  readonly #turns = new Map<string, Turn>();
  readonly #where: string;

  constructor(options: PoolOptions) {
    const size = options.size ?? 10;
    this.pooled = options.pooled ?? false;
    this.#perTenant = options.perTenant ?? Math.max(1, size - Math.ceil(size / 5));
    this.#waitMs = options.waitMs ?? 5_000;
    this.#where = describeUrl(options.url);
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: size,
      connectionTimeoutMillis: this.#waitMs,
      idleTimeoutMillis: 30_000,
      allowExitOnIdle: true,
      keepAlive: true,
    });
    // A connection that breaks while idle is the pool's to replace; the next call finds out if the server is gone.
    this.#pool.on('error', () => {});
    // Without a listener a broken socket would end the process; the call that holds the client sees the error itself. It must be there
    // before the pool takes its own away: a server that shuts down says so in the same packet as its greeting.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * A checked connection, in the tenant's turn.
   * @throws {RingfenceError} `database_busy`, `database_unreachable`, or what {@link checkConnection} found.
   */
  async lease(tenant: string): Promise<Lease> {
    await this.#enterTurn(tenant);
    try {
      const client = await this.#connect();
      const facts = await this.#checked(client);
      let released = false;
      return {
        client,
        facts,
        release: (trusted) => {
          if (released) return;
          released = true;
          client.release(!trusted);
          this.#leaveTurn(tenant);
        },
      };
    } catch (error) {
      this.#leaveTurn(tenant);
      throw error;
    }
  }

  /** Closes every connection, after the calls that hold one have ended. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      if (error instanceof Error && error.message.includes('timeout exceeded when trying to connect')) {
        throw new RingfenceError('database_busy', 'Every connection is in use. Try again in a moment.', {
          cause: error,
        });
      }
      throw connectionError(error, this.#where);
    }
  }

  async #checked(client: pg.PoolClient): Promise<ConnectionFacts> {
    const known = this.#facts.get(client);
    if (known) return known;
    try {
      const facts = await checkConnection(client);
      this.#facts.set(client, facts);
      return facts;
    } catch (error) {
      client.release(true);
      throw error instanceof RingfenceError ? error : connectionError(error, this.#where);
    }
  }

  async #enterTurn(tenant: string): Promise<void> {
    const turn = this.#turns.get(tenant) ?? { active: 0, waiting: [] };
    this.#turns.set(tenant, turn);
    if (turn.active < this.#perTenant) {
      turn.active++;
      return;
    }
    if (turn.waiting.length >= QUEUE_LIMIT) throw busy();
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        turn.waiting.splice(turn.waiting.indexOf(waiter), 1);
        reject(busy());
      }, this.#waitMs);
      turn.waiting.push(waiter);
    });
  }

  #leaveTurn(tenant: string): void {
    const turn = this.#turns.get(tenant);
    if (!turn) return;
    const next = turn.waiting.shift();
    if (next) next.grant();
    else if (--turn.active === 0) this.#turns.delete(tenant);
  }
}

function busy(): RingfenceError {
  return new RingfenceError(
    'database_busy',
    'This tenant has as many calls under way as it may. Try again in a moment.',
  );
}

/** Host and database of a URL, without its login and password: fit for a message. */
export function describeUrl(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host || 'the local socket'}${pathname}`;
  } catch {
    return 'the database';
  }
}
