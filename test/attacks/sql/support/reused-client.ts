import type pg from 'pg';

/** Everything that one text came to on a connection. */
export interface Spoken {
  /** `ok`, or the SQLSTATE. */
  readonly state: string;
  /** Rows as text, messages, details, hints and notices. */
  readonly said: string;
}

/** A connection that an attack may do anything to. */
export interface Session {
  readonly backend: number;
  /** Runs a text as it is, several statements and all. */
  say(text: string, values?: readonly unknown[]): Promise<Spoken>;
}

/**
 * One connection for one attack after another, since logging in costs more than most of them: made as new in between, and replaced where
 * that does not work any more.
 */
export class ReusedClient {
  readonly #connect: () => Promise<pg.Client>;
  #client: pg.Client | undefined;
  #said: string[] = [];

  constructor(connect: () => Promise<pg.Client>) {
    this.#connect = connect;
  }

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = this.#client ?? (await this.#open());
    try {
      const { processID } = client as unknown as { processID: number };
      return await work({ backend: processID, say: (text, values) => this.#say(client, text, values) });
    } finally {
      await this.#asNew(client);
    }
  }

  async end(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  async #open(): Promise<pg.Client> {
    const client = await this.#connect();
    client.on('error', () => undefined);
    client.on('notice', (notice) => this.#said.push(`${notice.message ?? ''} ${notice.detail ?? ''}`));
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
    connection.on('copyData', ({ chunk }: { chunk: Buffer }) => this.#said.push(chunk.toString('utf8')));
    this.#client = client;
    return client;
  }

  async #asNew(client: pg.Client): Promise<void> {
    try {
      await client.query('rollback');
      await client.query('discard all');
    } catch {
      this.#client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  async #say(client: pg.Client, text: string, values?: readonly unknown[]): Promise<Spoken> {
    this.#said = [];
    try {
      const results = [
        await client.query<(string | null)[]>({
          text,
          ...(values === undefined ? {} : { values: [...values] }),
          rowMode: 'array',
          types: AS_TEXT,
        }),
      ];
      this.#said.push(JSON.stringify(results.flat().map(({ rows }) => rows)));
      return { state: 'ok', said: this.#said.join('\n') };
    } catch (error) {
      const { message, code, detail, hint, where } = error as pg.DatabaseError;
      this.#said.push([message, detail, hint, where].join(' '));
      return { state: code ?? message, said: this.#said.join('\n') };
    }
  }
}

const AS_TEXT = { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig;
