/** Values for a write that the database would take: those that a row of ours has, or plain ones. Names of columns are the role's. */
import type { CatalogTable } from '../../policy/catalog.js';
import type { SliceColumn, SliceTable } from '../../policy/compiled.js';
import { absentValue, asInput, plainValue } from './forge.js';
import type { KnownRow } from './knowledge.js';

export type Values = Readonly<Record<string, unknown>>;

/** Columns that a call may set: those that the session sets itself, and masked ones, are not among them. */
export function settable(table: SliceTable, tool: 'create' | 'update'): readonly SliceColumn[] {
  const set = new Set(
    table.write.presets.filter(({ onUpdate }) => tool === 'create' || onUpdate).map(({ column }) => column),
  );
  return table.columns.filter(
    ({ name, mask }) => mask === null && !set.has(name) && table.write[tool]?.includes(name) === true,
  );
}

/** One column as the row has it already, then one as plain as can be; those first that refer to no other row. */
export function changesOf(
  table: SliceTable,
  columns: readonly SliceColumn[],
  row: KnownRow,
): readonly Values[] {
  const keys = new Set(table.write.guardedKeys.flatMap((key) => key.columns));
  const ordered = [...columns].sort((a, b) => Number(keys.has(a.name)) - Number(keys.has(b.name)));
  return [
    ...ordered.map((column) => ({ [column.name]: valueIn(column, row) })),
    ...ordered.map((column) => ({ [column.name]: plainValue(column) })),
  ].filter((values) => Object.values(values).every((value) => value !== undefined));
}

/** New rows: like each of those known, but for what must be unique; then as plain as can be. Each sets one of `among` at least. */
export function newRows(
  table: SliceTable,
  source: CatalogTable | undefined,
  among: readonly SliceColumn[],
  rows: readonly KnownRow[],
): readonly Values[] {
  const columns = settable(table, 'create');
  const references = new Set(table.write.guardedKeys.flatMap((key) => key.columns));
  const unique = new Set((source?.uniqueKeys ?? []).flatMap((key) => key.columns));
  const wanted = new Set(among.map(({ name }) => name));
  const valuesBy = (value: (column: SliceColumn) => unknown): Values =>
    Object.fromEntries(
      columns.flatMap((column) => {
        const needed = column.notNull && !column.hasDefault;
        const one = needed || wanted.has(column.name) ? value(column) : undefined;
        return one === undefined ? [] : [[column.name, one]];
      }),
    );
  const like = (row: KnownRow) => (column: SliceColumn) =>
    unique.has(column.name) && !references.has(column.name)
      ? (absentValue(column) ?? valueIn(column, row))
      : valueIn(column, row);
  return [...rows.map((row) => valuesBy(like(row))), valuesBy(plainValue)].filter((values) =>
    Object.keys(values).some((name) => wanted.has(name)),
  );
}

function valueIn(column: SliceColumn, row: KnownRow): unknown {
  const text = row.values.get(column.name);
  return text === undefined || text === null ? text : asInput(column, text);
}
