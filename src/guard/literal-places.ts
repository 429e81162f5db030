/** What PostgreSQL makes of a text in quotes, by where it stands. */
import type { FuncCall } from 'libpg-query';

/** A text in quotes gets its type there, or it gets none and a parameter would be rejected, or nothing but the literal may stand there. */
export type Place = 'typed' | 'untyped' | 'fixed';

/** Functions of PostgreSQL's that take a value of any type as it is. */
const ANY_ARGUMENT: ReadonlySet<string> = new Set([
  'concat',
  'concat_ws',
  'count',
  'format',
  'json_build_array',
  'json_build_object',
  'json_object_agg',
  'json_object_agg_strict',
  'json_object_agg_unique',
  'json_object_agg_unique_strict',
  'jsonb_build_array',
  'jsonb_build_object',
  'jsonb_object_agg',
  'jsonb_object_agg_strict',
  'jsonb_object_agg_unique',
  'jsonb_object_agg_unique_strict',
  'num_nonnulls',
  'num_nulls',
  'pg_collation_for',
  'pg_column_compression',
  'pg_column_size',
  'pg_typeof',
]);

/** Nodes whose parts are expressions that any parameter may stand in, each given a type by PostgreSQL's rules. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'A_ArrayExpr',
  'A_Expr',
  'A_Indices',
  'A_Indirection',
  'BoolExpr',
  'BooleanTest',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'CollateClause',
  'GroupingFunc',
  'JoinExpr',
  'List',
  'MinMaxExpr',
  'NamedArgExpr',
  'RangeFunction',
  'RangeSubselect',
  'SortBy',
  'SubLink',
  'WindowDef',
]);

/** Nodes that keep a text in quotes as it is. */
const UNTYPED: ReadonlySet<string> = new Set([
  'JsonArrayAgg',
  'JsonArrayConstructor',
  'JsonIsPredicate',
  'JsonKeyValue',
  'JsonObjectAgg',
  'JsonObjectConstructor',
  'JsonValueExpr',
  'NullTest',
]);

/** Where the parts of a node stand. A node that is not known here keeps its literals. */
export function placeIn(type: string): Place {
  if (TRANSPARENT.has(type)) return 'typed';
  return UNTYPED.has(type) ? 'untyped' : 'fixed';
}

/** Whether a call that is written with its schema is of a function that takes a value of any type. */
export function takesAny({ funcname = [] }: FuncCall): boolean {
  const [schema, name] = funcname.map((part) => ('String' in part ? part.String.sval : undefined));
  return schema === 'pg_catalog' && name !== undefined && ANY_ARGUMENT.has(name);
}
