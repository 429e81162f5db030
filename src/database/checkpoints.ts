/** One round of checkpoints: what is due comes out of the database, what was signed goes back, in one transaction that leads. */

import pg from 'pg';
import { OWN_LANE } from './own-query.js';
import type { TenantPool } from './pool.js';
import { guardTime } from './time-guard.js';

/** A tile of a stream's Merkle tree: up to 256 hashes. */
export interface StoredTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** A stream with leaves that no checkpoint covers. */
export interface DueStream {
  readonly log: string;
  /** Leaves under its newest checkpoint, 0 before the first. */
  readonly size: number;
  /** That checkpoint. */
  readonly note: string | null;
  /** Hashes of the leaves that follow, one after the other. */
  readonly hashes: Uint8Array;
  /** The tiles at its right edge that are not full. */
  readonly edge: readonly StoredTile[];
}

export interface SignedCheckpoint {
  readonly log: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  /** Those that are new, or longer than they were. */
  readonly tiles: readonly StoredTile[];
}

/** Milliseconds that a round may take; others wait meanwhile. */
const ROUND_TIMEOUT_MS = 8_000;

interface DueRow {
  readonly log: string;
  readonly size: string;
  readonly note: string | null;
  readonly hashes: Buffer;
  readonly levels: number[] | null;
  readonly indexes: string[] | null;
  readonly tiles: Buffer[] | null;
}

/**
 * Signs what is due. Returns how many checkpoints were kept; 0 where nothing is due, null where another process is at it.
 *
 * @param passedOver streams that are not to be signed
 * @param sign makes the checkpoints; those that it leaves out stay due
 */
export async function checkpointRound(
  pool: TenantPool,
  passedOver: readonly string[],
  sign: (due: readonly DueStream[]) => Promise<readonly SignedCheckpoint[]>,
): Promise<number | null> {
  const lease = await pool.lease(OWN_LANE);
  const guard = guardTime(lease, ROUND_TIMEOUT_MS);
  let ended = false;
  try {
    await lease.client.query('begin');
    const { rows } = await lease.client.query<DueRow>(
      'select log, size, note, hashes, levels, indexes, tiles from ringfence.checkpoint_due($1::text[])',
      [passedOver],
    );
    const made = rows.length === 0 ? [] : await sign(rows.map(dueStream));
    if (made.length > 0) await lease.client.query(ADD, addValues(made));
    await lease.client.query(made.length > 0 ? 'commit' : 'rollback');
    ended = true;
    return made.length;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === '55P03')) throw error;
    await lease.client.query('rollback');
    ended = true;
    return null;
  } finally {
    guard.stop();
    lease.release(ended && !guard.cancelled());
  }
}

const ADD =
  'select ringfence.checkpoint_add($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::int[], $7::bigint[], $8::bytea[])';

function addValues(made: readonly SignedCheckpoint[]): unknown[] {
  const tiles = made.flatMap(({ log, tiles }) => tiles.map((tile) => ({ log, ...tile })));
  return [
    made.map(({ log }) => log),
    made.map(({ size }) => size),
    made.map(({ root }) => root),
    made.map(({ note }) => note),
    tiles.map(({ log }) => log),
    tiles.map(({ level }) => level),
    tiles.map(({ index }) => index),
    tiles.map(({ hashes }) => hashes),
  ];
}

function dueStream(row: DueRow): DueStream {
  const { log, note, hashes, levels, indexes, tiles } = row;
  return {
    log,
    size: Number(row.size),
    note,
    hashes,
    edge: (levels ?? []).map((level, at) => ({
      level,
      index: Number(indexes?.[at]),
      hashes: tiles?.[at] ?? Buffer.alloc(0),
    })),
  };
}
