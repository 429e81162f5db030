/** The package comes without types. */
declare module 'pg-cursor' {
  import type { Submittable } from 'pg';

  export default class Cursor<Row = unknown> implements Submittable {
    constructor(text: string, values?: unknown[]);
    submit(connection: unknown): void;
    read(count: number): Promise<Row[]>;
    close(): Promise<void>;
  }
}
