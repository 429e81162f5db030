/**
 * The small JSON language for conditions: the tools' `where`, and the policy's row rules.
 *
 * ```json
 * { "status": "open", "total": { "gte": 10 }, "or": [{ "city": { "prefix": "Ber" } }, { "city": null }],
 *   "has": { "customer": { "country": "DE" } } }
 * ```
 *
 * A key is a column, or one of `and`, `or`, `not`, `has`. Several keys are joined by AND.
 * A value is a scalar (equals), null (is null), an array (in), or an object of operators.
 */

/** The operators, and what each takes. `prefix` is leakproof and can use an index under row-level security; `contains` cannot. */
export const OPERATORS = {
  eq: 'scalar',
  ne: 'scalar',
  gt: 'scalar',
  gte: 'scalar',
  lt: 'scalar',
  lte: 'scalar',
  in: 'list',
  not_in: 'list',
  prefix: 'text',
  contains: 'text',
  is_null: 'boolean',
} as const;

export type Operator = keyof typeof OPERATORS;

export interface Filter {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
  /** Rows with at least one related row that matches, by relation name. */
  readonly has?: { readonly [relation: string]: Filter };
  readonly [column: string]: unknown;
}

/** The words of the language that are never columns. */
export const CONNECTIVES = ['and', 'or', 'not', 'has'] as const;

/** In a row rule, a string of this form stands for the boundary's own value. */
export const BOUNDARY_VALUES = ['$tenant', '$workspace', '$user', '$role'] as const;
