/**
 * A pool of the one connection that a call has, for whatever asks for a pool: one transaction or one statement at a time, the others wait
 * their turn. It opens nothing, and ends nothing.
 */
import pg from 'pg';
import { type LentClient, whenReturned } from './watched-client.js';

/** What a statement waits for a transaction to end. A statement that the transaction itself waits for would wait for ever. */
const WAIT_MS = 2_000;

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/**
 * `pg`'s pool, of the client of one call.
 * @throws {TypeError} For a client that was not lent for a call.
 */
export function poolOf(client: LentClient): pg.Pool {
  return new LentPool(client);
}

/** Drizzle and Prisma look at the class, and Drizzle at its name. */
class LentPool extends pg.Pool {
  readonly #lent: LentClient;
  readonly #waiting: ((error?: Error) => void)[] = [];
  #taken = false;

  constructor(client: LentClient) {
    super({ max: 1, host: 'no other connection is opened' });
    this.#lent = client;
    whenReturned(client, () => {
      for (const give of this.#waiting.splice(0))
        give(new Error('The call that this connection was lent for is over.'));
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    const turn = this.#take();
    if (callback === undefined) return turn;
    turn.then(
      (client) => callback(undefined, client, () => client.release()),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    if (callback === undefined) return Promise.resolve();
    process.nextTick(callback);
    return undefined;
  }

  async #take(): Promise<pg.PoolClient> {
    if (this.#taken) {
      await new Promise<void>((resolve, reject) => {
        const give = (error?: Error): void => {
          clearTimeout(timer);
          if (error === undefined) resolve();
          else reject(error);
        };
        const timer = setTimeout(() => {
          this.#waiting.splice(this.#waiting.indexOf(give), 1);
          give(
            new Error(
              'A transaction has held the connection of this call for two seconds. Inside of it, use what it gives you, not what it was begun on.',
            ),
          );
        }, WAIT_MS);
        this.#waiting.push(give);
      });
    }
    this.#taken = true;
    let held = true;
    return new Proxy(this.#lent, {
      get: (client, name) => {
        if (name !== 'release') return Reflect.get(client, name, client);
        return () => {
          if (!held) return;
          held = false;
          const next = this.#waiting.shift();
          if (next === undefined) this.#taken = false;
          else next();
        };
      },
    });
  }
}
