/**
 * Refreshing materialised views, and when each was refreshed: the gateway's side of `sql/0006_refresh.sql`.
 *
 * A refresh may take long and runs the product's own functions. It therefore has a connection to itself, made for it and closed after
 * it, and no agent's statement ever shares one with it.
 */
import pg from 'pg';
import { dropConnection, requestCancel } from './connection.js';
import { connectionError } from './database-error.js';
import { queryOwn } from './own-query.js';
import { describeUrl, type PoolOptions, type TenantPool } from './pool.js';

export interface ViewName {
  readonly schema: string;
  readonly view: string;
}

export type RefreshOutcome =
  | { readonly kind: 'refreshed' }
  /** Written down, and tried again later. The message is for the operator alone: it may hold values of rows. */
  | { readonly kind: 'failed'; readonly sqlstate: string; readonly message: string }
  /** Another session is at it, or the policy has it refreshed no more. */
  | { readonly kind: 'elsewhere' };

/** A view, and the moment at which its rows were read: of its last completed refresh. */
export interface RefreshedView extends ViewName {
  readonly refreshedAt: Date | null;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Milliseconds that one refresh may take. */
const REFRESH_TIMEOUT_MS = 3_600_000;
/** Milliseconds that a refresh waits for whoever holds the view: the product's own refresh, or a new index. */
const LOCK_TIMEOUT_MS = 10_000;
/** What a cancel request gets before the connection is given up. */
const CANCEL_MS = 2_000;

/** The view to refresh next, if one is due and nobody is at it. It counts as tried from here on. */
export async function nextDueView(pool: TenantPool): Promise<ViewName | null> {
  const [due] = await queryOwn<{ schema: string; view: string }>(
    pool,
    'select due_schema as schema, due_view as view from ringfence.refresh_begin()',
  );
  return due ?? null;
}

/** When every view that Ringfence refreshes was refreshed, as the server of this pool has its rows. */
export async function refreshedViews(pool: TenantPool): Promise<readonly RefreshedView[]> {
  const rows = await queryOwn<{ schema: string; view: string; at: number | null }>(
    pool,
    'select of_schema as schema, of_view as view, refreshed_ms as at from ringfence.refreshed()',
  );
  return rows.map(({ schema, view, at }) => ({
    schema,
    view,
    refreshedAt: at === null ? null : new Date(at),
  }));
}

/**
 * Refreshes one view. An aborted `signal` ends it, within moments.
 *
 * @throws {RingfenceError} `database_unreachable`; otherwise what the driver threw where the connection was lost on the way.
 */
export async function refreshView(
  { url }: Pick<PoolOptions, 'url'>,
  { schema, view }: ViewName,
  signal: AbortSignal,
): Promise<RefreshOutcome> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // Without a listener a broken socket would end the process; the statement under way fails by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, describeUrl(url));
  }
  const sockets = client as unknown as { ref(): void; unref(): void };
  // Somebody who ends without closing does not wait for it.
  sockets.unref();
  let giveUp: NodeJS.Timeout | undefined;
  const stop = (): void => {
    sockets.ref();
    void requestCancel(client);
    giveUp = setTimeout(() => dropConnection(client, 'the server did not end a refresh in time'), CANCEL_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return { kind: 'elsewhere' };
    return await refreshOn(client, schema, view);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(giveUp);
    sockets.ref();
    await client.end().catch(() => undefined);
  }
}

async function refreshOn(client: pg.Client, schema: string, view: string): Promise<RefreshOutcome> {
  // Each statement a snapshot of its own: the rows are read after the transaction's beginning, which is what is written down.
  await client.query('begin transaction isolation level read committed');
  await client.query(
    `select pg_catalog.set_config('application_name', 'ringfence refresh', true),
       pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true)`,
    [String(REFRESH_TIMEOUT_MS), String(LOCK_TIMEOUT_MS)],
  );
  const { rows } = await client.query<{ state: string; words: string | null }>(
    'select state, words from ringfence.refresh_view($1, $2)',
    [schema, view],
  );
  await client.query('commit');
  const [ended] = rows;
  if (ended === undefined) return { kind: 'elsewhere' };
  return ended.state === '00000'
    ? { kind: 'refreshed' }
    : { kind: 'failed', sqlstate: ended.state, message: ended.words ?? '' };
}
