/** Where it is written which rows were planted, and how they are taken away: by their keys, exactly those. */
import { quoteIdent, quoteName } from '../../compile/quote.js';
import type { Administrator } from '../../database/administrator.js';
import type { CatalogTable } from '../../policy/catalog.js';
import type { Stored } from './seedling.js';

/** `plnt` in ASCII: with a digest of the batch, nobody else's advisory lock. */
const LOCK_SPACE = 1886_154_868;

/** A row that could not be taken away. */
export interface Kept {
  readonly table: string;
  readonly why: string;
}

export interface TakenAway {
  readonly rows: number;
  /** Rows that are still there, and stay in the journal. */
  readonly kept: readonly Kept[];
}

/** Says that this session is at work on a batch, for as long as it lasts. */
export async function holdBatch(administrator: Pick<Administrator, 'query'>, batch: string): Promise<void> {
  await administrator.query(`select pg_catalog.pg_advisory_lock(${LOCK_SPACE}, pg_catalog.hashtext($1))`, [
    batch,
  ]);
}

/** Writes a planted row down. In the transaction that planted it. */
export async function note(
  administrator: Pick<Administrator, 'query'>,
  batch: string,
  position: number,
  table: CatalogTable,
  row: Stored,
): Promise<void> {
  const columns = table.primaryKey.length > 0 ? table.primaryKey : table.columns.map(({ name }) => name);
  const key = Object.fromEntries(columns.map((name) => [name, row.get(name) ?? null]));
  await administrator.query(
    'insert into ringfence.planted (batch, position, schema_name, table_name, key) values ($1, $2, $3, $4, $5)',
    [batch, position, table.schema, table.name, JSON.stringify(key)],
  );
}

/** Takes away what runs left that did not come to their end. Batches that somebody is at work on are left alone. */
export async function clearAbandoned(administrator: Pick<Administrator, 'query'>): Promise<TakenAway> {
  const here = await administrator.query(
    "select pg_catalog.to_regclass('ringfence.planted') is not null as here",
  );
  if (here.rows[0]?.here !== true) return { rows: 0, kept: [] };
  const { rows } = await administrator.query('select distinct batch::text as batch from ringfence.planted');
  const all: TakenAway[] = [];
  for (const { batch } of rows) {
    const lock = `(${LOCK_SPACE}, pg_catalog.hashtext($1))`;
    const free = await administrator.query(`select pg_catalog.pg_try_advisory_lock${lock} as free`, [batch]);
    if (free.rows[0]?.free !== true) continue;
    all.push(await takeAway(administrator, String(batch)));
    await administrator.query(`select pg_catalog.pg_advisory_unlock${lock}`, [batch]);
  }
  return { rows: all.reduce((sum, one) => sum + one.rows, 0), kept: all.flatMap(({ kept }) => kept) };
}

/** Takes the rows of a batch away, the last planted first, in one transaction. */
export async function takeAway(
  administrator: Pick<Administrator, 'query'>,
  batch: string,
): Promise<TakenAway> {
  await administrator.query('begin');
  try {
    await administrator.query("set local lock_timeout = '10s'");
    const { rows } = await administrator.query(
      'select position, schema_name, table_name, key from ringfence.planted where batch = $1 order by position desc',
      [batch],
    );
    let gone = 0;
    const kept: Kept[] = [];
    for (const { position, schema_name: schema, table_name: name, key } of rows) {
      await administrator.query('savepoint row');
      try {
        gone += await deleteRow(administrator, String(schema), String(name), key as Key);
        await administrator.query('delete from ringfence.planted where batch = $1 and position = $2', [
          batch,
          position,
        ]);
        await administrator.query('release savepoint row');
      } catch (error) {
        await administrator.query('rollback to savepoint row');
        kept.push({ table: `${String(schema)}.${String(name)}`, why: whyKept(error) });
      }
    }
    await administrator.query('commit');
    return { rows: gone, kept };
  } catch (error) {
    await administrator.query('rollback').catch(() => undefined);
    throw error;
  }
}

type Key = Readonly<Record<string, string | null>>;

/** One row at most: of several that are the same in every column, any is as good as another. */
async function deleteRow(
  administrator: Pick<Administrator, 'query'>,
  schema: string,
  name: string,
  key: Key,
): Promise<number> {
  const table = quoteName(schema, name);
  const types = await keyTypes(administrator, table);
  if (types === null) return 0;
  const columns = Object.keys(key);
  const isKey = columns.length === types.size && columns.every((column) => types.has(column));
  const same = columns.map((column, at) => {
    const text = `t.${quoteIdent(column)}::text is not distinct from $${at + 1}::text`;
    // The comparison that an index serves; the other makes sure.
    return isKey ? `t.${quoteIdent(column)} = $${at + 1}::text::${types.get(column)} and ${text}` : text;
  });
  const { rows } = await administrator.query(
    `delete from ${table} d where (d.tableoid, d.ctid) in (select t.tableoid, t.ctid from ${table} t where ${same.join(' and ')} limit 1) returning 1`,
    Object.values(key),
  );
  return rows.length;
}

/** The columns of a table's primary key and their types; null where the table is gone. */
async function keyTypes(
  administrator: Pick<Administrator, 'query'>,
  table: string,
): Promise<ReadonlyMap<string, string> | null> {
  const { rows } = await administrator.query(
    `select a.attname::text as name, pg_catalog.format_type(a.atttypid, null) as type
     from (select pg_catalog.to_regclass($1) as oid) c
     left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
     left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
     where c.oid is not null`,
    [table],
  );
  if (rows.length === 0) return null;
  return new Map(
    rows.flatMap(({ name, type }) => (name === null ? [] : [[String(name), String(type)] as const])),
  );
}

function whyKept(error: unknown): string {
  const { code } = error as { readonly code?: string };
  if (code === '23503' || code === '23001') return 'other rows refer to it by now';
  if (code === '55P03') return 'somebody holds a lock on it';
  return `PostgreSQL refuses to delete it with SQLSTATE ${code ?? '?'}`;
}
