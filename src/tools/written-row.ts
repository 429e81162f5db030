/** What a write gives back: the row it wrote, as the slice shows it. */
import type { WrittenColumns } from '../approvals/matching.js';
import type { ResultRows } from '../database/statement.js';
import type { Draft } from './draft.js';
import { type Projection, readRows, selectList } from './projection.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';
import type { PreparedCall, ToolAnswer } from './tool.js';

export interface Returned {
  readonly projection: Projection;
  list(alias: string): string;
}

/** Every column that the role reads. */
export function allColumns(draft: Draft, table: IndexedTable): Returned {
  return returning(draft, [...table.columns.values()]);
}

/** The primary key. */
export function keyColumns(draft: Draft, table: IndexedTable): Returned {
  return returning(draft, table.key);
}

function returning(draft: Draft, columns: readonly IndexedColumn[]): Returned {
  for (const column of columns) draft.reads(column);
  const projection: Projection = { columns, includes: [] };
  return { projection, list: (alias) => selectList(projection, alias).join(', ') };
}

/** The write as a prepared call. `absent` is what to say where it met no row, `written` what it sets. */
export function writtenRow(
  draft: Draft,
  { projection }: Returned,
  {
    text,
    absent,
    written,
  }: { readonly text: string; readonly absent: string; readonly written: WrittenColumns },
): PreparedCall {
  return {
    kind: 'write',
    statement: { text, values: draft.parameters.values },
    ...draft.touched,
    written,
    rowLimit: 1,
    estimate: false,
    answer(result: ResultRows): ToolAnswer {
      const rows = readRows(projection, result, 1);
      return rows.length > 0
        ? { rows, truncated: false }
        : { rows, truncated: false, code: 'not_found', suggestion: absent };
    },
  };
}
