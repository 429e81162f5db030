/**
 * A connection of the operator's: for introspecting, planning, applying, reading the ledger. Never for an agent.
 */
import pg from 'pg';
import { RingfenceError } from '../errors.js';
import { requestCancel } from './connection.js';
import { connectionError } from './database-error.js';
import { describeUrl } from './pool.js';

const CONNECT_TIMEOUT_MS = 10_000;

export interface Administrator {
  /** Host and database, without login and password: fit for a message. */
  readonly where: string;
  /** For what needs the driver's own client. */
  readonly client: pg.Client;
  query(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** Asks the server to stop what this connection is running; that statement then fails with SQLSTATE 57014. */
  cancel(): Promise<void>;
  close(): Promise<void>;
  /** What an error of this connection's means to an operator; any other error is given back as it is. */
  explain(error: unknown): unknown;
}

/**
 * Connects as an administrator.
 * @throws {RingfenceError} `database_unreachable`.
 */
export async function connectAdministrator(url: string): Promise<Administrator> {
  const where = describeUrl(url);
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: 'ringfence',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
  } catch (error) {
    throw new RingfenceError('config_invalid', 'The URL of the database is malformed.', {
      cause: error,
      suggestion:
        'It looks like this: postgres://admin:…@host:5432/database. Encode special characters: @ as %40, / as %2F.',
    });
  }
  let lost = false;
  const lose = (): void => {
    lost = true;
  };
  // Without a listener a broken socket would end the process; the statement under way fails by itself.
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
  } catch (error) {
    throw connectionError(error, where);
  }
  return Object.freeze<Administrator>({
    where,
    client,
    query: (text, values) => client.query(text, values === undefined ? undefined : [...values]),
    cancel: () => requestCancel(client),
    close: async () => {
      if (!lost) await client.end().catch(() => undefined);
    },
    explain: (error) => explain(error, where, lost),
  });
}

function explain(error: unknown, where: string, lost: boolean): unknown {
  // Whatever else was made of it on the way: with the connection gone, nobody knows whether the last word was a commit.
  if (lost || endedTheConnection(error)) {
    return new RingfenceError('database_lost', `The connection to ${where} was lost.`, {
      cause: error,
      suggestion: 'The server has made all of it or nothing. Run "ringfence plan" to see which.',
    });
  }
  if (error instanceof RingfenceError) return error;
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (!(error instanceof pg.DatabaseError)) return error;
  if (state === '25006') {
    return new RingfenceError('database_read_only', `${where} is read-only: a standby, or set so.`, {
      cause: error,
      suggestion: 'Connect to the primary.',
    });
  }
  if (state === '57014' || state === '55P03') {
    return new RingfenceError(
      'database_timeout',
      `${where} took longer than its limits allow, or others hold what was needed.`,
      {
        cause: error,
        suggestion: 'Try again when the database is less busy.',
      },
    );
  }
  return new RingfenceError('database_refused', `${where} refused: ${error.message}.`, {
    cause: error,
    ...(state === '42501' ? { suggestion: 'Connect as the owner of the database, or as a superuser.' } : {}),
  });
}

/** Whether the server said, in an error or in one of its causes, that it was closing the connection. */
function endedTheConnection(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (
      cause instanceof pg.DatabaseError &&
      (cause.severity === 'FATAL' || /^(08|57P)/.test(cause.code ?? ''))
    )
      return true;
  }
  return false;
}
