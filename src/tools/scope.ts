/** The boundary's own values as conditions of the statement: on every table it names, at every depth. */
import type { Boundary } from '../boundary/boundary.js';
import { type Denial, deny } from '../errors.js';
import type { ScopeAxis } from '../policy/compiled.js';
import { type ColumnType, problemOfValue } from '../policy/value.js';
import { refuseWith } from '../refusal.js';
import type { Parameters } from './parameters.js';
import type { ScopePlan, ScopeThrough } from './scope-plan.js';

/** The boundary's value on an axis as SQL, of the type that the column has which it is compared with. */
export type AxisValue = (axis: ScopeAxis, castType: string) => string;

/**
 * The boundary's values as parameters of one statement.
 *
 * Refuses with `scope_missing` where the boundary lacks an axis that is asked for.
 */
export function boundValues(boundary: Boundary, parameters: Parameters): AxisValue {
  return (axis, castType) => boundaryValue(axis, boundary[axis], castType, parameters);
}

/**
 * What the rows of a table must meet to be inside the boundary, as SQL conditions to be joined by AND. `alias` is the table's name
 * in the statement.
 */
export function scopeConditions(plan: ScopePlan, axisValue: AxisValue, alias: string): string[] {
  const conditions = plan.columns.map(
    ({ axis, ident, castType }) => `${alias}.${ident} = ${axisValue(axis, castType)}`,
  );
  if (plan.via !== null) {
    const own = plan.via.idents.map((ident) => `${alias}.${ident}`);
    conditions.push(insideParent(plan.via, own, axisValue));
  }
  return conditions;
}

/** That `own`, the values of a child's columns as SQL, are a key of a parent inside the boundary. */
export function insideParent(via: ScopeThrough, own: readonly string[], axisValue: AxisValue): string {
  const inside = via.equations.map(
    ({ axis, ident, castType }) => `s.${ident} = ${axisValue(axis, castType)}`,
  );
  const where = inside.length === 0 ? '' : ` where ${inside.join(' and ')}`;
  const keys = via.keys.map((key) => `s.${key}`).join(', ');
  return `(${own.join(', ')}) in (select ${keys} from ${via.view} s${where})`;
}

/** The first of the equations of a plan that the boundary's values cannot meet, as a denial. */
export function scopeProblem({ columns, via }: ScopePlan, boundary: Boundary): Denial | undefined {
  for (const { axis, castType } of [...columns, ...(via?.equations ?? [])]) {
    const problem = problemOfBoundary(axis, boundary[axis], castType);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * A value of the boundary's as a parameter, the same one wherever it is needed with this type.
 *
 * Refuses with `scope_missing` where there is none, and with `type_mismatch` where it cannot be of the column's type: a mistake of
 * the operator's, told without the value.
 */
export function boundaryValue(
  what: ScopeAxis | 'role' | 'run' | 'actor',
  value: string | null,
  castType: string,
  parameters: Parameters,
): string {
  const problem = problemOfBoundary(what, value, castType);
  if (problem !== undefined) return refuseWith(problem);
  return parameters.once(what, value ?? '', castType);
}

function problemOfBoundary(what: string, value: string | null, castType: string): Denial | undefined {
  if (value === null || value === '') {
    return deny(
      'scope_missing',
      `boundary.${what}`,
      `These rows belong to one ${what} each, and this session has no ${what}.`,
      `Nothing in the call can change that: the session has to be opened with a ${what}.`,
    );
  }
  const type = BOUNDARY_TYPES.get(castType);
  if (type === undefined || problemOfValue(type, value) === undefined) return undefined;
  return deny(
    'type_mismatch',
    `boundary.${what}`,
    `The ${what} of this session is not of the type that its column has.`,
    'Nothing in the call can change that: the operator has to correct the session or the policy.',
  );
}

/** What a scope column's cast type says of its values; of other types PostgreSQL is the judge. */
const BOUNDARY_TYPES: ReadonlyMap<string, ColumnType> = new Map(
  (
    [
      ['int2', 21, 'N'],
      ['int4', 23, 'N'],
      ['int8', 20, 'N'],
      ['numeric', 1700, 'N'],
      ['uuid', 2950, 'U'],
      ['text', 25, 'S'],
      ['varchar', 1043, 'S'],
      ['bpchar', 1042, 'S'],
      ['date', 1082, 'D'],
    ] as const
  ).map(([name, typeOid, category]) => [
    `pg_catalog.${name}`,
    { type: name, typeOid, category, enumLabels: null },
  ]),
);
