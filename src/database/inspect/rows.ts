/**
 * Bounded looks at rows: is there one like this? Whoever cannot see every row of a table learns that the table was not looked at, and
 * never that there is none.
 */

/** One question, answered by true or false. */
export interface Look {
  readonly id: string;
  /** A condition that stands alone: `exists (select …)`. */
  readonly sql: string;
  /** Bytes of the tables that it may have to read. */
  readonly bytes: number;
}

export interface RowFacts {
  /** The looks that found a row. */
  readonly found: ReadonlySet<string>;
  /** The looks that could not be taken, and why. */
  readonly missed: ReadonlyMap<string, string>;
}

/** Where nobody looked. */
export const NO_ROWS: RowFacts = Object.freeze<RowFacts>({ found: new Set(), missed: new Map() });

interface Limits {
  /** For one look at a large table, or for several at small ones. */
  readonly timeoutMs?: number;
  /** For all looks together. */
  readonly totalMs?: number;
}

interface Connection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** How many looks share a statement, as long as what they read is small. */
const TOGETHER = 64;
const SMALL_BYTES = 4 * 1024 * 1024;
const LOCK_TIMEOUT_MS = 200;

/**
 * Looks, inside the caller's transaction, which is afterwards as it was. Row security is switched off for the time, so that PostgreSQL
 * refuses to answer where it would hide a row.
 */
export async function lookAtRows(
  client: Connection,
  looks: readonly Look[],
  { timeoutMs = 2000, totalMs = 15_000 }: Limits = {},
): Promise<RowFacts> {
  const found = new Set<string>();
  const missed = new Map<string, string>();
  const end = Date.now() + totalMs;
  await client.query('savepoint ringfence_looks');
  await client.query(
    `select pg_catalog.set_config('row_security', 'off', true), pg_catalog.set_config('lock_timeout', '${LOCK_TIMEOUT_MS}ms', true)`,
  );

  async function take(batch: readonly Look[]): Promise<void> {
    const left = end - Date.now();
    if (left <= 0) {
      for (const { id } of batch) missed.set(id, 'the time for looking at rows was over');
      return;
    }
    const limit = Math.max(1, Math.min(timeoutMs, left));
    const began = Date.now();
    await client.query('savepoint ringfence_look');
    try {
      await client.query(`select pg_catalog.set_config('statement_timeout', '${limit}ms', true)`);
      const [row] = (await client.query(`select ${answers(batch)} as answers`)).rows as readonly {
        readonly answers: string;
      }[];
      const given = JSON.parse(row?.answers ?? '[]') as readonly boolean[];
      batch.forEach(({ id }, at) => {
        if (given[at] === true) found.add(id);
      });
      await client.query('release savepoint ringfence_look');
    } catch (error) {
      const why = whyNot(error, limit, Date.now() - began);
      if (why === null) throw error;
      await client.query('rollback to savepoint ringfence_look');
      const [only] = batch;
      if (batch.length === 1 && only !== undefined) missed.set(only.id, why);
      else {
        const middle = Math.ceil(batch.length / 2);
        await take(batch.slice(0, middle));
        await take(batch.slice(middle));
      }
    }
  }

  for (const batch of batches(looks)) await take(batch);
  await client.query('rollback to savepoint ringfence_looks');
  await client.query('release savepoint ringfence_looks');
  return { found, missed };
}

function answers(batch: readonly Look[]): string {
  return `pg_catalog.json_build_array(${batch.map(({ sql }) => sql).join(', ')})::text`;
}

function* batches(looks: readonly Look[]): Generator<readonly Look[]> {
  let batch: Look[] = [];
  let bytes = 0;
  // The small ones first: a slow look may use up the time of those that follow.
  for (const look of looks.toSorted((a, b) => a.bytes - b.bytes)) {
    if (batch.length > 0 && (batch.length === TOGETHER || bytes + look.bytes > SMALL_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(look);
    bytes += look.bytes;
  }
  if (batch.length > 0) yield batch;
}

/** What an error means, by its SQLSTATE; null where it is not about the rows. A person's Ctrl-C cancels a statement too, but sooner. */
function whyNot(error: unknown, limit: number, tookMs: number): string | null {
  const code = String((error as { readonly code?: unknown }).code ?? '');
  if (code === '57014') return tookMs < limit * 0.9 ? null : `looking took longer than ${limit} ms`;
  if (code === '42501') return 'this login may not see all of its rows';
  if (code === '55P03') return 'somebody else held it locked';
  return /^(22|42|0A|53|55|58|XX)/.test(code) ? `PostgreSQL refused with SQLSTATE ${code}` : null;
}
