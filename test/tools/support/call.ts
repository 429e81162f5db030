/** Calls of the data tools, without a gate: a tool prepares, the database runs what it prepared, the tool reads the answer. */
import type pg from 'pg';
import { expect } from 'vitest';
import type { ResultRows, Statement } from '../../../src/database/statement.js';
import type { Denial } from '../../../src/errors.js';
import type { ToolName } from '../../../src/policy/compiled.js';
import { dataTools } from '../../../src/tools/data-tools.js';
import { isDenial, type PreparedCall, type ToolAnswer, type ToolContext } from '../../../src/tools/tool.js';

/** What the tool makes of an input that has its shape. */
export function prepare(name: ToolName, input: unknown, context: ToolContext): PreparedCall | Denial {
  const tool = dataTools.get(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  const call = tool.prepare(tool.inputSchema.parse(input), context);
  if ('kind' in call && (call.kind === 'sql' || call.kind === 'own'))
    throw new Error('SQL of an agent, and code of the product, run through the gate alone');
  return call;
}

/** The prepared call, where it must not be a denial. */
export function prepared(name: ToolName, input: unknown, context: ToolContext): PreparedCall {
  const call = prepare(name, input, context);
  if (isDenial(call)) throw new Error(`denied: ${JSON.stringify(call)}`);
  return call;
}

/** The denial, where it must be one. */
export function denied(name: ToolName, input: unknown, context: ToolContext): Denial {
  const call = prepare(name, input, context);
  expect(call).toHaveProperty('rule');
  return call as Denial;
}

/** The answer of a call that must be allowed. */
export async function answer(
  client: pg.Client,
  name: ToolName,
  input: unknown,
  context: ToolContext,
): Promise<ToolAnswer> {
  const call = prepared(name, input, context);
  return call.answer(call.statement === null ? { fields: [], rows: [] } : await run(client, call.statement));
}

/** Runs a statement and gives its rows as PostgreSQL sent them. */
export async function run(client: pg.Client, { text, values }: Statement): Promise<ResultRows> {
  const result = await client.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: { getTypeParser: () => (sent: string) => sent } as unknown as pg.CustomTypesConfig,
  });
  return {
    fields: result.fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })),
    rows: result.rows,
  };
}

/** A connection as PostgreSQL sessions of ours are: UTC, ISO dates, nothing but pg_catalog on the search path. */
export async function asClerk(client: pg.Client): Promise<pg.Client> {
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO'; set search_path = pg_catalog`);
  return client;
}
