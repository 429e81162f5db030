import pg from 'pg';
import { Pipeline } from '../../../src/database/pipeline.js';
import type { ResultField } from '../../../src/database/statement.js';

export type Described =
  | { readonly columns: readonly ResultField[] }
  | { readonly sqlstate: string; readonly message: string; readonly position: number };

/** The boundary's values are text, whether or not a statement uses them. */
const BOUNDARY_TYPES = [25, 25, 25];

/** Parses a statement and asks for its columns, without running it. The types of the agent's parameters are the server's to find. */
export async function describeStatement(client: pg.ClientBase, text: string): Promise<Described> {
  const { outcome } = client.query(
    new Pipeline(client, [{ describe: text, parameterTypes: BOUNDARY_TYPES }]),
  );
  const { results, error } = await outcome;
  if (error === null) return { columns: results[0]?.fields ?? [] };
  if (!(error instanceof pg.DatabaseError)) throw error;
  return { sqlstate: error.code ?? '', message: error.message, position: Number(error.position ?? 0) };
}
