/** Chinook under a policy that lets an agent write SQL, and what a tenant's own SQL would give the superuser. */

import type { Decision } from '../../../src/tools/decision.js';
import { decoderOf } from '../../../src/tools/decode.js';
import type { TestDatabase } from '../../support/database.js';

/** Whoever a customer's support representative is owns the customer: three tenants, 3, 4 and 5. */
export const CHINOOK_SQL = `
version: 1
preset: production
owners: { tenant: platform, role: product, secrets: security, audit: compliance }
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  invoice_line: { tenant: { via: invoice } }
  artist: { tenant: shared }
  album: { tenant: shared }
  track: { tenant: shared }
  genre: { tenant: shared }
  media_type: { tenant: shared }
roles:
  support:
    tools: [describe_schema, query, sql]
    limits: { rows: 500, timeout_ms: 20000 }
    tables:
      customer: { columns: [customer_id, first_name, last_name, company, city, country, email, phone], mask: { email: email, phone: last4 } }
      invoice: {}
      invoice_line: {}
      artist: {}
      album: {}
      track: {}
      genre: {}
      media_type: {}
  frugal:
    tools: [sql, query]
    limits: { rows: 5, scanned_rows: 1000, timeout_ms: 1000 }
    tables: { customer: {}, invoice: {}, invoice_line: {}, track: {} }
  reader:
    tables: { customer: {} }
plans:
  free: { tools: [query] }
`;

/** The slice of one tenant, written by hand, under the names that agents use. */
const SLICE = `
with customer as (
  select customer_id, first_name, last_name, company, city, country,
    case when position('@' in email) > 3 then left(email, 1) else '' end || '***@' || substr(email, length(email) - position('@' in reverse(email)) + 2) as email,
    case when length(phone) >= 8 then '****' || right(phone, 4) when phone is not null then '****' end as phone
  from public.customer where support_rep_id = $1::int),
invoice as (select * from public.invoice where customer_id in (select customer_id from public.customer where support_rep_id = $1::int)),
invoice_line as (select * from public.invoice_line where invoice_id in (select invoice_id from invoice))
`;

/** The rows that the statement gives over the tenant's slice, as lists of values. */
export async function byHand(
  database: TestDatabase,
  tenant: string,
  statement: string,
): Promise<unknown[][]> {
  const client = await database.connect();
  try {
    await client.query("set timezone = 'UTC'");
    const { fields, rows } = await client.query<(string | null)[]>({
      text: `${SLICE} select * from (${statement}) as answer`,
      values: [tenant],
      rowMode: 'array',
      types: { getTypeParser: () => (sent: string) => sent } as never,
    });
    return rows.map((row) =>
      row.map((text, at) => {
        const oid = fields[at]?.dataTypeID ?? 0;
        return text === null ? null : decoderOf(oid, ARRAYS.has(oid) ? 'A' : '')(text);
      }),
    );
  } finally {
    await client.end();
  }
}

/** text[] and varchar[], which no decoder needs to know. */
const ARRAYS: ReadonlySet<number> = new Set([1009, 1015]);

/** The rows of an answer as lists of values, in the order of its columns. */
export function valuesOf(decision: Decision): unknown[][] {
  if (decision.decision !== 'allowed') throw new Error(JSON.stringify(decision));
  const names = (decision.columns ?? []).map(({ name }) => name);
  return decision.rows.map((row) => names.map((name) => row[name]));
}
