/** What an aggregate computes and groups by, as SQL and as columns of the result. */
import type { SliceColumn } from '../policy/compiled.js';
import { refuse } from '../refusal.js';
import { hasExtremes, isAveragable, isDated, isSummable } from './column-kind.js';
import type { Draft } from './draft.js';
import { requireOrdered } from './ordering.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';

/** One column of the result. Its name is the agent's; in the statement it goes by `indexed.ident`, which is ours. */
export interface OutputColumn {
  readonly indexed: IndexedColumn;
  readonly sql: string;
}

export interface Metric {
  readonly fn: 'count' | 'sum' | 'avg' | 'min' | 'max' | 'count_distinct';
  readonly column?: string | undefined;
  readonly as?: string | undefined;
}

export type Group =
  | string
  | { readonly column: string; readonly by: 'day' | 'week' | 'month' | 'quarter' | 'year' };

type ResultType = Pick<SliceColumn, 'type' | 'castType' | 'typeOid' | 'category' | 'enumLabels'>;

const BIGINT: ResultType = {
  type: 'bigint',
  castType: 'pg_catalog.int8',
  typeOid: 20,
  category: 'N',
  enumLabels: null,
};
const NUMERIC: ResultType = {
  type: 'numeric',
  castType: 'pg_catalog.numeric',
  typeOid: 1700,
  category: 'N',
  enumLabels: null,
};
const DOUBLE: ResultType = {
  type: 'double precision',
  castType: 'pg_catalog.float8',
  typeOid: 701,
  category: 'N',
  enumLabels: null,
};
const DATE: ResultType = {
  type: 'date',
  castType: 'pg_catalog.date',
  typeOid: 1082,
  category: 'D',
  enumLabels: null,
};
const FLOATS: ReadonlySet<number> = new Set([700, 701]);
const INTERVAL_OR_MONEY: ReadonlySet<number> = new Set([1186, 790]);
const TIMESTAMPTZ = 1184;

/** A column to group by, or the first day of the day, week, month, quarter or year it falls in, in UTC. */
export function compileGroup(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  asked: Group,
  ident: string,
): OutputColumn {
  const column = draft.column(table, typeof asked === 'string' ? asked : asked.column);
  requireOrdered(column, 'group_by');
  const sql = `${alias}.${column.ident}`;
  if (typeof asked === 'string') return { indexed: { ...column, ident, nullable: true }, sql };
  if (!isDated(column.column)) refuseType(column, 'group_by', 'is not a date');
  const local =
    column.column.typeOid === TIMESTAMPTZ ? `${sql} at time zone 'UTC'` : `${sql}::pg_catalog.timestamp`;
  return {
    indexed: outputColumn(column, `${column.name}_${asked.by}`, ident, DATE),
    sql: `pg_catalog.date_trunc('${asked.by}', ${local})::pg_catalog.date`,
  };
}

/** One number, or least or greatest value, for each group. */
export function compileMetric(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  asked: Metric,
  ident: string,
): OutputColumn {
  if (asked.column === undefined) {
    if (asked.fn !== 'count') {
      refuse(
        'input_invalid',
        'input.metrics',
        `${asked.fn} needs a column.`,
        `Write { "fn": "${asked.fn}", "column": … }.`,
      );
    }
    return { indexed: outputColumn(null, asked.as ?? 'count', ident, BIGINT), sql: 'pg_catalog.count(*)' };
  }
  const column = draft.column(table, asked.column);
  const sql = `${alias}.${column.ident}`;
  const name = asked.as ?? `${asked.fn}_${column.name}`;
  const distinct = asked.fn === 'count_distinct';
  return {
    indexed: outputColumn(column, name, ident, resultType(column, asked.fn)),
    sql: `pg_catalog.${distinct ? 'count' : asked.fn}(${distinct ? 'distinct ' : ''}${sql})`,
  };
}

function resultType(column: IndexedColumn, fn: Metric['fn']): ResultType {
  switch (fn) {
    case 'count':
      return BIGINT;
    case 'count_distinct':
      requireOrdered(column, 'metrics');
      return BIGINT;
    case 'sum':
      if (!isSummable(column.column)) refuseType(column, 'metrics', 'does not add up');
      return totalType(column.column);
    case 'avg':
      if (!isAveragable(column.column)) refuseType(column, 'metrics', 'has no average');
      return totalType(column.column);
    default:
      if (!hasExtremes(column.column)) refuseType(column, 'metrics', `has no ${fn}`);
      return column.column;
  }
}

function totalType(column: SliceColumn): ResultType {
  if (INTERVAL_OR_MONEY.has(column.typeOid)) return column;
  return FLOATS.has(column.typeOid) ? DOUBLE : NUMERIC;
}

function outputColumn(
  of: IndexedColumn | null,
  name: string,
  ident: string,
  type: ResultType,
): IndexedColumn {
  const { type: shown, castType, typeOid, category, enumLabels } = type;
  return {
    name,
    ident,
    path: of?.path ?? null,
    nullable: true,
    column: {
      name,
      type: shown,
      castType,
      typeOid,
      category,
      notNull: false,
      hasDefault: false,
      mask: null,
      enumLabels,
      comment: null,
    },
  };
}

function refuseType(column: IndexedColumn, input: string, problem: string): never {
  return refuse(
    'type_mismatch',
    `input.${input}`,
    `${column.name} is ${column.column.type}, which ${problem}.`,
    column.column.mask === null
      ? 'Choose another column.'
      : 'What is shown of it is masked; choose another column.',
  );
}
