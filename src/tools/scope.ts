/** The boundary's own values as conditions of the statement: on every table it names, at every depth. */
import type { Boundary } from '../boundary/boundary.js';
import type { ScopeAxis } from '../policy/compiled.js';
import { type ColumnType, problemOfValue } from '../policy/value.js';
import type { Parameters } from './parameters.js';
import { refuse } from './refusal.js';
import type { ScopeEquation, ScopePlan, ScopeThrough } from './scope-plan.js';

/**
 * What the rows of a table must meet to be inside the boundary, as SQL conditions to be joined by AND. `alias` is the table's name
 * in the statement.
 *
 * Refuses with `scope_missing` where the boundary lacks an axis that the table is scoped by.
 */
export function scopeConditions(
  plan: ScopePlan,
  boundary: Boundary,
  parameters: Parameters,
  alias: string,
): string[] {
  const conditions = plan.columns.map(
    (equation) => `${alias}.${equation.ident} = ${scopeValue(equation, boundary, parameters)}`,
  );
  if (plan.via !== null) {
    const own = plan.via.idents.map((ident) => `${alias}.${ident}`);
    conditions.push(insideParent(plan.via, own, boundary, parameters));
  }
  return conditions;
}

/** That `own`, the values of a child's columns as SQL, are a key of a parent inside the boundary. */
export function insideParent(
  via: ScopeThrough,
  own: readonly string[],
  boundary: Boundary,
  parameters: Parameters,
): string {
  const inside = via.equations.map(
    (equation) => `s.${equation.ident} = ${scopeValue(equation, boundary, parameters)}`,
  );
  const where = inside.length === 0 ? '' : ` where ${inside.join(' and ')}`;
  const keys = via.keys.map((key) => `s.${key}`).join(', ');
  return `(${own.join(', ')}) in (select ${keys} from ${via.view} s${where})`;
}

/** The boundary's value on an axis, as a parameter. */
function scopeValue(
  { axis, castType }: Pick<ScopeEquation, 'axis' | 'castType'>,
  boundary: Boundary,
  parameters: Parameters,
): string {
  return boundaryValue(axis, boundary[axis], castType, parameters);
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
  if (value === null || value === '') {
    return refuse(
      'scope_missing',
      `boundary.${what}`,
      `These rows belong to one ${what} each, and this session has no ${what}.`,
      `Nothing in the call can change that: the session has to be opened with a ${what}.`,
    );
  }
  const type = BOUNDARY_TYPES.get(castType);
  if (type !== undefined && problemOfValue(type, value) !== undefined) {
    return refuse(
      'type_mismatch',
      `boundary.${what}`,
      `The ${what} of this session is not of the type that its column has.`,
      'Nothing in the call can change that: the operator has to correct the session or the policy.',
    );
  }
  return parameters.once(what, value, castType);
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
