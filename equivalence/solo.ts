/** A tenant's own database, asked in plain SQL by an ordinary login. Values come as PostgreSQL's text. */
import pg from 'pg';

export type SoloAnswer =
  | {
      readonly kind: 'rows';
      readonly fields: readonly SoloField[];
      readonly rows: readonly (string | null)[][];
    }
  | { readonly kind: 'error'; readonly sqlstate: string; readonly message: string };

export interface SoloField {
  readonly name: string;
  readonly typeOid: number;
}

const TIMEOUT_MS = 20_000;

const AS_TEXT = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

export class Solo {
  readonly #pool: pg.Pool;

  constructor(url: string, schema: string, connections: number) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: connections,
      options: `-c search_path=${schema} -c timezone=UTC -c statement_timeout=${TIMEOUT_MS} -c default_transaction_read_only=on`,
      allowExitOnIdle: true,
    });
    this.#pool.on('error', () => undefined);
  }

  async ask(text: string): Promise<SoloAnswer> {
    try {
      const { fields, rows } = await this.#pool.query<(string | null)[]>({
        text,
        rowMode: 'array',
        types: AS_TEXT,
      });
      return {
        kind: 'rows',
        fields: fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })),
        rows,
      };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code === undefined) throw error;
      return { kind: 'error', sqlstate: error.code, message: error.message };
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
