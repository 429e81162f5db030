/** Whether an expression of a policy keeps a row to its tenant. Pure; errs towards yes where an expression is beyond it. */
import { type Expression, partsOf } from '../../guard/expression.js';

/** The row that is judged. */
export interface JudgedRow {
  readonly table: string;
  /** The columns that say whose it is. */
  readonly tenantColumns: readonly string[];
}

/**
 * Whether rows that an expression lets through belong to the tenant it compares with: an AND with one part that does, an OR of nothing
 * else, an equality of the tenant's column with something that is not of the row, a subquery or a call that is given that column.
 */
export function keepsToTenant(expression: Expression, row: JudgedRow): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.args.some((part) => keepsToTenant(part, row));
    case 'or':
      return expression.args.every((part) => keepsToTenant(part, row));
    case 'constant':
      // A policy that lets nothing through keeps everything.
      return expression.value === false || expression.value === null;
    case 'cast':
      return expression.args.some((part) => keepsToTenant(part, row));
    case 'operator':
      return expression.name === '=' && comparesTenant(expression.args, row);
    case 'not': {
      const [denied] = expression.args;
      return denied?.kind === 'operator' && denied.name === '<>' && comparesTenant(denied.args, row);
    }
    case 'query':
      if (expression.link === 'any') return expression.test.some((part) => isTenant(part, row));
      // A query that compares with the row names its table; one that never does is the same for every row.
      return expression.args.some((part) => mentionsTenant(part, row, true));
    case 'call':
      return expression.args.some((part) => mentionsTenant(part, row, false));
    case 'other':
      return expression.args.some((part) => mentionsTenant(part, row, false));
    default:
      return false;
  }
}

/** Whether one side is the tenant’s column and the other nothing of the row. */
function comparesTenant([left, right]: readonly Expression[], row: JudgedRow): boolean {
  if (left === undefined || right === undefined) return false;
  return (
    (isTenant(left, row) && !usesRow(right, row, false)) ||
    (isTenant(right, row) && !usesRow(left, row, false))
  );
}

/** Whether it is always true, whatever the row. */
export function isTrue(expression: Expression): boolean {
  switch (expression.kind) {
    case 'constant':
      return expression.value === true;
    case 'cast':
    case 'and':
      return expression.args.every(isTrue);
    case 'or':
      return expression.args.some(isTrue);
    case 'operator': {
      const [left, right] = expression.args;
      return (
        expression.name === '=' &&
        left?.kind === 'constant' &&
        right?.kind === 'constant' &&
        left.value !== null &&
        left.value === right.value
      );
    }
    default:
      return false;
  }
}

function isTenant(expression: Expression, row: JudgedRow): boolean {
  if (expression.kind === 'column') return isTenantColumn(expression.name, row, false);
  if (expression.kind === 'cast') return expression.args.some((part) => isTenant(part, row));
  // `row (a, b) = row (…)`, `lower(tenant) = …`
  if (expression.kind === 'other' || expression.kind === 'call')
    return expression.args.some((part) => isTenant(part, row));
  return false;
}

function isTenantColumn(
  name: readonly string[],
  { table, tenantColumns }: JudgedRow,
  qualified: boolean,
): boolean {
  const column = name.at(-1) ?? '';
  if (!tenantColumns.includes(column)) return false;
  return name.length === 1 ? !qualified : name.at(-2) === table;
}

function mentionsTenant(expression: Expression, row: JudgedRow, qualified: boolean): boolean {
  for (const { part, inQuery } of partsOf(expression))
    if (part.kind === 'column' && isTenantColumn(part.name, row, qualified || inQuery)) return true;
  return false;
}

/** Whether something of the row itself is in it, outside of subqueries or, by its table's name, inside. */
export function usesRow(expression: Expression, { table }: JudgedRow, within: boolean): boolean {
  for (const { part, inQuery } of partsOf(expression, within)) {
    if (part.kind !== 'column') continue;
    if (inQuery ? part.name.length > 1 && part.name.at(-2) === table : true) return true;
  }
  return false;
}
