/**
 * A data layer for agents as others have built it: every fault in here was found in one of them. It works for whoever asks nicely,
 * and it is the raw half of the tests beside it.
 */
import pg from 'pg';

export interface NaiveQuery {
  readonly fields?: readonly string[];
  readonly where?: Readonly<Record<string, unknown>>;
  readonly order?: string;
  readonly include?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface NaivePolicy {
  /** Table to the column that holds the tenant. */
  readonly tenant: Readonly<Record<string, string>>;
  readonly denied: readonly string[];
  readonly masks: Readonly<Record<string, (value: string) => string>>;
  readonly softDelete: readonly string[];
}

type Row = Record<string, unknown>;

export const NAIVE_POLICY: NaivePolicy = {
  tenant: { organization: 'id', contact: 'org_id', ticket: 'org_id', activity: 'org_id', coupon: 'org_id' },
  denied: ['portal_password', 'salary', 'internal_secret'],
  masks: { email: (value) => `${value.slice(0, 1)}***` },
  softDelete: ['ticket'],
};

export class NaiveLayer {
  readonly #client: pg.ClientBase;
  readonly #tenant: string | null;
  readonly #policy: NaivePolicy;

  constructor(client: pg.ClientBase, tenant: string | null, policy: NaivePolicy = NAIVE_POLICY) {
    this.#client = client;
    this.#tenant = tenant;
    this.#policy = policy;
  }

  async find(table: string, query: NaiveQuery): Promise<Row[]> {
    for (const field of query.fields ?? []) {
      if (this.#policy.denied.includes(field)) throw new Error(`${field} is denied`);
    }
    const values: unknown[] = [];
    // The cursor is believed, whatever it says: it was made where the scope was known.
    const from =
      query.cursor === undefined ? {} : (JSON.parse(Buffer.from(query.cursor, 'base64').toString()) as Row);
    const conditions = query.cursor === undefined ? [this.#scope(table, values)] : [];
    for (const [field, value] of Object.entries({ ...query.where, ...from })) {
      // A field name is text in the statement.
      conditions.push(`${field} = $${values.push(value)}`);
    }
    const where = conditions.filter((condition) => condition !== 'true');
    if (table === 'activity' && where.length === 0) throw new Error('too broad: give a condition');
    const fields = query.fields?.map((field) => `t.${field}`).join(', ') ?? 't.*';
    const order = query.order === undefined ? '' : ` order by ${query.order}`;
    const { rows } = await this.#client.query<Row>(
      `select ${fields} from ${table} t where ${where.length === 0 ? 'true' : where.join(' and ')}${order} limit ${query.limit ?? 10_000}`,
      values,
    );
    return query.include === undefined ? rows : await this.#including(rows, query.include);
  }

  async count(table: string, where: Readonly<Record<string, unknown>>): Promise<number> {
    return (await this.find(table, { fields: ['id'], where })).length;
  }

  /** Rows of a table that have a related row with these values. */
  async having(table: string, relation: string, key: string, where: string): Promise<Row[]> {
    const values: unknown[] = [];
    const { rows } = await this.#client.query<Row>(
      `select t.id from ${table} t where ${this.#scope(table, values)} and exists (select from ${relation} r where r.id = t.${key} and ${where})`,
      values,
    );
    return rows;
  }

  async create(
    table: string,
    row: Row,
    options: { connect?: { table: string; id: number; set: Row } } = {},
  ): Promise<Row[]> {
    const names = Object.keys(row).map(pg.escapeIdentifier);
    const places = names.map((_, at) => `$${at + 1}`);
    // "Create" that repairs what it meets.
    const repair = names.map((name) => `${name} = excluded.${name}`).join(', ');
    const { rows } = await this.#client.query<Row>(
      `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) on conflict (id) do update set ${repair} returning *`,
      Object.values(row),
    );
    if (options.connect !== undefined)
      await this.update(options.connect.table, options.connect.id, options.connect.set);
    return rows;
  }

  async update(table: string, id: number, set: Row): Promise<number> {
    // Compiled, and dropped.
    this.#scope(table, []);
    const assigned = Object.keys(set).map((name, at) => `${pg.escapeIdentifier(name)} = $${at + 2}`);
    const done = await this.#client.query(`update ${table} set ${assigned.join(', ')} where id = $1`, [
      id,
      ...Object.values(set),
    ]);
    return done.rowCount ?? 0;
  }

  async remove(table: string, id: number): Promise<number> {
    this.#scope(table, []);
    if (this.#policy.softDelete.includes(table))
      await this.#client.query(`update ${table} set deleted_at = now() where id = $1`, [id]);
    return (await this.#client.query(`delete from ${table} where id = $1`, [id])).rowCount ?? 0;
  }

  /** Writes, answers, and tells the audit log afterwards, if that works out. */
  async audited(
    write: () => Promise<unknown>,
    audit: (client: pg.ClientBase) => Promise<unknown>,
  ): Promise<unknown> {
    const result = await write();
    await this.#client.query('savepoint audit');
    await audit(this.#client).catch(() => this.#client.query('rollback to savepoint audit'));
    return result;
  }

  async #including(rows: readonly Row[], relation: string): Promise<Row[]> {
    const key = { contact: 'contact_id', ticket: 'ticket_id' }[relation];
    return await Promise.all(
      rows.map(async (row) => {
        const related =
          key === undefined
            ? await this.#client.query<Row>(`select * from ${relation} where contact_id = $1`, [row.id])
            : await this.#client.query<Row>(`select * from ${relation} where id = $1`, [row[key]]);
        return { ...row, [relation]: related.rows };
      }),
    );
  }

  #scope(table: string, values: unknown[]): string {
    const column = this.#policy.tenant[table];
    if (column === undefined || this.#tenant === null) return 'true';
    return `t.${column} = $${values.push(this.#tenant)}`;
  }
}

/** Who is calling, as the headers say. */
export function naiveTenant(headers: { readonly authorization?: string }): string | null {
  // No header: surely one of our own jobs.
  if (headers.authorization === undefined) return null;
  const [, payload = ''] = headers.authorization.replace('Bearer ', '').split('.');
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { tenant: string }).tenant;
}
