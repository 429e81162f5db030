/**
 * A connection lent to the product's own code for one transaction that is not the code's to end.
 *
 * It is `pg`'s own client, so that whatever is built on `pg` takes it for one: transactions that Kysely, Drizzle and Prisma open become
 * savepoints here. Once the call is over, it answers nobody. What is understood of the code's transaction control is for its convenience
 * and for the record; that no work is committed without its event is for the database to hold.
 */
import type pg from 'pg';
import { isControl, type Mapped, mapControl } from './lent-transaction.js';
import { type StatementNote, StatementRecord } from './statement-record.js';
import { type FollowedQuery, followQuery, isSubmittable, submittedText } from './submitted-query.js';
import { transactionControl } from './transaction-text.js';

export type { StatementNote } from './statement-record.js';

/** `pg`'s client, lent. */
export type LentClient = pg.PoolClient;

export interface WatchedClient {
  readonly client: LentClient;
  readonly statements: readonly StatementNote[];
  /** Rows that all statements met, those of rolled-back ones left out. */
  readonly rowCount: number;
  /** The last statement's error, where nothing has worked since but rolling back. */
  readonly failure: Error | null;
  /** What was done to the transaction without being understood: such a call cannot be recorded as it was. */
  readonly broken: Error | null;
  /** Ends the loan, once what the code has under way has ended. */
  close(): Promise<void>;
}

type Answers = readonly { readonly command: string; readonly rows: number }[];
type Callback = (error: Error | null, result?: unknown) => unknown;
type Query = (...args: unknown[]) => unknown;

const OVER = 'The call that this connection was lent for is over.';
const NOT_ALONE =
  'Transaction control stands beside other statements in one text, or in a query object: send it by itself.';

/** What is done when a loan ends, by the client that was lent. */
const afterwards = new WeakMap<object, Set<() => unknown>>();

/**
 * Has `release` called when the call is over.
 * @throws {TypeError} Where the client was not lent for a call: it would be held to no boundary.
 */
export function whenReturned(client: LentClient, release: () => unknown): void {
  const releases = afterwards.get(client);
  if (releases === undefined) {
    throw new TypeError(
      'This is not the client that a tool is given with its call: nothing holds it to a boundary.',
    );
  }
  releases.add(release);
}

export function watchClient(target: pg.PoolClient): WatchedClient {
  const record = new StatementRecord();
  const followed = new Set<FollowedQuery>();
  const releases = new Set<() => unknown>();
  const listening = listenersOf(target);
  let open = true;
  let underway = 0;
  let idle: () => void = () => {};
  let failure: Error | null = null;
  let broken: Error | null = null;

  const send = target.query.bind(target) as Query;
  /** A statement was sent; gives what to do with its answer. */
  const begun = (mapped: Mapped | null): ((error: Error | null, answers: Answers) => void) => {
    const entry = mapped === null ? record.start() : null;
    underway++;
    return (error, answers) => {
      if (error === null) {
        entry?.end(answers);
        if (mapped === null) failure = null;
        if (mapped === null && answers.some(({ command }) => isControl(command)))
          broken ??= new Error(NOT_ALONE);
      } else {
        mapped?.failed();
        failure = error;
      }
      if (--underway === 0) idle();
    };
  };
  const submit = (query: pg.Submittable): unknown => {
    const refusal = !open
      ? new Error(OVER)
      : transactionControl(submittedText(query) ?? '') === null
        ? null
        : new Error(NOT_ALONE);
    if (refusal !== null) {
      process.nextTick(() =>
        (query as unknown as { handleError(error: Error, connection: unknown): void }).handleError(
          refusal,
          (target as unknown as { readonly connection: unknown }).connection,
        ),
      );
      return query;
    }
    unnamed(query);
    const ended = begun(null);
    const one = followQuery(query, (error, answers) => {
      followed.delete(one);
      ended(error, answers);
    });
    followed.add(one);
    return send(query);
  };
  const query: Query = (first, ...rest) => {
    if (isSubmittable(first)) return submit(first);
    const { asked, values, callback } = readArguments(first, rest);
    const text = typeof asked === 'string' ? asked : (asked as { readonly text?: unknown } | null)?.text;
    const control = typeof text === 'string' && open ? transactionControl(text) : null;
    const mapped = !open ? new Error(OVER) : control === null ? null : mapControl(control, record);
    if (mapped instanceof Error) return refuse(mapped, callback);
    const ended = begun(mapped);
    const answered: Callback = (error, result) => {
      ended(error, error ? [] : answersOf(result));
      return callback?.(error, mapped === null ? result : named(result, mapped.command));
    };
    const sent = mapped === null ? [asked, ...values] : [mapped.text];
    if (callback !== undefined) return send(...sent, answered);
    return quiet(
      (send(...sent) as Promise<unknown>).then(
        (result) => {
          ended(null, answersOf(result));
          return mapped === null ? result : named(result, mapped.command);
        },
        (error: Error) => {
          ended(error, []);
          throw error;
        },
      ),
    );
  };
  const lent: LentClient = new Proxy(target, {
    get(client, name) {
      if (name === 'query') return query;
      // The connection is neither the code's to give back nor to close.
      if (name === 'release' || name === 'end') return () => Promise.resolve();
      if (name === 'connect') return () => Promise.resolve(lent);
      if (name === 'setTypeParser') return refuseParser;
      const value: unknown = Reflect.get(client, name, client);
      return typeof value === 'function' ? value.bind(client) : value;
    },
  });
  afterwards.set(lent, releases);
  return {
    client: lent,
    get statements() {
      return record.notes;
    },
    get rowCount() {
      return record.rowCount;
    },
    get failure() {
      return failure;
    },
    get broken() {
      return broken;
    },
    async close() {
      open = false;
      for (const one of followed) one.end();
      if (underway > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      removeListeners(target, listening);
      for (const release of releases) void quiet(Promise.resolve().then(release));
      releases.clear();
    },
  };
}

/** Nobody may be waiting for it, and a rejection that nobody waits for would end the process with everybody's calls. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function refuse(error: Error, callback: Callback | undefined): unknown {
  if (callback === undefined) return quiet(Promise.reject(error));
  process.nextTick(callback, error);
  return undefined;
}

function refuseParser(): never {
  throw new Error('The connection serves other calls too: give parsers to a query, as its "types".');
}

/** What `pg` takes: text or an object, values, a callback in either. Names are left out: nothing stays prepared on the connection. */
function readArguments(
  first: unknown,
  rest: readonly unknown[],
): { readonly asked: unknown; readonly values: readonly unknown[]; readonly callback: Callback | undefined } {
  const last = rest.at(-1);
  const given = typeof last === 'function' ? (last as Callback) : undefined;
  const values = given === undefined ? rest : rest.slice(0, -1);
  if (typeof first !== 'object' || first === null) return { asked: first, values, callback: given };
  const {
    name: _,
    callback: inside,
    ...asked
  } = first as { readonly name?: unknown; readonly callback?: Callback };
  return { asked, values, callback: given ?? inside };
}

function unnamed(query: pg.Submittable): void {
  const named = query as { name?: unknown };
  if (typeof named.name === 'string') named.name = undefined;
}

function answersOf(result: unknown): Answers {
  const results = (Array.isArray(result) ? result : [result]) as readonly pg.QueryResult[];
  return results.map(({ command, rowCount }) => ({ command: command ?? '', rows: rowCount ?? 0 }));
}

/** The answer to what the code asked, not to what was sent in its place. */
function named(result: unknown, command: string): unknown {
  const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult;
  last.command = command;
  return last;
}

type Listener = (...args: unknown[]) => void;

function listenersOf(emitter: NodeJS.EventEmitter): ReadonlyMap<string | symbol, readonly Listener[]> {
  return new Map(emitter.eventNames().map((name) => [name, emitter.listeners(name) as Listener[]]));
}

/** Those that were added since. */
function removeListeners(emitter: NodeJS.EventEmitter, before: ReturnType<typeof listenersOf>): void {
  for (const [name, listeners] of listenersOf(emitter)) {
    for (const listener of listeners) {
      if (!before.get(name)?.includes(listener)) emitter.removeListener(name, listener);
    }
  }
}
