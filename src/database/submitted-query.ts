/**
 * A query object of the code's own (`pg-cursor`, `pg-query-stream`, `pg.Query`, a COPY stream): followed from its submission to the end,
 * since a portal that is left open would hold up whatever the connection does next.
 */
import type pg from 'pg';

/** What ends it early, where it has that. */
interface Endable {
  close?(done: () => void): unknown;
  destroy?(): unknown;
}

type Handler = (...args: unknown[]) => unknown;
type Handlers = Record<
  'handleDataRow' | 'handleCommandComplete' | 'handleReadyForQuery' | 'handleError',
  Handler
>;

export interface FollowedQuery {
  /** Asks it to end, where it has not. */
  end(): void;
}

export function isSubmittable(query: unknown): query is pg.Submittable {
  return typeof (query as { readonly submit?: unknown } | null)?.submit === 'function';
}

/** The text of one, where it tells: directly, or as the cursor that it reads from. */
export function submittedText(query: pg.Submittable): string | null {
  const { text, cursor } = query as {
    readonly text?: unknown;
    readonly cursor?: { readonly text?: unknown };
  };
  if (typeof text === 'string') return text;
  return typeof cursor?.text === 'string' ? cursor.text : null;
}

/** Calls `ended` once: with what was answered, or with the error. */
export function followQuery(
  query: pg.Submittable,
  ended: (
    error: Error | null,
    answers: readonly { readonly command: string; readonly rows: number }[],
  ) => void,
): FollowedQuery {
  const answers: { command: string; rows: number }[] = [];
  let met = 0;
  let over = false;
  const finish = (error: Error | null): void => {
    if (over) return;
    over = true;
    // A portal that was closed before its end has no tag: it was read from.
    if (error === null && answers.length === 0) answers.push({ command: 'SELECT', rows: met });
    ended(error, answers);
  };
  before(query, 'handleDataRow', () => {
    met++;
  });
  before(query, 'handleCommandComplete', (message) => {
    const [command = '', ...numbers] = (message as { readonly text: string }).text.split(' ');
    const counted = Number(numbers.at(-1) ?? 0);
    // Of a portal that was read in parts, the tag tells the last part.
    answers.push({ command, rows: met > 0 || Number.isNaN(counted) ? met : counted });
    met = 0;
  });
  before(query, 'handleReadyForQuery', () => finish(null));
  before(query, 'handleError', (error) => finish(error as Error));
  return {
    end() {
      if (over) return;
      const { close, destroy } = query as Endable;
      if (typeof close === 'function') close.call(query, () => {});
      else if (typeof destroy === 'function') destroy.call(query);
    },
  };
}

function before(query: pg.Submittable, name: keyof Handlers, first: Handler): void {
  const handlers = query as unknown as Partial<Handlers>;
  const own = handlers[name];
  handlers[name] = function (this: unknown, ...args: unknown[]) {
    first(...args);
    return own?.apply(query, args);
  };
}
