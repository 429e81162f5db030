/**
 * A few values of columns, for a model to see how they are written: from rows inside the boundary, in one statement, whatever the number
 * of columns.
 */
import type { ResultRows, Statement } from '../database/statement.js';
import { kindOf } from '../policy/value.js';
import type { Draft } from './draft.js';
import { textOf } from './projection.js';
import { quotedText } from './quoted-text.js';
import { costInText } from './schema-text.js';
import { scopeProblem } from './scope.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';

/** Rows of a table that are looked at. */
const ROWS = 500;
/** Values of a column. */
const VALUES = 5;
/** Characters of a value. */
const LENGTH = 40;
/** Columns that one call samples at most. */
const COLUMNS = 50;

/** Values by column, the most frequent first. */
export type Samples = ReadonlyMap<IndexedColumn, readonly string[]>;

export const NO_SAMPLES: Samples = new Map();

export interface SampleRead {
  readonly statement: Statement;
  samplesOf(result: ResultRows): Samples;
}

/**
 * Which of the columns shown may be sampled here: those the policy names, of tables whose rows this session can be tied to.
 * @param atMost Columns for which there is any use.
 */
export function sampledColumns(
  draft: Draft,
  shown: ReadonlyMap<IndexedTable, readonly IndexedColumn[]>,
  atMost: number,
): ReadonlyMap<IndexedTable, readonly IndexedColumn[]> {
  const sampled = new Map<IndexedTable, readonly IndexedColumn[]>();
  let free = Math.min(atMost, COLUMNS);
  for (const [table, columns] of shown) {
    const named = columns
      .filter(({ name }) => table.slice.samples.includes(name))
      .slice(0, Math.max(0, free));
    if (named.length === 0 || !isTied(draft, table)) continue;
    sampled.set(table, named);
    free -= named.length;
  }
  return sampled;
}

/** Whether this session has what the table's rows belong by. Without it there are none to look at, and the table is described all the same. */
function isTied({ context }: Draft, table: IndexedTable): boolean {
  return scopeProblem(table.scope, context.boundary) === undefined;
}

/** Reads samples: one row, each column of it a JSON list of one sampled column's values. */
export function readSamples(
  draft: Draft,
  sampled: ReadonlyMap<IndexedTable, readonly IndexedColumn[]>,
): SampleRead {
  const columns = [...sampled.values()].flat();
  const looked: string[] = [];
  const lists: string[] = [];
  for (const [table, own] of sampled) {
    const alias = draft.alias();
    const values = own.map((column, index) => {
      draft.reads(column);
      const text = textOf(`${alias}.${column.ident}`, column.column);
      return `pg_catalog.left(${text}, ${LENGTH + 1}) collate pg_catalog."C" as c${index}`;
    });
    const scope = draft.scope(table, alias);
    const where = scope.length === 0 ? '' : ` where ${scope.join(' and ')}`;
    looked.push(
      `r${alias} as materialized (select ${values.join(', ')} from ${table.view} ${alias}${where} limit ${ROWS})`,
    );
    for (const index of own.keys()) {
      lists.push(
        `(select pg_catalog.json_agg(v.value order by v.times desc, v.value) from (select r.c${index} as value, ` +
          `pg_catalog.count(*) as times from r${alias} r where r.c${index} is not null group by 1 order by 2 desc, 1 ` +
          `limit ${VALUES}) v) as s${lists.length}`,
      );
    }
  }
  return {
    statement: {
      text: `with ${looked.join(', ')} select ${lists.join(', ')}`,
      values: draft.parameters.values,
    },
    samplesOf: ({ rows: [row] }) =>
      new Map(
        columns.map((column, index) => {
          const list = row?.[index] ?? null;
          return [column, list === null ? [] : (JSON.parse(list) as readonly string[])] as const;
        }),
      ),
  };
}

/** Samples as they stand behind their columns, as many as there is room for. */
export function samplesInText(samples: Samples, room: number): ReadonlyMap<IndexedColumn, string> {
  const texts = new Map<IndexedColumn, string>();
  let left = room;
  for (const [column, values] of samples) {
    for (const value of values) {
      const text = texts.get(column);
      const piece = `${text === undefined ? ' e.g. ' : '|'}${sampleInText(column, value)}`;
      // Values may be anything, codes without words among them.
      const cost = Math.max(costInText(piece), piece.length / 2);
      if (cost > left) break;
      left -= cost;
      texts.set(column, `${text ?? ''}${piece}`);
    }
  }
  return texts;
}

/** Numbers as they are; everything else in quotes, for it is text that somebody wrote. */
function sampleInText({ column }: IndexedColumn, value: string): string {
  const kind = kindOf(column);
  const isNumber = (kind === 'integer' || kind === 'number') && /^-?[\d.]{1,40}$/.test(value);
  return isNumber ? value : quotedText(value, LENGTH);
}

/** What a sample costs at least, with what stands before it. */
export const LEAST_SAMPLE = costInText(' e.g. "a"');
