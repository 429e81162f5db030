/** A structured call asked of both sides, page by page, and compared. */
import type { Boundary } from '../../src/boundary/boundary.js';
import { within } from '../../src/boundary/propagation.js';
import type { Decision } from '../../src/tools/decision.js';
import { compareRows, type Verdict } from '../compare/outcome.js';
import { expectedValue, givenValue } from '../compare/values.js';
import { found, type Stage } from '../stage.js';
import type { Place } from '../world.js';
import type { Include, StructuredCall } from './input.js';
import { aggregateResults, aggregateText, getText, listLimit, queryText, type Tables } from './plain-sql.js';

/** More pages than any generated question has. */
const MOST_PAGES = 400;

type Row = Readonly<Record<string, unknown>>;

export interface StructuredAnswer {
  readonly refused: Extract<Decision, { decision: 'denied' | 'failed' }> | null;
  readonly rows: readonly Row[];
  readonly truncated: boolean;
}

/** All pages of a call in a boundary. */
export async function askShared(
  stage: Stage,
  boundary: Boundary,
  { tool, input }: StructuredCall,
): Promise<StructuredAnswer> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked = cursor === undefined ? input : { ...input, cursor };
    const decision = await within(boundary, () => stage.ringfence.call(tool, asked));
    if (decision.decision === 'pending') throw new Error('A reading tool waits for approval.');
    if (decision.decision !== 'allowed') return { refused: decision, rows, truncated: false };
    rows.push(...decision.rows);
    cursor = decision.nextCursor;
    if (cursor === undefined) return { refused: null, rows, truncated: decision.truncated };
  }
  throw new Error('The pages do not end.');
}

export async function compareStructured(
  stage: Stage,
  place: Place,
  boundary: Boundary,
  call: StructuredCall,
): Promise<Verdict> {
  const { tables, limits } = stage.role(place);
  const shared = await askShared(stage, boundary, call);
  if (shared.refused !== null) {
    const { code, rule, reason } = shared.refused;
    return { kind: 'refused', code, rule, reason };
  }
  const alone = await stage.solo(place).ask(plainText(tables, call, limits.rows));
  if (alone.kind === 'error')
    throw new Error(
      `The oracle fails: ${alone.sqlstate} ${alone.message}\n${plainText(tables, call, limits.rows)}`,
    );
  const texts = alone.rows.map(([json]) => JSON.parse(json ?? 'null') as Row);
  if (call.tool === 'aggregate') {
    const results = aggregateResults(tables, call.input);
    const { limit = limits.rows } = call.input;
    const theirs = texts
      .slice(0, limit)
      .map((row) =>
        JSON.stringify(
          results.map(({ name, typeOid }) => expectedValue(row[name] as string | null, typeOid)),
        ),
      );
    const mine = shared.rows.map((row) =>
      JSON.stringify(results.map(({ name, typeOid }) => givenValue(row[name], typeOid))),
    );
    return withTruncation(compareRows(mine, theirs, true), shared.truncated, texts.length > limit);
  }
  const theirs = comparable(tables, limits.rows, call, texts, true);
  const mine = comparable(tables, limits.rows, call, shared.rows, false);
  return withTruncation(compareRows(mine, theirs, isSorted(tables, call)), shared.truncated, false);
}

/** Whether the rows of a call come in one order alone. */
export function isSorted(tables: Tables, { tool, input }: StructuredCall): boolean {
  return tool === 'aggregate' || found(tables.get(input.table)).primaryKey.length > 0;
}

/** Rows as texts that are equal where the rows are; lists without an order are put into one. */
export function comparable(
  tables: Tables,
  rowLimit: number,
  call: StructuredCall,
  rows: readonly Row[],
  isText: boolean,
): string[] {
  if (call.tool === 'aggregate') return rows.map((row) => JSON.stringify(row));
  const reader = new RowReader(tables, rowLimit);
  const parents = call.tool === 'get' ? 1 : Math.min(call.input.limit ?? rowLimit, rowLimit);
  return rows.map((row) => JSON.stringify(reader.read(call.input.table, call.input, row, parents, isText)));
}

function withTruncation(verdict: Verdict, mine: boolean, theirs: boolean): Verdict {
  if (verdict.kind !== 'same' || mine === theirs) return verdict;
  return {
    kind: 'different',
    about: 'rows',
    what: 'whether there is more',
    shared: String(mine),
    alone: String(theirs),
  };
}

function plainText(tables: Tables, call: StructuredCall, rowLimit: number): string {
  switch (call.tool) {
    case 'query':
      return queryText(tables, call.input, Math.min(call.input.limit ?? rowLimit, rowLimit), rowLimit);
    case 'get':
      return getText(tables, call.input, rowLimit);
    case 'aggregate':
      return aggregateText(tables, call.input);
  }
}

/** Rows with those included in them, comparable: texts of the tenant's own database, or values of an answer. */
class RowReader {
  readonly #tables: Tables;
  readonly #rowLimit: number;

  constructor(tables: Tables, rowLimit: number) {
    this.#tables = tables;
    this.#rowLimit = rowLimit;
  }

  read(name: string, asked: Include, row: Row, parents: number, isText: boolean): unknown[] {
    const table = found(this.#tables.get(name));
    const columns = asked.columns ?? table.columns.map((column) => column.name);
    const values = columns.map((wanted) => {
      const { typeOid } = found(table.columns.find((column) => column.name === wanted));
      return isText ? expectedValue(row[wanted] as string | null, typeOid) : givenValue(row[wanted], typeOid);
    });
    const related = Object.entries(asked.include ?? {}).map(([relation, options]) => {
      const { kind, table: other } = found(table.relations.find((one) => one.name === relation));
      const inner = options === true ? {} : options;
      const value = row[relation];
      if (kind === 'one')
        return value === null || value === undefined
          ? null
          : this.read(other, inner, value as Row, parents, isText);
      const limit = listLimit(inner, { parents, rowLimit: this.#rowLimit });
      const list = ((value ?? []) as Row[])
        .slice(0, limit)
        .map((one) => this.read(other, inner, one, parents * limit, isText));
      const more = isText ? ((value ?? []) as Row[]).length > limit : row[`${relation}_truncated`] === true;
      const sorted = found(this.#tables.get(other)).primaryKey.length > 0;
      return [more, sorted ? list : list.map((one) => JSON.stringify(one)).sort()];
    });
    return [...values, ...related];
  }
}
