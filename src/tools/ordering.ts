/**
 * Orders that leave nothing to chance, and where the next page starts in them.
 *
 * Every order ends with the primary key, so that no two rows tie. Nulls come last in both directions. A column that cannot be null
 * is ordered plainly, so that its index can serve either direction.
 */
import { hasCoreOperators, comparison as symbol } from '../compile/operator.js';
import { quoted, refuse } from '../refusal.js';
import { isOrdered } from './column-kind.js';
import type { Draft } from './draft.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';

interface OrderKey {
  readonly column: IndexedColumn;
  readonly descending: boolean;
}

export interface Ordering {
  readonly keys: readonly OrderKey[];
  /** Whether no two rows can tie, so that a page can end anywhere. */
  readonly total: boolean;
}

/** The order an agent asked for: column names, a leading `-` for descending. */
export function parseOrder(
  draft: Draft,
  table: IndexedTable,
  order: readonly string[] | undefined,
): Ordering {
  const keys: OrderKey[] = [];
  for (const written of order ?? []) {
    const descending = written.startsWith('-') && !table.columns.has(written);
    const column = draft.column(table, descending ? written.slice(1) : written);
    requireOrdered(column, 'order');
    if (keys.some((key) => key.column === column)) {
      refuse(
        'input_invalid',
        'input.order',
        `The order names ${quoted(column.name)} twice.`,
        'Name each column once.',
      );
    }
    keys.push({ column, descending });
  }
  // In the direction of the last key, so that one row comparison, and one index, can serve them all.
  const descending = keys.at(-1)?.descending ?? false;
  for (const column of table.key) {
    if (isOrdered(column.column) && !keys.some((key) => key.column === column))
      keys.push({ column, descending });
  }
  const total = table.key.length > 0 && table.key.every((column) => isOrdered(column.column));
  return { keys, total };
}

/** Refuses what needs an order of values, of a column whose type has none. */
export function requireOrdered(column: IndexedColumn, input: string): void {
  if (isOrdered(column.column)) return;
  refuse(
    'type_mismatch',
    `input.${input}`,
    `${column.name} is ${column.column.type}, which has no order.`,
    'Choose another column.',
  );
}

/** ` order by …`, or nothing. */
export function orderClause({ keys }: Ordering, alias: string): string {
  if (keys.length === 0) return '';
  return ` order by ${keys.map((key) => orderTerm(`${alias}.${key.column.ident}`, key)).join(', ')}`;
}

function orderTerm(sql: string, { column, descending }: OrderKey): string {
  if (!descending) return sql;
  return column.nullable ? `${sql} desc nulls last` : `${sql} desc`;
}

/** The condition that a row comes after the one whose ordering values are `after`. */
export function afterCondition(
  draft: Draft,
  { keys }: Ordering,
  alias: string,
  after: readonly (string | null)[],
): string {
  const points = keys.map((key, index) => {
    const value = after[index] ?? null;
    const bound = value === null ? null : draft.parameters.bind(value, key.column.column.castType);
    return { ...key, sql: `${alias}.${key.column.ident}`, bound };
  });
  const [first] = points;
  if (first === undefined) return 'false';
  const uniform = points.every(
    ({ descending, column }) =>
      descending === first.descending && !column.nullable && hasCoreOperators(column.column),
  );
  if (uniform) {
    const columns = points.map(({ sql }) => sql).join(', ');
    const values = points.map(({ bound }) => bound).join(', ');
    return `(${columns}) ${first.descending ? '<' : '>'} (${values})`;
  }
  const steps = points.flatMap((point, index) => {
    const beyond = beyondPoint(point);
    if (beyond === null) return [];
    const same = points
      .slice(0, index)
      .map(({ sql, bound, column }) =>
        bound === null ? `${sql} is null` : `${sql} ${symbol('=', column.column)} ${bound}`,
      );
    return [`(${[...same, beyond].join(' and ')})`];
  });
  const either = steps.length === 0 ? 'false' : `(${steps.join(' or ')})`;
  if (first.column.nullable || first.bound === null) return either;
  // Says nothing new, and lets an index on the first column start where the page does.
  return `${first.sql} ${symbol(first.descending ? '<=' : '>=', first.column.column)} ${first.bound} and ${either}`;
}

interface OrderPoint extends OrderKey {
  readonly sql: string;
  readonly bound: string | null;
}

/** Nulls come last: nothing is beyond one, and they are beyond everything else. */
function beyondPoint({ sql, bound, column, descending }: OrderPoint): string | null {
  if (bound === null) return null;
  const beyond = `${sql} ${symbol(descending ? '<' : '>', column.column)} ${bound}`;
  return column.nullable ? `(${beyond} or ${sql} is null)` : beyond;
}
