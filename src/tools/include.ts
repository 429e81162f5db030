/** Rows of related tables beside the rows asked for, in the same statement: `{ "customer": true, "lines": { "limit": 5 } }`. */

import { quoted, refuse } from '../refusal.js';
import { whereConditions } from './conditions.js';
import type { Draft } from './draft.js';
import { orderClause, parseOrder } from './ordering.js';
import { type IncludedRelation, jsonRow, type Projection } from './projection.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';

/** Rows that one relation may add to one answer, over all parents: what is shown for each shrinks as parents grow. */
const INCLUDED_AT_MOST = 10_000;
/** Relations beside each other. */
const RELATIONS_AT_MOST = 20;

const OPTIONS = ['columns', 'where', 'order', 'limit', 'include'] as const;

interface IncludeOptions {
  readonly columns?: readonly string[];
  readonly where?: unknown;
  readonly order?: readonly string[];
  readonly limit?: number;
  readonly include?: unknown;
}

/** Columns and included relations of a table as an agent asked for them; all columns when it named none. */
export function parseProjection(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  asked: { readonly columns?: readonly string[] | undefined; readonly include?: unknown },
  at: { readonly level: number; readonly parents: number },
): Projection {
  const columns = parseColumns(draft, table, asked.columns);
  if (asked.include === undefined) return { columns, includes: [] };
  if (!isObject(asked.include))
    return invalid('include', 'an object of relations, such as { "customer": true }');
  const entries = Object.entries(asked.include);
  if (entries.length > RELATIONS_AT_MOST) {
    refuse(
      'limit_exceeded',
      'input.include',
      `At most ${RELATIONS_AT_MOST} relations can be included.`,
      'Ask in parts.',
    );
  }
  const includes = entries
    .filter(([, options]) => options !== false)
    .map(([name, options]) => includeRelation(draft, table, alias, name, options, at));
  return { columns, includes };
}

function parseColumns(
  draft: Draft,
  table: IndexedTable,
  asked: readonly string[] | undefined,
): readonly IndexedColumn[] {
  const names = asked === undefined ? [...table.columns.keys()] : [...new Set(asked)];
  if (names.length === 0)
    return invalid('columns', 'a list of at least one column; leave it out for all of them');
  return names.map((name) => draft.column(table, name));
}

function includeRelation(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  name: string,
  given: unknown,
  at: { readonly level: number; readonly parents: number },
): IncludedRelation {
  const level = at.level + 1;
  draft.descend(level);
  const [relation, other] = draft.relation(table, name);
  const options = parseOptions(name, given);
  const limit = relation.kind === 'one' ? 1 : limitFor(draft, options.limit, at.parents);
  const far = draft.alias();
  const projection = parseProjection(draft, other, far, options, { level, parents: at.parents * limit });
  const where = [
    ...draft.join(relation, other, alias, far),
    ...draft.scope(other, far),
    ...whereConditions(draft, other, far, options.where, level),
  ].join(' and ');
  const order = orderClause(parseOrder(draft, other, options.order), far);
  const from = `from ${other.view} ${far} where ${where}`;
  const row = jsonRow(projection, far);
  const sql =
    relation.kind === 'one' ? `(select ${row} ${from} limit 1)` : manyRows(row, `${from}${order}`, limit);
  return { name, kind: relation.kind, limit, projection, sql };
}

function manyRows(row: string, from: string, limit: number): string {
  return `(select pg_catalog.json_agg(r.j) from (select ${row} as j ${from} limit ${limit + 1}) r)`;
}

function limitFor(draft: Draft, asked: number | undefined, parents: number): number {
  const share = Math.max(1, Math.floor(INCLUDED_AT_MOST / parents));
  const { rows } = draft.context.limits;
  return Math.min(asked ?? rows, rows, share);
}

function parseOptions(name: string, given: unknown): IncludeOptions {
  if (given === true) return {};
  if (!isObject(given))
    return invalid(`include.${name}`, 'true, or an object of columns, where, order, limit, include');
  for (const key of Object.keys(given)) {
    if (OPTIONS.some((option) => option === key)) continue;
    return refuse(
      'input_invalid',
      `input.include.${name}`,
      `${quoted(key)} is not an option of an include.`,
      `The options are: ${OPTIONS.join(', ')}.`,
    );
  }
  const { columns, order, limit } = given;
  if (columns !== undefined && !isNames(columns))
    return invalid(`include.${name}.columns`, 'a list of column names');
  if (order !== undefined && !isNames(order))
    return invalid(`include.${name}.order`, 'a list of column names');
  if (limit !== undefined && !(Number.isSafeInteger(limit) && Number(limit) > 0))
    return invalid(`include.${name}.limit`, 'a whole number above 0');
  return given as IncludeOptions;
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, expected: string): never {
  return refuse('input_invalid', `input.${path}`.slice(0, 120), `In ${quoted(path)}: expected ${expected}.`);
}
