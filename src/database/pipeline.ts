/**
 * Several statements, one network write, one Sync.
 *
 * PostgreSQL runs what stands before a Sync as one implicit transaction: all of it commits at the Sync, or none of it.
 * `pg` itself sends a Sync after each statement; this is a query object of ours on its wire.
 * Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import { createRequire } from 'node:module';
import pg from 'pg';
import type { ResultField, ResultRows, Statement } from './statement.js';

// `pg` turns JavaScript values into wire text here; a second implementation would drift from it.
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue(value: unknown): string | Buffer | null;
};

/** The part of `pg`'s connection that the extended protocol needs. */
interface WireConnection {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string; name: string; types: readonly number[] | null }): void;
  bind(message: {
    portal: string;
    statement: string;
    values: readonly unknown[];
    binary: boolean;
    valueMapper: (value: unknown) => unknown;
  }): void;
  describe(message: { type: 'P' | 'S'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
  once(event: 'readyForQuery', listener: (message: { status: string }) => void): void;
  once(event: 'end', listener: () => void): void;
  on(event: 'parseComplete' | 'noData', listener: () => void): void;
  removeListener(event: string, listener: (...args: never[]) => void): void;
}

/** What a pipeline ended with. `idle` is false where the connection cannot be trusted with another call. */
export interface PipelineOutcome {
  readonly results: readonly ResultRows[];
  readonly error: Error | null;
  /** How many statements had ended when the error came, or the end. */
  readonly ended: number;
  readonly idle: boolean;
}

/** One statement of a pipeline. */
export type PipelineStep =
  | (Statement & {
      /** A name to prepare it under on this connection; without one it is parsed for this once. */
      readonly name?: string;
    })
  | UnrunStatement;

/** A statement that is parsed and described, and not run: the result is its columns, without rows. */
export interface UnrunStatement {
  readonly describe: string;
  /** Types of the first parameters, as oids; those of the others are found out. */
  readonly parameterTypes: readonly number[];
}

interface WritableResult {
  fields: ResultField[];
  rows: (string | null)[][];
}

/** How many statements stay prepared on one connection. */
const PREPARED_LIMIT = 256;

const preparedOn = new WeakMap<object, Set<string>>();

/** A query object for `client.query()`: send it, then await {@link Pipeline.outcome}. */
export class Pipeline implements pg.Submittable {
  readonly outcome: Promise<PipelineOutcome>;
  readonly #client: pg.ClientBase;
  readonly #steps: readonly PipelineStep[];
  readonly #results: WritableResult[];
  #settle: (outcome: PipelineOutcome) => void = () => {};
  #at = 0;
  #settled = false;

  constructor(client: pg.ClientBase, steps: readonly PipelineStep[]) {
    this.#client = client;
    this.#steps = steps;
    this.#results = steps.map(() => ({ fields: [], rows: [] }));
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  submit(connection: unknown): void {
    const wire = connection as WireConnection;
    const prepared = preparedOn.get(wire) ?? new Set<string>();
    preparedOn.set(wire, prepared);
    const parsing: string[] = [];

    // A name counts as prepared when the server says so: an error further on leaves it prepared, an error before does not.
    const onParse = (): void => {
      const name = parsing.shift();
      if (name) prepared.add(name);
    };
    wire.on('parseComplete', onParse);
    wire.on('noData', this.#endDescribing);
    void this.outcome.then(() => {
      wire.removeListener('parseComplete', onParse);
      wire.removeListener('noData', this.#endDescribing);
    });

    wire.stream.cork();
    try {
      for (const step of this.#steps) {
        if ('describe' in step) {
          wire.parse({ text: step.describe, name: '', types: step.parameterTypes });
          parsing.push('');
          wire.describe({ type: 'S', name: '' });
          continue;
        }
        const { text, values, name = '' } = step;
        if (name !== '' && prepared.delete(name)) {
          prepared.add(name); // most recently used
        } else {
          if (name !== '') makeRoom(wire, prepared);
          wire.parse({ text, name, types: null });
          parsing.push(name);
        }
        wire.bind({
          portal: '',
          statement: name,
          values,
          binary: false,
          valueMapper: prepareValue,
        });
        wire.describe({ type: 'P', name: '' });
        wire.execute({ portal: '', rows: 0 });
      }
    } finally {
      wire.sync();
      wire.stream.uncork();
    }
  }

  handleRowDescription(message: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    const result = this.#results[this.#at];
    if (result)
      result.fields = message.fields.map((field) => ({ name: field.name, typeOid: field.dataTypeID }));
    this.#endDescribing();
  }

  /** The server says nothing more of a statement that it only described. */
  readonly #endDescribing = (): void => {
    const step = this.#steps[this.#at];
    if (step !== undefined && 'describe' in step) this.#at++;
  };

  handleDataRow(message: { fields: (string | null)[] }): void {
    this.#results[this.#at]?.rows.push(message.fields);
  }

  handleCommandComplete(): void {
    this.#at++;
  }

  handleEmptyQuery(): void {
    this.#at++;
  }

  handleReadyForQuery(): void {
    this.#finish(null, this.#client.getTransactionStatus() === 'I');
  }

  handleError(error: Error, connection: unknown): void {
    if (!(error instanceof pg.DatabaseError)) {
      this.#finish(error, false);
      return;
    }
    // The server skips to our Sync; the connection is good again only when it says so.
    const wire = connection as WireConnection;
    const onReady = (message: { status: string }): void => {
      wire.removeListener('end', onEnd);
      this.#finish(error, message.status === 'I');
    };
    const onEnd = (): void => {
      wire.removeListener('readyForQuery', onReady);
      this.#finish(error, false);
    };
    wire.once('readyForQuery', onReady);
    wire.once('end', onEnd);
  }

  #finish(error: Error | null, idle: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle({ results: this.#results, error, ended: this.#at, idle });
  }
}

function makeRoom(wire: WireConnection, prepared: Set<string>): void {
  if (prepared.size < PREPARED_LIMIT) return;
  const [oldest] = prepared;
  if (oldest === undefined) return;
  prepared.delete(oldest);
  wire.close({ type: 'S', name: oldest });
}
