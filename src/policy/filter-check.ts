/**
 * Whether a filter is one: known columns and relations, operators that exist, values that fit, a size that is bearable.
 * Pure. The tools judge an agent's `where` with it, the policy judges its row rules.
 */
import type { DenialCode } from '../errors.js';
import { BOUNDARY_VALUES, CONNECTIVES, OPERATORS, type Operator } from './filter.js';
import { didYouMean, nearest } from './nearest.js';
import { type ColumnType, kindOf, problemOfValue, type ValueKind } from './value.js';

/** Limits of one filter, relation filters inside it included. */
const FILTER_LIMITS = { nesting: 8, conditions: 200, list: 500 } as const;

/** What the names in a filter can mean: the columns and relations of one table. */
export interface FilterScope {
  readonly columns: ReadonlyMap<string, ColumnType>;
  /** By name; asked only when a filter names one, so cycles of relations do no harm. */
  readonly relations: ReadonlyMap<string, () => FilterScope>;
}

export interface FilterComplaint {
  readonly code: Extract<
    DenialCode,
    | 'unknown_column'
    | 'unknown_operator'
    | 'unknown_relation'
    | 'type_mismatch'
    | 'limit_exceeded'
    | 'input_invalid'
  >;
  /** From the filter's own top: `['or', 1, 'total', 'gte']`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly suggestion?: string;
}

export interface FilterCheckOptions {
  /** Whether `$tenant`, `$workspace`, `$user` and `$role` stand for the boundary's values, as in a row rule. Default false: they are text. */
  readonly boundaryValues?: boolean;
}

/**
 * Everything that is wrong with a filter; empty where it is one, and `filter` may then be read as a {@link Filter}.
 *
 * @example
 * ```ts
 * checkFilter({ totl: { gte: 10 } }, scope);
 * // [{ code: 'unknown_column', path: ['totl'], message: 'there is no column totl', suggestion: 'did you mean total?' }]
 * ```
 */
export function checkFilter(
  filter: unknown,
  scope: FilterScope,
  options: FilterCheckOptions = {},
): readonly FilterComplaint[] {
  const check = new FilterCheck(options.boundaryValues ?? false);
  check.filter(filter, scope, [], 1);
  return check.complaints;
}

type Path = FilterComplaint['path'];

class FilterCheck {
  readonly complaints: FilterComplaint[] = [];
  readonly #boundaryValues: boolean;
  #conditions = 0;

  constructor(boundaryValues: boolean) {
    this.#boundaryValues = boundaryValues;
  }

  filter(filter: unknown, scope: FilterScope, path: Path, depth: number) {
    if (!isObject(filter))
      return this.#complain('input_invalid', path, 'expected an object of conditions', {});
    if (depth > FILTER_LIMITS.nesting)
      return this.#complain(
        'limit_exceeded',
        path,
        `conditions are nested deeper than ${FILTER_LIMITS.nesting}`,
        {
          suggestion: 'join conditions in one object',
        },
      );
    for (const [key, value] of Object.entries(filter)) {
      const inside = [...path, key];
      if (key === 'and' || key === 'or') this.#list(value, scope, inside, depth);
      else if (key === 'not') this.#nested(value, scope, inside, depth);
      else if (key === 'has') this.#related(value, scope, inside, depth);
      else this.#column(key, value, scope, inside);
    }
  }

  #list(value: unknown, scope: FilterScope, path: Path, depth: number) {
    if (!Array.isArray(value) || value.length === 0)
      return this.#complain('input_invalid', path, 'expected a list of at least one filter', {});
    if (value.length > FILTER_LIMITS.conditions) return this.#tooMany(path);
    for (const [index, item] of value.entries()) this.#nested(item, scope, [...path, index], depth);
  }

  /** A filter without conditions matches every row: inside `or` or `not` that is never what was meant. */
  #nested(value: unknown, scope: FilterScope, path: Path, depth: number) {
    if (isObject(value) && Object.keys(value).length === 0)
      return this.#complain('input_invalid', path, 'is a filter without conditions', {});
    this.filter(value, scope, path, depth + 1);
  }

  #related(value: unknown, scope: FilterScope, path: Path, depth: number) {
    if (!isObject(value) || Object.keys(value).length === 0)
      return this.#complain('input_invalid', path, 'expected { relation: filter }', {});
    for (const [name, inner] of Object.entries(value)) {
      const related = scope.relations.get(name);
      if (related === undefined)
        this.#complain('unknown_relation', [...path, name], `there is no relation ${shown(name)}`, {
          ...didYouMean(name, scope.relations.keys()),
        });
      else if (this.#count([...path, name])) this.filter(inner, related(), [...path, name], depth + 1);
    }
  }

  #column(name: string, value: unknown, scope: FilterScope, path: Path) {
    const column = scope.columns.get(name);
    if (column === undefined) return this.#unknownColumn(name, scope, path);
    if (value === null) this.#count(path);
    else if (Array.isArray(value)) this.#operator('in', value, column, path);
    else if (isObject(value)) {
      const operators = Object.entries(value);
      if (operators.length === 0)
        this.#complain('input_invalid', path, 'expected a value or an operator', {
          suggestion: 'for example { "eq": … }',
        });
      for (const [operator, operand] of operators) {
        if (isOperator(operator)) this.#operator(operator, operand, column, [...path, operator]);
        else this.#unknownOperator(operator, [...path, operator]);
      }
    } else this.#operator('eq', value, column, path);
  }

  #operator(operator: Operator, operand: unknown, column: ColumnType, path: Path) {
    if (!this.#count(path)) return;
    const allowed = operatorsFor(kindOf(column));
    if (!allowed.includes(operator))
      return this.#complain('type_mismatch', path, `${operator} does not apply to ${column.type}`, {
        suggestion: `for this column: ${allowed.join(', ')}`,
      });
    switch (OPERATORS[operator]) {
      case 'boolean':
        if (typeof operand !== 'boolean') this.#complain('type_mismatch', path, 'expected true or false', {});
        return;
      case 'text':
        if (typeof operand !== 'string') return this.#complain('type_mismatch', path, 'expected text', {});
        if (operand === '')
          return this.#complain('type_mismatch', path, 'expected text that is not empty', {});
        return this.#value(operand, column, path, false);
      case 'scalar':
        return this.#value(operand, column, path, this.#boundaryValues);
      case 'list':
        if (!Array.isArray(operand))
          return this.#complain('type_mismatch', path, 'expected a list of values', {});
        if (operand.length > FILTER_LIMITS.list)
          return this.#complain(
            'limit_exceeded',
            path,
            `a list holds more than ${FILTER_LIMITS.list} values`,
            {
              suggestion: 'ask in parts',
            },
          );
        for (const [index, item] of operand.entries())
          this.#value(item, column, [...path, index], this.#boundaryValues);
    }
  }

  #value(value: unknown, column: ColumnType, path: Path, boundaryValues: boolean) {
    if (value === null)
      return this.#complain('type_mismatch', path, 'nothing equals null or is ordered by it', {
        suggestion: 'use { "is_null": true } or { "is_null": false }',
      });
    if (boundaryValues && typeof value === 'string' && /^\$[a-z_]+$/.test(value)) {
      if (!BOUNDARY_VALUES.some((known) => known === value))
        this.#complain('input_invalid', path, `${value} is no value of the boundary`, {
          suggestion: `there are ${BOUNDARY_VALUES.join(', ')}`,
        });
      return;
    }
    const problem = problemOfValue(column, value);
    if (problem !== undefined) this.#complain('type_mismatch', path, problem, {});
  }

  #unknownColumn(name: string, scope: FilterScope, path: Path) {
    const relation = scope.relations.has(name) ? name : undefined;
    const advice =
      relation === undefined
        ? didYouMean(name, [...scope.columns.keys(), ...CONNECTIVES])
        : { suggestion: `conditions on related rows go under has: { "has": { "${relation}": { … } } }` };
    this.#complain('unknown_column', path, `there is no column ${shown(name)}`, advice);
  }

  #unknownOperator(operator: string, path: Path): void {
    const meant =
      SYNONYMS.get(operator.toLowerCase().replace(/^\$/, '')) ?? nearest(operator, Object.keys(OPERATORS));
    this.#complain('unknown_operator', path, `there is no operator ${shown(operator)}`, {
      suggestion: meant === undefined ? `there are ${Object.keys(OPERATORS).join(', ')}` : `use ${meant}`,
    });
  }

  /** Counts one condition; false, with one complaint for the whole filter, once there are too many. */
  #count(path: Path): boolean {
    this.#conditions += 1;
    if (this.#conditions === FILTER_LIMITS.conditions + 1) this.#tooMany(path);
    return this.#conditions <= FILTER_LIMITS.conditions;
  }

  #tooMany(path: Path): void {
    this.#complain('limit_exceeded', path, `more than ${FILTER_LIMITS.conditions} conditions`, {
      suggestion: 'use one in: […] for many values of a column',
    });
  }

  #complain(
    code: FilterComplaint['code'],
    path: Path,
    message: string,
    advice: { readonly suggestion?: string },
  ): void {
    this.complaints.push({ code, path, message, ...advice });
  }
}

/** The operators that apply to a kind of value. */
function operatorsFor(kind: ValueKind): readonly Operator[] {
  switch (kind) {
    case 'text':
      return Object.keys(OPERATORS).filter(isOperator);
    case 'boolean':
      return ['eq', 'ne', 'in', 'not_in', 'is_null'];
    case 'opaque':
      return ['is_null'];
    default:
      return ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'not_in', 'is_null'];
  }
}

/** What other languages call the operators. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['=', 'eq'],
  ['==', 'eq'],
  ['equals', 'eq'],
  ['!=', 'ne'],
  ['<>', 'ne'],
  ['neq', 'ne'],
  ['not', 'ne'],
  ['>', 'gt'],
  ['>=', 'gte'],
  ['ge', 'gte'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['le', 'lte'],
  ['nin', 'not_in'],
  ['notin', 'not_in'],
  ['between', 'gte and lte'],
  ['like', 'prefix or contains'],
  ['ilike', 'contains'],
  ['startswith', 'prefix'],
  ['starts_with', 'prefix'],
  ['isnull', 'is_null'],
  ['null', 'is_null'],
  ['exists', 'is_null'],
]);

function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERATORS, name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A name somebody made up, short enough for a message. */
function shown(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
