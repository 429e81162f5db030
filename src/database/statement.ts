/** SQL text with its bind parameters, and what comes back: the only currency between the tools and the database. */

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface ResultField {
  readonly name: string;
  readonly typeOid: number;
}

/** Rows as PostgreSQL sent them, in text form; null is NULL. `tools/decode.ts` turns them into JSON values. */
export interface ResultRows {
  readonly fields: readonly ResultField[];
  readonly rows: readonly (readonly (string | null)[])[];
}
