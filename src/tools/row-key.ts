/** One row by its primary key. */
import { comparison } from '../compile/operator.js';
import { kindOf } from '../policy/value.js';
import { refuse } from '../refusal.js';
import type { Draft } from './draft.js';
import type { RowId } from './inputs.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';
import { encodeScalar } from './value.js';

/** That a row is the one with this id, as conditions to be joined by AND. */
export function keyConditions(draft: Draft, table: IndexedTable, alias: string, id: RowId): string[] {
  const { key } = table;
  if (key.length === 0) {
    return refuse(
      'input_invalid',
      draft.rule(table, 'primary_key'),
      `Rows of ${table.slice.name} cannot be told apart by an id here.`,
      'Use "query" with conditions instead.',
    );
  }
  const values = typeof id === 'object' ? namedValues(draft, table, id) : bareValue(table, id);
  const texts = key.map((column) => keyText(draft, column, values.get(column.name)));
  draft.refersTo(table.slice.name, texts);
  return key.map(
    ({ ident, column }, at) =>
      `${alias}.${ident} ${comparison('=', column)} ${draft.parameters.bind(texts[at] ?? null, column.castType)}`,
  );
}

function namedValues(
  draft: Draft,
  table: IndexedTable,
  id: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  const values = new Map(Object.entries(id));
  for (const name of values.keys()) {
    const column = draft.column(table, name);
    if (!table.key.includes(column)) return wrongKey(table);
  }
  return values.size === table.key.length ? values : wrongKey(table);
}

function bareValue(table: IndexedTable, id: string | number): ReadonlyMap<string, unknown> {
  const [column, ...more] = table.key;
  return column === undefined || more.length > 0 ? wrongKey(table) : new Map([[column.name, id]]);
}

function wrongKey(table: IndexedTable): never {
  const names = table.key.map(({ name }) => name);
  return refuse(
    'input_invalid',
    'input.id',
    `The primary key of ${table.slice.name} is ${names.join(', ')}.`,
    `Give the id as ${JSON.stringify(Object.fromEntries(names.map((name) => [name, '…'])))}.`,
  );
}

function keyText(draft: Draft, column: IndexedColumn, given: unknown): string {
  draft.reads(column);
  const value = typeof given === 'number' && kindOf(column.column) === 'text' ? String(given) : given;
  const encoded = encodeScalar(column.column, value);
  if ('text' in encoded) return encoded.text;
  return refuse('type_mismatch', 'input.id', `${column.name} is ${column.column.type}: ${encoded.problem}.`);
}
