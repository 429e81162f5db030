/**
 * The language of conditions as SQL. Names come from the slice, values are parameters.
 *
 * Null is a value here, as an agent expects of JSON: `ne` and `not_in` include rows where the column is null (`is not true`),
 * and `not` gives exactly the rows that its conditions do not (`is not true`). Every other comparison with a null column is false.
 */
import { containing, comparison as symbol } from '../compile/operator.js';
import type { DenialCode } from '../errors.js';
import type { Filter, Operator } from '../policy/filter.js';
import { checkFilter, type FilterComplaint } from '../policy/filter-check.js';
import { refuse } from '../refusal.js';
import { formatArray } from './array-text.js';
import type { Draft } from './draft.js';
import type { IndexedColumn, IndexedTable } from './slice-index.js';
import { encodeScalar } from './value.js';

/** The conditions of a `where`, to be joined by AND. `level` is how many relations lead from the first table to this one. */
export function whereConditions(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  where: unknown,
  level: number,
): string[] {
  if (where === undefined) return [];
  const [complaint] = checkFilter(where, table.filterScope);
  if (complaint !== undefined) refuseComplaint(draft, table, complaint);
  return filterConditions(draft, table, alias, where as Filter, level);
}

function refuseComplaint(draft: Draft, table: IndexedTable, complaint: FilterComplaint): never {
  let at = table;
  let step = 0;
  for (; step < complaint.path.length - 1; step += 1) {
    const part = complaint.path[step];
    const next = complaint.path[step + 1];
    const relation = part === 'has' && typeof next === 'string' ? at.relations.get(next) : undefined;
    if (relation === undefined) continue;
    at = draft.table(relation.table);
    step += 1;
  }
  const named = complaint.path.at(-1);
  if (complaint.code.startsWith('unknown_') && typeof named === 'string') {
    draft.refuseScopeColumn(at, named);
    // The draft's own refusal of a name lists what there is.
    if (complaint.code === 'unknown_column' && complaint.suggestion?.startsWith('conditions') !== true) {
      draft.column(at, named);
    }
    if (complaint.code === 'unknown_relation') draft.relation(at, named);
  }
  const where = complaint.path.length === 0 ? 'where' : `where.${complaint.path.join('.')}`;
  return refuse(
    complaint.code,
    RULES[complaint.code] ?? draft.rule(at, 'columns'),
    `In ${where.slice(0, 200)}: ${complaint.message}.`,
    complaint.suggestion === undefined ? undefined : sentence(complaint.suggestion),
  );
}

const RULES: Readonly<Partial<Record<DenialCode, string>>> = {
  input_invalid: 'input.where',
  limit_exceeded: 'input.where',
  type_mismatch: 'input.where',
  unknown_operator: 'input.where',
};

function sentence(text: string): string {
  const end = /[.?!}]$/.test(text) ? '' : '.';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

function filterConditions(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  filter: Filter,
  level: number,
): string[] {
  const nested = (inner: Filter) => joined(filterConditions(draft, table, alias, inner, level), ' and ');
  return Object.entries(filter).flatMap(([key, value]) => {
    switch (key) {
      case 'and':
        return (value as readonly Filter[]).map(nested);
      case 'or':
        return [joined((value as readonly Filter[]).map(nested), ' or ')];
      case 'not':
        return [`${nested(value as Filter)} is not true`];
      case 'has':
        return Object.entries(value as Record<string, Filter>).map(([relation, inner]) =>
          related(draft, table, alias, relation, inner, level + 1),
        );
      default:
        return columnConditions(draft, draft.column(table, key), alias, value);
    }
  });
}

function related(
  draft: Draft,
  table: IndexedTable,
  alias: string,
  name: string,
  filter: Filter,
  level: number,
): string {
  draft.descend(level);
  const [relation, other] = draft.relation(table, name);
  const far = draft.alias();
  const conditions = [
    ...draft.join(relation, other, alias, far),
    ...draft.scope(other, far),
    ...filterConditions(draft, other, far, filter, level),
  ];
  return `exists (select 1 from ${other.view} ${far} where ${conditions.join(' and ')})`;
}

function joined(conditions: readonly string[], by: ' and ' | ' or '): string {
  return `(${conditions.join(by)})`;
}

function columnConditions(draft: Draft, column: IndexedColumn, alias: string, value: unknown): string[] {
  const sql = `${alias}.${column.ident}`;
  if (value === null) return [`${sql} is null`];
  if (Array.isArray(value)) return [comparison(draft, column, sql, 'in', value)];
  if (typeof value !== 'object') return [comparison(draft, column, sql, 'eq', value)];
  return Object.entries(value).map(([operator, operand]) =>
    comparison(draft, column, sql, operator as Operator, operand),
  );
}

function comparison(
  draft: Draft,
  column: IndexedColumn,
  sql: string,
  operator: Operator,
  operand: unknown,
): string {
  switch (operator) {
    case 'ne':
      return `(${sql} ${symbol('=', column.column)} ${bound(draft, column, operand)}) is not true`;
    case 'in':
      return `${sql} ${symbol('=', column.column)} any(${boundList(draft, column, operand)})`;
    case 'not_in':
      return `(${sql} ${symbol('=', column.column)} any(${boundList(draft, column, operand)})) is not true`;
    case 'prefix':
      return `${sql} operator(pg_catalog.^@) ${draft.parameters.bind(String(operand), 'pg_catalog.text')}`;
    case 'contains':
      return containing(sql, draft.parameters.bind(String(operand), 'pg_catalog.text'));
    case 'is_null':
      return operand === true ? `${sql} is null` : `${sql} is not null`;
    default:
      return `${sql} ${symbol(SYMBOLS[operator], column.column)} ${bound(draft, column, operand)}`;
  }
}

const SYMBOLS = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

function bound(draft: Draft, column: IndexedColumn, value: unknown): string {
  return draft.parameters.bind(textOf(column, value), column.column.castType);
}

function boundList(draft: Draft, column: IndexedColumn, values: unknown): string {
  const texts = (values as readonly unknown[]).map((value) => textOf(column, value));
  return draft.parameters.bind(formatArray(texts), `${column.column.castType}[]`);
}

function textOf(column: IndexedColumn, value: unknown): string {
  const encoded = encodeScalar(column.column, value);
  if ('text' in encoded) return encoded.text;
  return refuse(
    'type_mismatch',
    'input.where',
    `${column.name} is ${column.column.type}: ${encoded.problem}.`,
  );
}
