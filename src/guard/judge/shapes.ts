/**
 * The nodes that a statement may be made of, and the fields that each may have. What is not here is refused: PostgreSQL's grammar has
 * some 250 kinds of nodes, and a version of the parser that adds a field says something that nobody has judged.
 */
import type { Node } from 'libpg-query';

/** `SelectStmt`, `FuncCall`, … */
export type NodeName = Node extends infer One ? (One extends unknown ? keyof One : never) : never;

/** What is inside a wrapped node: `FuncCall` for `{ FuncCall: … }`. */
export type NodeOf<Name extends NodeName> =
  Extract<Node, Record<Name, unknown>> extends Record<Name, infer Inner> ? Inner : never;

/**
 * What a field holds: `plain`, a text, number or truth value; `names`, a list of names that the node's own rule judges; `nodes`, a
 * wrapped node or a list of them; or the name of the one kind of node that it holds unwrapped.
 */
export type Field = 'plain' | 'names' | 'nodes' | UnwrappedName;
type UnwrappedName = (typeof UNWRAPPED)[number];
export type ShapeName = NodeName | UnwrappedName;

type Shapes = {
  readonly [Name in NodeName]?: { readonly [Key in keyof NodeOf<Name>]?: Field };
};

const UNWRAPPED = [
  'Alias',
  'BitString',
  'Boolean',
  'CollateClause',
  'CTECycleClause',
  'CTESearchClause',
  'Float',
  'Integer',
  'JsonAggConstructor',
  'JsonBehavior',
  'JsonFormat',
  'JsonKeyValue',
  'JsonOutput',
  'JsonReturning',
  'JsonTablePathSpec',
  'JsonValueExpr',
  'SelectStmt',
  'String',
  'TypeName',
  'WindowDef',
  'WithClause',
] as const;

const SHAPES = {
  SelectStmt: {
    distinctClause: 'nodes',
    targetList: 'nodes',
    fromClause: 'nodes',
    whereClause: 'nodes',
    groupClause: 'nodes',
    groupDistinct: 'plain',
    havingClause: 'nodes',
    windowClause: 'nodes',
    valuesLists: 'nodes',
    sortClause: 'nodes',
    limitOffset: 'nodes',
    limitCount: 'nodes',
    limitOption: 'plain',
    withClause: 'WithClause',
    op: 'plain',
    all: 'plain',
    larg: 'SelectStmt',
    rarg: 'SelectStmt',
  },
  WithClause: { ctes: 'nodes', recursive: 'plain', location: 'plain' },
  CommonTableExpr: {
    ctename: 'plain',
    aliascolnames: 'names',
    ctematerialized: 'plain',
    ctequery: 'nodes',
    search_clause: 'CTESearchClause',
    cycle_clause: 'CTECycleClause',
    location: 'plain',
  },
  CTESearchClause: {
    search_col_list: 'names',
    search_breadth_first: 'plain',
    search_seq_column: 'plain',
    location: 'plain',
  },
  CTECycleClause: {
    cycle_col_list: 'names',
    cycle_mark_column: 'plain',
    cycle_mark_value: 'nodes',
    cycle_mark_default: 'nodes',
    cycle_path_column: 'plain',
    location: 'plain',
  },

  RangeVar: {
    catalogname: 'plain',
    schemaname: 'plain',
    relname: 'plain',
    inh: 'plain',
    relpersistence: 'plain',
    alias: 'Alias',
    location: 'plain',
  },
  Alias: { aliasname: 'plain', colnames: 'names' },
  RangeSubselect: { lateral: 'plain', subquery: 'nodes', alias: 'Alias' },
  RangeFunction: {
    lateral: 'plain',
    ordinality: 'plain',
    is_rowsfrom: 'plain',
    functions: 'nodes',
    alias: 'Alias',
    coldeflist: 'nodes',
  },
  ColumnDef: {
    colname: 'plain',
    typeName: 'TypeName',
    is_local: 'plain',
    collClause: 'CollateClause',
    location: 'plain',
  },
  JoinExpr: {
    jointype: 'plain',
    isNatural: 'plain',
    larg: 'nodes',
    rarg: 'nodes',
    usingClause: 'names',
    join_using_alias: 'Alias',
    quals: 'nodes',
    alias: 'Alias',
  },

  ResTarget: { name: 'plain', val: 'nodes', location: 'plain' },
  SortBy: { node: 'nodes', sortby_dir: 'plain', sortby_nulls: 'plain', useOp: 'names', location: 'plain' },
  GroupingSet: { kind: 'plain', content: 'nodes', location: 'plain' },
  WindowDef: {
    name: 'plain',
    refname: 'plain',
    partitionClause: 'nodes',
    orderClause: 'nodes',
    frameOptions: 'plain',
    startOffset: 'nodes',
    endOffset: 'nodes',
    location: 'plain',
  },
  List: { items: 'nodes' },

  ColumnRef: { fields: 'nodes', location: 'plain' },
  A_Star: {},
  A_Const: {
    ival: 'Integer',
    fval: 'Float',
    boolval: 'Boolean',
    sval: 'String',
    bsval: 'BitString',
    isnull: 'plain',
    location: 'plain',
  },
  Integer: { ival: 'plain' },
  Float: { fval: 'plain' },
  Boolean: { boolval: 'plain' },
  String: { sval: 'plain' },
  BitString: { bsval: 'plain' },
  A_Expr: {
    kind: 'plain',
    name: 'names',
    lexpr: 'nodes',
    rexpr: 'nodes',
    rexpr_list_start: 'plain',
    rexpr_list_end: 'plain',
    location: 'plain',
  },
  BoolExpr: { boolop: 'plain', args: 'nodes', location: 'plain' },
  NullTest: { arg: 'nodes', nulltesttype: 'plain', location: 'plain' },
  BooleanTest: { arg: 'nodes', booltesttype: 'plain', location: 'plain' },
  CaseExpr: { arg: 'nodes', args: 'nodes', defresult: 'nodes', location: 'plain' },
  CaseWhen: { expr: 'nodes', result: 'nodes', location: 'plain' },
  CoalesceExpr: { args: 'nodes', location: 'plain' },
  MinMaxExpr: { op: 'plain', args: 'nodes', location: 'plain' },
  RowExpr: { args: 'nodes', row_format: 'plain', location: 'plain' },
  A_ArrayExpr: { elements: 'nodes', list_start: 'plain', list_end: 'plain', location: 'plain' },
  A_Indirection: { arg: 'nodes', indirection: 'nodes' },
  A_Indices: { is_slice: 'plain', lidx: 'nodes', uidx: 'nodes' },
  SubLink: {
    subLinkType: 'plain',
    testexpr: 'nodes',
    operName: 'names',
    subselect: 'nodes',
    location: 'plain',
  },
  GroupingFunc: { args: 'nodes', location: 'plain' },
  SQLValueFunction: { op: 'plain', typmod: 'plain', location: 'plain' },
  FuncCall: {
    funcname: 'names',
    args: 'nodes',
    agg_order: 'nodes',
    agg_filter: 'nodes',
    over: 'WindowDef',
    agg_within_group: 'plain',
    agg_star: 'plain',
    agg_distinct: 'plain',
    func_variadic: 'plain',
    funcformat: 'plain',
    location: 'plain',
  },
  NamedArgExpr: { arg: 'nodes', name: 'plain', argnumber: 'plain', location: 'plain' },
  TypeCast: { arg: 'nodes', typeName: 'TypeName', location: 'plain' },
  TypeName: { names: 'names', typmods: 'nodes', typemod: 'plain', arrayBounds: 'nodes', location: 'plain' },
  CollateClause: { arg: 'nodes', collname: 'names', location: 'plain' },

  JsonFormat: { format_type: 'plain', encoding: 'plain', location: 'plain' },
  JsonReturning: { format: 'JsonFormat' },
  JsonOutput: { typeName: 'TypeName', returning: 'JsonReturning' },
  JsonValueExpr: { raw_expr: 'nodes', format: 'JsonFormat' },
  JsonKeyValue: { key: 'nodes', value: 'JsonValueExpr' },
  JsonArgument: { val: 'JsonValueExpr', name: 'plain' },
  JsonBehavior: { btype: 'plain', expr: 'nodes', location: 'plain' },
  JsonIsPredicate: {
    expr: 'nodes',
    format: 'JsonFormat',
    item_type: 'plain',
    unique_keys: 'plain',
    location: 'plain',
  },
  JsonObjectConstructor: {
    exprs: 'nodes',
    output: 'JsonOutput',
    absent_on_null: 'plain',
    unique: 'plain',
    location: 'plain',
  },
  JsonArrayConstructor: { exprs: 'nodes', output: 'JsonOutput', absent_on_null: 'plain', location: 'plain' },
  JsonArrayQueryConstructor: {
    query: 'nodes',
    output: 'JsonOutput',
    format: 'JsonFormat',
    absent_on_null: 'plain',
    location: 'plain',
  },
  JsonAggConstructor: {
    output: 'JsonOutput',
    agg_filter: 'nodes',
    agg_order: 'nodes',
    over: 'WindowDef',
    location: 'plain',
  },
  JsonObjectAgg: {
    constructor: 'JsonAggConstructor',
    arg: 'JsonKeyValue',
    absent_on_null: 'plain',
    unique: 'plain',
  },
  JsonArrayAgg: { constructor: 'JsonAggConstructor', arg: 'JsonValueExpr', absent_on_null: 'plain' },
  JsonParseExpr: { expr: 'JsonValueExpr', output: 'JsonOutput', unique_keys: 'plain', location: 'plain' },
  JsonScalarExpr: { expr: 'nodes', output: 'JsonOutput', location: 'plain' },
  JsonSerializeExpr: { expr: 'JsonValueExpr', output: 'JsonOutput', location: 'plain' },
  JsonFuncExpr: {
    op: 'plain',
    context_item: 'JsonValueExpr',
    pathspec: 'nodes',
    passing: 'nodes',
    output: 'JsonOutput',
    on_empty: 'JsonBehavior',
    on_error: 'JsonBehavior',
    wrapper: 'plain',
    quotes: 'plain',
    location: 'plain',
  },
  JsonTable: {
    context_item: 'JsonValueExpr',
    pathspec: 'JsonTablePathSpec',
    passing: 'nodes',
    columns: 'nodes',
    on_error: 'JsonBehavior',
    alias: 'Alias',
    lateral: 'plain',
    location: 'plain',
  },
  JsonTablePathSpec: { string: 'nodes', name: 'plain', name_location: 'plain', location: 'plain' },
  JsonTableColumn: {
    coltype: 'plain',
    name: 'plain',
    typeName: 'TypeName',
    pathspec: 'JsonTablePathSpec',
    format: 'JsonFormat',
    wrapper: 'plain',
    quotes: 'plain',
    columns: 'nodes',
    on_empty: 'JsonBehavior',
    on_error: 'JsonBehavior',
    location: 'plain',
  },
} as const satisfies Shapes;

/** By maps, since a field of the grammar is called `constructor`, and every object inherits one. */
const BY_NAME: ReadonlyMap<string, ReadonlyMap<string, Field>> = new Map(
  Object.entries(SHAPES).map(([name, fields]) => [name, new Map(Object.entries(fields))]),
);

/** The fields that a node may have, or undefined for one that no statement may have. */
export function shapeOf(name: string): ReadonlyMap<string, Field> | undefined {
  return BY_NAME.get(name);
}

/** Since which version of PostgreSQL there is such an expression, where an older server might be asked. */
const SINCE: ReadonlyMap<string, number> = new Map([
  ['JsonArrayAgg', 16],
  ['JsonArrayConstructor', 16],
  ['JsonArrayQueryConstructor', 16],
  ['JsonFuncExpr', 17],
  ['JsonIsPredicate', 16],
  ['JsonObjectAgg', 16],
  ['JsonObjectConstructor', 16],
  ['JsonParseExpr', 17],
  ['JsonScalarExpr', 17],
  ['JsonSerializeExpr', 17],
  ['JsonTable', 17],
]);

/** The first version of PostgreSQL that knows such a node. */
export function since(name: string): number {
  return SINCE.get(name) ?? 0;
}
