/**
 * A connection lent to the product's own code for one transaction that is not the code's to end.
 *
 * It is `pg`'s own client, so that whatever is built on `pg` takes it for one: Kysely, Drizzle and Prisma open transactions of
 * their own, which become savepoints here. Once the call is over, it answers nobody.
 */
import { performance } from 'node:perf_hooks';
import type pg from 'pg';

/** What is recorded of one statement. */
export interface StatementNote {
  /** `SELECT`, `INSERT`, … as PostgreSQL names what it did. */
  readonly command: string;
  readonly rows: number;
  readonly us: number;
}

/** `pg`'s client, lent. */
export type LentClient = pg.PoolClient;

export interface WatchedClient {
  readonly client: LentClient;
  readonly statements: readonly StatementNote[];
  /** Ends the loan. */
  close(): void;
}

type Query = (...args: unknown[]) => unknown;

/** Statements of which a note is kept; of more, only the last note counts them. */
const NOTED = 50;

export function watchClient(target: pg.PoolClient): WatchedClient {
  const statements: StatementNote[] = [];
  let open = true;
  let depth = 0;
  const note = (startedAt: number, result: unknown): void => {
    if (statements.length >= NOTED) return;
    const { command, rowCount } = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult;
    statements.push({
      command: command ?? '',
      rows: rowCount ?? 0,
      us: Math.round((performance.now() - startedAt) * 1000),
    });
  };
  const query: Query = (first, ...rest) => {
    // As a promise: nobody waits for what is asked this late, so that a throw would end somebody else's work.
    if (!open) return Promise.reject(new Error('The call that this connection was lent for is over.'));
    const startedAt = performance.now();
    const text = textOf(first);
    const mapped = text === null ? null : savepointFor(text, depth);
    if (mapped !== null) depth += mapped.deeper;
    const asked = mapped === null ? first : withText(first, mapped.text);
    const callback = rest.at(-1);
    if (typeof callback === 'function') {
      const noted: Query = (error, result) => {
        if (!error) note(startedAt, result);
        return (callback as Query)(error, result);
      };
      return (target.query as Query)(asked, ...rest.slice(0, -1), noted);
    }
    const answer = (target.query as Query)(asked, ...rest);
    if (answer instanceof Promise) {
      return answer.then((result: unknown) => {
        note(startedAt, result);
        return result;
      });
    }
    return answer;
  };
  const lent = new Proxy(target, {
    get(client, name) {
      if (name === 'query') return query;
      // The connection is neither the code's to give back nor to close.
      if (name === 'release' || name === 'end') return () => Promise.resolve();
      if (name === 'connect') return () => Promise.resolve(lent);
      const value: unknown = Reflect.get(client, name, client);
      return typeof value === 'function' ? value.bind(client) : value;
    },
  });
  return {
    client: lent,
    statements,
    close() {
      open = false;
    },
  };
}

function textOf(query: unknown): string | null {
  if (typeof query === 'string') return query;
  const { text } = (query ?? {}) as { readonly text?: unknown };
  return typeof text === 'string' ? text : null;
}

function withText(query: unknown, text: string): unknown {
  return typeof query === 'string' ? text : { ...(query as object), text };
}

/** What a statement of transaction control becomes inside a transaction that is somebody else's. */
function savepointFor(
  text: string,
  depth: number,
): { readonly text: string; readonly deeper: number } | null {
  const words = text.trim().replace(/;$/, '').toLowerCase().split(/\s+/, 3);
  const [first = '', second] = words;
  if (first === 'begin' || (first === 'start' && second === 'transaction')) {
    return { text: `savepoint ringfence_own_${depth}`, deeper: 1 };
  }
  const ends = first === 'commit' || first === 'end';
  if (!ends && !(first === 'rollback' && second !== 'to' && words[2] !== 'to')) return null;
  if (depth === 0)
    throw new Error('The transaction belongs to the call: throw to take it back, return to commit it.');
  const savepoint = `ringfence_own_${depth - 1}`;
  return { text: ends ? `release savepoint ${savepoint}` : `rollback to savepoint ${savepoint}`, deeper: -1 };
}
