/**
 * The database as the gate sees it: sealed calls in, rows or a verdict out. Nothing else in Ringfence runs an agent's statement.
 */
import type pg from 'pg';
import type { Boundary } from '../boundary/boundary.js';
import type { Membership } from '../boundary/membership.js';
import type { ViewColumns } from '../compile/served.js';
import { RingfenceError } from '../errors.js';
import type { Catalog } from '../policy/catalog.js';
import type { CatalogExposure } from '../policy/exposure.js';
import type { DescribeCall, DescribeOutcome, ExecuteCall, ExecuteOutcome } from './agent-sql.js';
import { type AppCall, type AppOutcome, runInApp } from './app-session.js';
import { createApprovalStore } from './approval-store.js';
import type { ApprovalStore } from './approvals.js';
import { checkpointRound, type DueStream, type SignedCheckpoint } from './checkpoints.js';
import { type ClaimMaker, createClaimMaker } from './claim.js';
import { lostConnection } from './database-error.js';
import { describeAgentSql } from './describe-agent-sql.js';
import { executeAgentSql } from './execute-agent-sql.js';
import { introspect, readExposure } from './introspect.js';
import type { Keys } from './keys.js';
import { appUrl } from './login-url.js';
import { OWN_LANE, queryOwn } from './own-query.js';
import { Pipeline } from './pipeline.js';
import { describeUrl, type PoolOptions, TenantPool } from './pool.js';
import {
  nextDueView,
  type RefreshedView,
  type RefreshOutcome,
  refreshedViews,
  refreshView,
  type ViewName,
} from './refresh.js';
import { runSealed, type SealedCall, type SealedOutcome } from './session.js';
import type { ResultRows, Statement } from './statement.js';
import { guardTime } from './time-guard.js';
import { visitedRows } from './visited-rows.js';

export interface GatewayOptions extends PoolOptions {
  readonly keys: Keys;
  /** Where reads go instead, if given: a standby. Writes and events always go to `url`, the primary. */
  readonly replicaUrl?: string;
}

/** An event on its way to the ledger. The claim is made when it is sent: claims live for seconds. */
export interface EventToRecord {
  readonly id: string;
  readonly boundary: Boundary;
  readonly body: string;
  readonly rowCount: number;
}

/** Milliseconds in which a batch of events must become durable. */
const RECORD_TIMEOUT_MS = 10_000;
/** Connections kept apart for events, so that slow reads never hold up the record. */
const LEDGER_CONNECTIONS = 2;

export class Gateway {
  readonly #primary: TenantPool;
  readonly #reads: TenantPool;
  readonly #ledger: TenantPool;
  readonly #claims: ClaimMaker;
  readonly #pools: TenantPool[];
  /** Made for the first call that needs it: most products have no tools of their own at first. */
  #app: TenantPool | undefined;
  readonly #options: GatewayOptions;
  /** Calls that wait for people. */
  readonly approvals: ApprovalStore;

  private constructor(options: GatewayOptions, claims: ClaimMaker) {
    this.#claims = claims;
    this.#options = options;
    this.#primary = new TenantPool(options);
    this.#reads =
      options.replicaUrl === undefined
        ? this.#primary
        : new TenantPool({ ...options, url: options.replicaUrl });
    this.#ledger = new TenantPool({ ...options, size: LEDGER_CONNECTIONS, perTenant: LEDGER_CONNECTIONS });
    this.#pools = [...new Set([this.#primary, this.#reads, this.#ledger])];
    this.approvals = createApprovalStore(this.#primary, this.#ledger, claims);
  }

  /**
   * Connects, checks the login, and learns which installation this is.
   * @throws {RingfenceError} `database_unreachable`, `database_lost`, `database_unsafe`, `database_unsupported`, `policy_unapplied`.
   */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const probe = new TenantPool({ ...options, size: 1 });
    try {
      const [domain] = await queryOwn<{ domain: string }>(probe, 'select ringfence.domain() as domain');
      if (domain === undefined)
        throw new RingfenceError(
          'policy_unapplied',
          'Ringfence is not installed in this database. Run: ringfence apply',
        );
      return new Gateway(options, createClaimMaker(options.keys, domain.domain));
    } catch (error) {
      throw lostConnection(error, describeUrl(options.url));
    } finally {
      await probe.close();
    }
  }

  /** Whether reads go where events can be written too. */
  get readsOnPrimary(): boolean {
    return this.#reads === this.#primary;
  }

  /** What the database looks like to the gateway's login. */
  async catalog(): Promise<Catalog> {
    const lease = await this.#primary.lease(OWN_LANE);
    try {
      const catalog = await introspect(lease.client);
      lease.release(true);
      return catalog;
    } catch (error) {
      lease.release(false);
      throw error;
    }
  }

  /** What is open to slice roles beside their slices, as it is now. */
  async exposure(): Promise<CatalogExposure> {
    const lease = await this.#reads.lease(OWN_LANE);
    try {
      const exposure = await readExposure(lease.client);
      lease.release(true);
      return exposure;
    } catch (error) {
      lease.release(false);
      throw error;
    }
  }

  /** The columns of every slice's views, as they were when the policy was last applied. */
  async sliceViews(): Promise<ViewColumns> {
    const rows = await queryOwn<{ schema: string; view: string; columns: string[] }>(
      this.#primary,
      `select n.nspname as schema, c.relname as view, array_agg(a.attname::text) as columns
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relkind = 'v' and n.nspname ^@ 'slice_' and pg_catalog.pg_get_userbyid(c.relowner) ^@ 'ringfence_view_'
       group by n.nspname, c.relname`,
    );
    const columns = new Map(rows.map((row) => [`${row.schema}\u0000${row.view}`, new Set(row.columns)]));
    return (schema, view) => columns.get(`${schema}\u0000${view}`);
  }

  /** The hash of the policy that the database enforces, or null where none has been applied. */
  async appliedPolicy(): Promise<string | null> {
    const [row] = await queryOwn<{ hash: string | null }>(
      this.#primary,
      'select ringfence.applied_policy() as hash',
    );
    return row?.hash ?? null;
  }

  /** Runs one statement inside a boundary. Verdicts are values; only a database that cannot be reached is thrown. */
  run(call: SealedCall): Promise<SealedOutcome> {
    return runSealed(call.effect === 'read' ? this.#reads : this.#primary, this.#claims, call);
  }

  /** Rows that a read would visit, as the planner sees it; null where the planner could not say. */
  async estimate(call: SealedCall): Promise<number | null> {
    const outcome = await this.run({
      ...call,
      statement: {
        text: `explain (format json, verbose) ${call.statement.text}`,
        values: call.statement.values,
      },
    });
    const text = outcome.kind === 'rows' ? outcome.result.rows[0]?.[0] : null;
    if (typeof text !== 'string') return null;
    return visitedRows(this.#reads, text);
  }

  /** What a statement of an agent's would give, and how much it would visit. Nothing is run. */
  describe(call: DescribeCall): Promise<DescribeOutcome> {
    return describeAgentSql(this.#reads, this.#claims, call);
  }

  /** Runs a statement of an agent's, contained, and writes its event along with it, if it is given one. */
  execute(call: ExecuteCall): Promise<ExecuteOutcome> {
    return executeAgentSql(call.event === null ? this.#reads : this.#primary, this.#claims, call);
  }

  /** Runs the product's own code inside a boundary. Only a database that cannot be reached is thrown. */
  inApp<T>(call: AppCall<T>): Promise<AppOutcome<T>> {
    if (this.#app === undefined) {
      this.#app = new TenantPool({ ...this.#options, url: appUrl(this.#options.url, this.#options.keys) });
      this.#pools.push(this.#app);
    }
    return runInApp(this.#app, this.#claims, call);
  }

  /** Makes events durable, all or none. */
  async record(events: readonly EventToRecord[]): Promise<void> {
    const lease = await this.#ledger.lease(OWN_LANE);
    const { processID } = lease.client as unknown as { processID: number };
    const pid = this.#ledger.pooled ? null : processID;
    const pipeline = new Pipeline(lease.client, [
      {
        name: this.#ledger.pooled ? '' : 'ringfence_record',
        text: 'select ringfence.record($1::text[], $2::uuid[], $3::text[], $4::bigint[])',
        values: [
          events.map(({ boundary }) => this.#claims.make(boundary, pid, 'record')),
          events.map(({ id }) => id),
          events.map(({ body }) => body),
          events.map(({ rowCount }) => rowCount),
        ],
      },
    ]);
    const guard = guardTime(lease, RECORD_TIMEOUT_MS);
    lease.client.query(pipeline);
    const { error, idle } = await pipeline.outcome;
    guard.stop();
    lease.release(idle && !guard.cancelled());
    if (error !== null) throw error;
  }

  /** Chains pending events; see `ringfence.sequence`. Null while another process is at it. */
  async sequence(atMost: number): Promise<number | null> {
    const [row] = await queryOwn<{ taken: number | null }>(
      this.#ledger,
      'select ringfence.sequence($1) as taken',
      [atMost],
    );
    return row?.taken ?? null;
  }

  /** Signs streams that have grown; see `checkpointRound`. Null while another process is at it. */
  checkpoint(
    passedOver: readonly string[],
    sign: (due: readonly DueStream[]) => Promise<readonly SignedCheckpoint[]>,
  ): Promise<number | null> {
    return checkpointRound(this.#ledger, passedOver, sign);
  }

  /** A stream's newest checkpoint; null before the first. */
  async newestCheckpoint(log: string): Promise<{ readonly size: number; readonly note: string } | null> {
    const [row] = await queryOwn<{ size: string; note: string }>(
      this.#ledger,
      'select size, note from ringfence.checkpoint_newest($1)',
      [log],
    );
    return row === undefined ? null : { size: Number(row.size), note: row.note };
  }

  /** A tile of a stream's tree; null where there is none. */
  async tile(log: string, level: number, index: number): Promise<Uint8Array | null> {
    const [row] = await queryOwn<{ hashes: Buffer | null }>(
      this.#ledger,
      'select ringfence.tile_read($1, $2, $3) as hashes',
      [log, level, index],
    );
    return row?.hashes ?? null;
  }

  /** Keeps what witnesses signed under a checkpoint. */
  async cosign(log: string, size: number, lines: readonly string[]): Promise<void> {
    await queryOwn(this.#ledger, 'select ringfence.checkpoint_cosign($1, $2, $3::text[])', [
      log,
      size,
      lines,
    ]);
  }

  /** Events of all tenants that wait to be chained, 10 001 standing for more, and how long the oldest has. */
  async pendingEvents(): Promise<{ readonly events: number; readonly waitingMs: number }> {
    const [row] = await queryOwn<{ events: string; waiting_ms: string | null }>(
      this.#ledger,
      'select events, waiting_ms from ringfence.pending_events()',
    );
    return { events: Number(row?.events ?? 0), waitingMs: Math.max(0, Number(row?.waiting_ms ?? 0)) };
  }

  /** The materialised view to refresh next, if one is due and nobody is at it. */
  nextDueView(): Promise<ViewName | null> {
    return nextDueView(this.#ledger);
  }

  /** Refreshes a materialised view, on a connection of its own. */
  refreshView(view: ViewName, signal: AbortSignal): Promise<RefreshOutcome> {
    return refreshView(this.#options, view, signal);
  }

  /** When the materialised views were refreshed whose rows reads are given at this moment. */
  refreshedViews(): Promise<readonly RefreshedView[]> {
    return refreshedViews(this.#reads);
  }

  /**
   * The memberships that `ringfence.membership` holds for a user.
   * @throws {RingfenceError} `database_unreachable`, `database_lost`.
   */
  async memberships(user: string): Promise<Membership[]> {
    try {
      return await queryOwn<Membership & pg.QueryResultRow>(
        this.#primary,
        'select tenant, workspace, user_id as "user", role, plan, region from ringfence.memberships($1)',
        [user],
      );
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** What an error of this gateway's own queries means: `database_lost` where the connection was; any other is given back as it is. */
  explain(error: unknown): unknown {
    return lostConnection(error, describeUrl(this.#options.url));
  }

  /** Closes every connection once the calls under way have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }
}

/**
 * A read and its event, in one statement: one round trip and one commit, where recording apart takes two. The last column of the
 * result says whether a row was met, since the event alone gives one row as well. See {@link rowsMet}.
 *
 * The rows come as the read gave them: the one event is the outer side of a join, and its inner side is read once, in order.
 */
export function readWithEvent(read: Statement, eventId: string, body: string, rowLimit: number): Statement {
  const at = read.values.length;
  return {
    text:
      `with met as materialized (select found.*, true from (${read.text}) found), event as materialized (` +
      `select ringfence.append($${at + 1}::pg_catalog.uuid, $${at + 2}::pg_catalog.text, ` +
      `least((select pg_catalog.count(*) from met), $${at + 3}::pg_catalog.int8)) as id) ` +
      'select met.* from event left join met on true where event.id is not null',
    values: [...read.values, eventId, body, rowLimit],
  };
}

/** What the read itself gave. */
export function rowsMet({ fields, rows }: ResultRows): ResultRows {
  return { fields: fields.slice(0, -1), rows: rows.filter((row) => row.at(-1) === 't') };
}

/** A write and its event, in one statement: both commit, or neither. The event knows how many rows the write touched. */
export function writeWithEvent(write: Statement, eventId: string, body: string, atLeast: number): Statement {
  const at = write.values.length;
  return {
    text:
      `with written as (${write.text}), event as materialized (` +
      `select ringfence.append($${at + 1}::pg_catalog.uuid, $${at + 2}::pg_catalog.text, (select pg_catalog.count(*) from written), $${at + 3}::pg_catalog.int8) as id) ` +
      'select written.* from event left join written on true where event.id is not null',
    values: [...write.values, eventId, body, atLeast],
  };
}
