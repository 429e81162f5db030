/**
 * Reading the ledger, as an auditor: a login that is a member of `ringfence_auditor`, or the database's administrator.
 */
import { RingfenceError } from '../errors.js';
import type { Checkpoint } from '../proof/checkpoint.js';
import type { Effect, EventBody } from './event.js';
import { type CheckpointKeys, OPERATOR_LOG } from './make-checkpoint.js';
import {
  type KeptNote,
  listedCheckpoint,
  type StoredLeaf,
  type StreamHead,
  type StreamVerdict,
  verifyStream,
} from './verify.js';

/** Where the ledger is read: a `pg` client or pool, or anything with the same `query`. */
export interface LedgerSource {
  query(
    text: string,
    values: readonly unknown[],
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}

/** One stream of the ledger. */
export interface Stream {
  readonly log: string;
  /** Whose stream it is; null where leaves have lost their stream. */
  readonly tenant: string | null;
  readonly head: StreamHead | null;
}

/** What to show; what is not given is not asked for. */
export interface EventFilter {
  readonly tenant?: string;
  /** The pseudonym of a user: `subjectName(key, tenant, user)`. */
  readonly subject?: string;
  readonly run?: string;
  readonly trace?: string;
  readonly decision?: Effect;
  readonly since?: Date;
  /** The newest so many. */
  readonly limit: number;
}

/** Whose call it was, as the database established it. */
export interface EventBoundary {
  readonly actor: string;
  readonly actor_kind: string;
  /** `acting_for:<pseudonym of the home tenant>` or `grant:<name>`; absent for work inside one's own tenant. */
  readonly cross_tenant?: string;
  readonly role: string;
  readonly run: string;
  readonly subject: string;
  readonly workspace?: string;
}

/** An event as recorded. */
export interface RecordedEvent {
  readonly eventId: string;
  readonly log: string;
  readonly tenant: string;
  /** Durable, but not yet in its chain: it has no number. */
  readonly pending: boolean;
  readonly seq: number | null;
  readonly boundary: EventBoundary;
  readonly event: EventBody;
  readonly rowCount: number;
  /** RFC 3339, UTC, microseconds; the database's clock. */
  readonly recordedAt: string;
  readonly sequencedAt: string | null;
}

/**
 * The newest events that fit, newest first, those still pending among them.
 *
 * @throws {@link RingfenceError} `ledger_tampered` where a leaf cannot even be read.
 */
export async function showEvents(source: LedgerSource, filter: EventFilter): Promise<RecordedEvent[]> {
  const { tenant, subject, run, trace, decision, since, limit } = filter;
  const matching = {
    boundary: { ...(subject !== undefined && { subject }), ...(run !== undefined && { run }) },
    event: {
      ...(trace !== undefined && { trace_id: trace }),
      ...(decision !== undefined && { decision: { effect: decision } }),
    },
  };
  const unfiltered = [subject, run, trace, decision].every((wanted) => wanted === undefined);
  const { rows } = await readable(
    source.query(
      'select log, tenant, seq, leaf from ringfence.ledger_events($1::text, $2::jsonb, $3::timestamptz, $4::int)',
      [tenant ?? null, unfiltered ? null : JSON.stringify(matching), since?.toISOString() ?? null, limit],
    ),
  );
  return rows.map(decodeEvent);
}

interface LeafContent {
  readonly boundary: EventBoundary;
  readonly event: EventBody;
  readonly event_id: string;
  readonly recorded_at: string;
  readonly row_count: number;
  readonly sequenced_at?: string;
}

function decodeEvent(row: Readonly<Record<string, unknown>>): RecordedEvent {
  const content = JSON.parse(String(row.leaf)) as LeafContent;
  const seq = row.seq === null ? null : Number(row.seq);
  return {
    eventId: content.event_id,
    log: String(row.log),
    tenant: String(row.tenant),
    pending: seq === null,
    seq,
    boundary: content.boundary,
    event: content.event,
    rowCount: content.row_count,
    recordedAt: content.recorded_at,
    sequencedAt: content.sequenced_at ?? null,
  };
}

/** Every stream there is a trace of, by name. */
export async function readStreams(source: LedgerSource): Promise<Stream[]> {
  const { rows } = await source.query('select log, tenant, seq, hash from ringfence.ledger_streams()', []);
  return rows.map((row) => ({
    log: String(row.log),
    tenant: row.tenant === null ? null : String(row.tenant),
    head: row.seq === null ? null : { seq: Number(row.seq), hash: hex(row.hash) },
  }));
}

/** The leaves of one stream in order, from the one after `after` to `last`, a thousand at a time. */
export async function* readLeaves(
  source: LedgerSource,
  log: string,
  after = 0,
  last = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<StoredLeaf> {
  for (let at = after; at < last; ) {
    const { rows } = await source.query(
      'select seq, event_id, prev, hash, leaf from ringfence.ledger_read($1::text, $2::bigint, $3::int)',
      [log, at, Math.min(1000, last - at)],
    );
    for (const row of rows) {
      at = Number(row.seq);
      if (at > last) return;
      yield {
        seq: at,
        eventId: String(row.event_id),
        prev: hex(row.prev),
        hash: hex(row.hash),
        leaf: bytes(row.leaf),
      };
    }
    if (rows.length === 0) return;
  }
}

/** The checkpoints of one stream, smallest first, a hundred at a time. */
export async function* readCheckpoints(
  source: LedgerSource,
  log: string,
  atLeast = 1,
): AsyncGenerator<KeptNote> {
  for (let next = atLeast; ; ) {
    const { rows } = await source.query(
      'select size, note from ringfence.checkpoint_read($1::text, $2::bigint, $3::int)',
      [log, next, 100],
    );
    for (const row of rows) yield { size: Number(row.size), note: String(row.note) };
    const last = rows.at(-1);
    if (last === undefined) return;
    next = Number(last.size) + 1;
  }
}

/** The note of a stream's newest checkpoint; null before the first. */
export async function newestCheckpoint(source: LedgerSource, log: string): Promise<string | null> {
  const { rows } = await source.query('select note from ringfence.checkpoint_newest($1::text)', [log]);
  return rows[0] === undefined ? null : String(rows[0].note);
}

export interface VerifyLedgerOptions {
  /** Streams of this tenant only, and the operator's. */
  readonly tenant?: string;
  /** Heads that were noted earlier and kept elsewhere, by stream. A stream that is gone altogether shows only here. */
  readonly retained?: ReadonlyMap<string, StreamHead>;
  /** Checkpoints that were kept elsewhere, by stream, their signatures verified. */
  readonly retainedCheckpoints?: ReadonlyMap<string, readonly Checkpoint[]>;
  /** The name and keys that checkpoints are signed with. Without them signatures are not verified. */
  readonly keys?: Pick<CheckpointKeys, 'name' | 'verifiers'>;
}

/**
 * Verifies every stream, one verdict each. Safe while events are being appended.
 *
 * The operator's comes first: the checkpoints that it lists are asked of the streams they are of, so that one which is gone, or was
 * rewritten together with its checkpoints, shows as long as the operator's own is whole.
 *
 * See `verify.ts` for what a verdict can and cannot show without heads or checkpoints kept elsewhere.
 */
export async function* verifyLedger(
  source: LedgerSource,
  options: VerifyLedgerOptions = {},
): AsyncGenerator<StreamVerdict & { readonly tenant: string | null }> {
  const { tenant, retained = new Map<string, StreamHead>(), retainedCheckpoints = new Map() } = options;
  const streams = new Map((await readStreams(source)).map((stream) => [stream.log, stream]));
  const listed = new Map<string, Checkpoint>();
  if (streams.has(OPERATOR_LOG) || retained.has(OPERATOR_LOG) || retainedCheckpoints.has(OPERATOR_LOG)) {
    const verdict = await verifyGrowing(source, OPERATOR_LOG, options, listed);
    if (tenant === undefined || verdict.verdict !== 'intact') yield { ...verdict, tenant: null };
  }
  const logs =
    tenant === undefined
      ? new Set([...streams.keys(), ...retained.keys(), ...retainedCheckpoints.keys(), ...listed.keys()])
      : ofTenant(streams, tenant);
  logs.delete(OPERATOR_LOG);
  for (const log of [...logs].sort()) {
    const kept = [
      ...(retainedCheckpoints.get(log) ?? []),
      ...[listed.get(log)].filter((one) => one !== undefined),
    ];
    const verdict = await verifyGrowing(source, log, {
      ...options,
      retainedCheckpoints: new Map([[log, kept]]),
    });
    yield { ...verdict, tenant: streams.get(log)?.tenant ?? null };
  }
}

function ofTenant(streams: ReadonlyMap<string, Stream>, tenant: string): Set<string> {
  return new Set(
    [...streams.values()].filter((stream) => stream.tenant === tenant).map((stream) => stream.log),
  );
}

/**
 * A stream grows while it is read, and its head is only ever behind or at its newest leaf: so the head is read after the leaves, and
 * then whatever leads up to it. Checkpoints are read as they stand when it begins: what is signed later is not asked for.
 */
async function verifyGrowing(
  source: LedgerSource,
  log: string,
  { retained, retainedCheckpoints, keys }: VerifyLedgerOptions,
  listed?: Map<string, Checkpoint>,
): Promise<StreamVerdict> {
  let head: StreamHead | null = null;
  const untilHead = async function* (): AsyncGenerator<StoredLeaf> {
    let last = 0;
    for await (const leaf of readLeaves(source, log)) {
      last = leaf.seq;
      if (listed !== undefined) list(leaf, listed);
      yield leaf;
    }
    head = await readHead(source, log);
    for await (const leaf of readLeaves(source, log, last, head?.seq ?? last)) {
      if (listed !== undefined) list(leaf, listed);
      yield leaf;
    }
  };
  const kept = retained?.get(log);
  return verifyStream(untilHead(), {
    log,
    expectedHead: async () => head,
    checkpoints: readCheckpoints(source, log),
    retainedCheckpoints: retainedCheckpoints?.get(log) ?? [],
    ...(kept !== undefined && { retained: kept }),
    ...(keys !== undefined && { keys }),
  });
}

/** Keeps what a leaf of the operator's stream tells of, the newest of each stream. */
function list(leaf: StoredLeaf, listed: Map<string, Checkpoint>): void {
  const told = listedCheckpoint(leaf);
  if (told !== null) listed.set(told.origin, told);
}

async function readHead(source: LedgerSource, log: string): Promise<StreamHead | null> {
  const { rows } = await source.query('select seq, hash from ringfence.ledger_head($1::text)', [log]);
  const [row] = rows;
  return row === undefined ? null : { seq: Number(row.seq), hash: hex(row.hash) };
}

/** `bytea` as a driver gives it: bytes, or PostgreSQL's hex text. */
function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(String(value).slice(2), 'hex');
}

function hex(value: unknown): string {
  return Buffer.from(bytes(value)).toString('hex');
}

/** A leaf that PostgreSQL cannot read as UTF-8 or as JSON was not written by it: SQLSTATE class 22. */
async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('22'))) throw error;
    throw new RingfenceError(
      'ledger_tampered',
      'A leaf of the ledger is not readable: see which with "ringfence audit verify".',
      { cause: error },
    );
  }
}
