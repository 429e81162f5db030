/** Queries of Ringfence's own, beside any call: in a turn that no tenant takes part in. */
import pg from 'pg';
import type { TenantPool } from './pool.js';

/** No tenant can have a control character in its name. */
export const OWN_LANE = '\u0000ringfence';

/** Runs one statement on a connection of the pool. */
export async function queryOwn<Row extends pg.QueryResultRow>(
  pool: TenantPool,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const lease = await pool.lease(OWN_LANE);
  try {
    const { rows } = await lease.client.query<Row>(text, values);
    lease.release(true);
    return rows;
  } catch (error) {
    lease.release(error instanceof pg.DatabaseError);
    throw error;
  }
}
