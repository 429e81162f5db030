/**
 * A statement as the generator makes it and the shrinker cuts it: queries in full, expressions as forms with places in them.
 *
 * What makes an answer certain is not in the tree but in how it is written (`text.ts`): a LIMIT always comes with an order over every
 * result, a window that counts rows with an order over every column. So a statement that was cut is as certain as before.
 */

/** What an expression can be put into. */
export type Kind =
  | 'int'
  | 'numeric'
  | 'float'
  | 'text'
  | 'bool'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'
  | 'json'
  | 'bytea'
  | 'ints'
  | 'texts'
  | 'enum';

export interface Type {
  readonly kind: Kind;
  /** What a literal is cast to. */
  readonly sql: string;
}

export interface NamedColumn {
  readonly name: string;
  /** Undefined for a type that expressions leave alone. */
  readonly type: Type | undefined;
}

export interface ColumnRef {
  readonly node: 'column';
  readonly type: Type;
  readonly alias: string;
  readonly name: string;
}

export interface Literal {
  readonly node: 'literal';
  readonly type: Type;
  readonly text: string | null;
  /** Written without its type, where the place gives it one. */
  readonly bare: boolean;
  /** Not any value would do in its place: a pattern, a step. */
  readonly kept: boolean;
}

/** Texts and the expressions, queries and lists of columns between them. */
export interface Form {
  readonly node: 'form';
  readonly type: Type;
  /** What it is counted as. */
  readonly feature: string;
  readonly parts: readonly Part[];
}

/** Every column of the FROM around that has an order: `a.x, a.y, b.z`. */
export interface EveryColumn {
  readonly node: 'every';
}

export type Expr = ColumnRef | Literal | Form;
export type Part = string | Expr | Query | EveryColumn;

export interface Table {
  readonly node: 'table';
  readonly alias: string;
  readonly table: string;
  /** The product's own name, which an agent may use as well. */
  readonly product: string | null;
  readonly columns: readonly NamedColumn[];
}

/** A common table expression, by its name. */
export interface CommonTable {
  readonly node: 'common';
  readonly alias: string;
  readonly name: string;
}

export interface Derived {
  readonly node: 'derived';
  readonly alias: string;
  readonly query: Query;
  readonly lateral: boolean;
}

export interface Series {
  readonly node: 'function';
  readonly alias: string;
  readonly call: Form;
  readonly columns: readonly NamedColumn[];
  readonly lateral: boolean;
  readonly ordinality: boolean;
}

export interface Join {
  readonly node: 'join';
  readonly how: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'comma';
  readonly left: From;
  readonly right: From;
  readonly on: Expr | 'natural' | readonly string[] | null;
}

export type From = Table | CommonTable | Derived | Series | Join;

export interface Item {
  readonly name: string;
  readonly expr: Expr;
}

export interface Key {
  /** From 0: which result. */
  readonly at: number;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last' | null;
}

/** An order alone is a wish; with a limit, or `all`, it is completed with every result. */
export interface Ordering {
  readonly keys: readonly Key[];
  readonly limit: number | null;
  readonly offset: number | null;
  /** FETCH FIRST … WITH TIES: then the keys alone decide. */
  readonly ties: boolean;
  /** How results are named in it, where they have a name or are no mere number. */
  readonly by: 'position' | 'name' | 'expression';
}

export interface Common {
  readonly name: string;
  readonly query: Query;
  readonly columns: readonly string[];
  readonly materialized: boolean | null;
}

interface QueryParts {
  readonly commons: readonly Common[];
  readonly recursive: boolean;
  readonly ordering: Ordering | null;
}

export interface Select extends QueryParts {
  readonly node: 'select';
  /** `on`: this many of the first results decide. */
  readonly distinct: null | 'all' | number;
  /** `*` of one FROM item, or of all, before the items. */
  readonly star: null | '*' | string;
  readonly items: readonly Item[];
  readonly from: From | null;
  readonly where: Expr | null;
  readonly group: Grouping | null;
  readonly having: Expr | null;
}

export interface Grouping {
  readonly keys: readonly Expr[];
  /** Keys that are results are named by their place among them. */
  readonly byPosition: boolean;
  /** Indexes of keys; `rollup`, `cube`; null for plain grouping. */
  readonly sets: null | 'rollup' | 'cube' | readonly (readonly number[])[];
}

export interface Combined extends QueryParts {
  readonly node: 'combined';
  readonly how: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
}

export interface Values extends QueryParts {
  readonly node: 'values';
  readonly rows: readonly (readonly Expr[])[];
}

export type Query = Select | Combined | Values;

/** Types that are the same wherever they come from. */
export const TYPE = {
  int: { kind: 'int', sql: 'int8' },
  numeric: { kind: 'numeric', sql: 'numeric' },
  float: { kind: 'float', sql: 'float8' },
  text: { kind: 'text', sql: 'text' },
  bool: { kind: 'bool', sql: 'bool' },
  date: { kind: 'date', sql: 'date' },
  timestamp: { kind: 'timestamp', sql: 'timestamp' },
  timestamptz: { kind: 'timestamptz', sql: 'timestamptz' },
  uuid: { kind: 'uuid', sql: 'uuid' },
  jsonb: { kind: 'jsonb', sql: 'jsonb' },
  json: { kind: 'json', sql: 'json' },
  bytea: { kind: 'bytea', sql: 'bytea' },
  ints: { kind: 'ints', sql: 'int4[]' },
  texts: { kind: 'texts', sql: 'text[]' },
} as const satisfies Record<Exclude<Kind, 'enum'>, Type>;

export function isExpr(node: Part): node is Expr {
  return (
    typeof node !== 'string' && (node.node === 'column' || node.node === 'literal' || node.node === 'form')
  );
}

/** Whether it reads anything at all: what does not may be a number, which stands for a position in some places. */
export function hasColumn(expr: Expr): boolean {
  return (
    expr.node === 'column' ||
    (expr.node === 'form' && expr.parts.some((part) => isExpr(part) && hasColumn(part)))
  );
}

export function sameType(one: Type, other: Type): boolean {
  return one.kind === other.kind && (one.kind !== 'enum' || one.sql === other.sql);
}

/** Whether values can be sorted, made distinct and compared. */
export function isOrdered(type: Type | undefined): boolean {
  return type !== undefined && type.kind !== 'json';
}
