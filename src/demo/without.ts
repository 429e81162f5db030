/**
 * The other half of each attack: the same wish as a product without Ringfence grants it, in plain SQL with the product's own login.
 * Writes are taken back.
 */
import type { Administrator } from '../database/administrator.js';
import { TENANTS } from './tenants.js';

/** Runs a statement as the product's login and says in words what came of it, as `says` puts it. */
export function without(
  product: Administrator,
  sql: string,
  values: readonly unknown[],
  says: (rows: readonly Record<string, unknown>[]) => string,
): () => Promise<string> {
  return async () => {
    await product.query('begin');
    try {
      return says((await product.query(sql, values)).rows);
    } finally {
      await product.query('rollback');
    }
  };
}

/** "3 rows of Northstar Design": a count by tenant, from a column of tenants' ids. */
export function rowsOf(rows: readonly Record<string, unknown>[], column = 'organization_id'): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const tenant = String(row[column]);
    counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  }
  const parts = [...counts].map(
    ([tenant, count]) => `${count === 1 ? '1 row' : `${count} rows`} of ${nameOf(tenant)}`,
  );
  return parts.length <= 2 ? parts.join(' and ') : `${rows.length} rows of ${parts.length} tenants`;
}

function nameOf(tenant: string): string {
  return TENANTS.find(({ id }) => id === tenant)?.name ?? tenant;
}
