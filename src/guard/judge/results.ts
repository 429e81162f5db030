/**
 * The columns that a SELECT gives, by PostgreSQL's rules for results without a name (FigureColname in its parse_target.c): what an alias
 * of the SELECT can be asked for.
 */
import type { Node, SelectStmt, SQLValueFunctionOp } from 'libpg-query';
import type { Judging } from './judging.js';
import { beside, type Column, type Columns, type Scope } from './scope.js';

/** What a result without any name is called. */
const NAMELESS = '?column?';

/** The columns of a SELECT's target list. Call it when FROM and the list are judged. */
export function targetColumns(
  judging: Judging,
  { targetList }: SelectStmt,
  scope: Scope,
  all: Columns,
): Columns {
  return beside((targetList ?? []).map((target) => columnsOfTarget(judging, target, scope, all)));
}

function columnsOfTarget(judging: Judging, target: Node, scope: Scope, all: Columns): Columns {
  if (!('ResTarget' in target) || target.ResTarget.val === undefined) return { list: [], open: true };
  const { name, val } = target.ResTarget;
  if (name !== undefined) return one(name);
  if ('ColumnRef' in val) {
    const fields = val.ColumnRef.fields ?? [];
    const last = fields.at(-1);
    if (last !== undefined && 'A_Star' in last) {
      const first = fields.length === 1 ? undefined : fields[0];
      return withoutOrigin(first === undefined ? all : ofAlias(scope, first));
    }
  }
  if ('A_Indirection' in val) {
    const last = val.A_Indirection.indirection?.at(-1);
    if (last !== undefined && 'A_Star' in last) return { list: [], open: true };
  }
  return one(resultName(judging, val)?.name ?? NAMELESS);
}

const one = (name: string): Columns => ({ list: [{ name }], open: false });

/** The columns of FROM's nearest item of that name. */
function ofAlias(scope: Scope, field: Node): Columns {
  const alias = 'String' in field ? field.String.sval : undefined;
  for (const { sources } of scope.outwards()) {
    const source = sources.find((candidate) => candidate.alias === alias);
    if (source !== undefined) return source;
  }
  return { list: [], open: true };
}

/** What reads the columns further out reads no table: the SELECT itself has read it. */
function withoutOrigin({ list, open }: Columns): Columns {
  return { list: list.map(({ name }): Column => ({ name })), open };
}

/** A name, and whether it is only the second choice. */
interface ResultName {
  readonly name: string;
  readonly weak: boolean;
}

const strong = (name: string): ResultName => ({ name, weak: false });
const weak = (name: string): ResultName => ({ name, weak: true });

/** What PostgreSQL calls the result of an expression; undefined where it has no name for it. */
function resultName(judging: Judging, node: Node | undefined): ResultName | undefined {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) return lastName(node.ColumnRef.fields);
  if ('A_Indirection' in node) {
    return lastName(node.A_Indirection.indirection) ?? resultName(judging, node.A_Indirection.arg);
  }
  if ('FuncCall' in node) return lastName(node.FuncCall.funcname);
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
  if ('CollateClause' in node) return resultName(judging, node.CollateClause.arg);
  if ('TypeCast' in node) {
    const inner = resultName(judging, node.TypeCast.arg);
    const type = lastName(node.TypeCast.typeName?.names);
    return inner !== undefined && !inner.weak ? inner : type === undefined ? inner : weak(type.name);
  }
  if ('CaseExpr' in node) {
    const inner = resultName(judging, node.CaseExpr.defresult);
    return inner !== undefined && !inner.weak ? inner : weak('case');
  }
  if ('SubLink' in node) {
    const { subLinkType, subselect } = node.SubLink;
    if (subLinkType === 'EXISTS_SUBLINK') return strong('exists');
    if (subLinkType === 'ARRAY_SUBLINK') return strong('array');
    if (subLinkType !== 'EXPR_SUBLINK' || subselect === undefined || !('SelectStmt' in subselect))
      return undefined;
    const [first] = judging.results.get(subselect.SelectStmt)?.list ?? [];
    return first === undefined ? undefined : strong(first.name);
  }
  if ('MinMaxExpr' in node) return strong(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node) return strong(timeName(node.SQLValueFunction.op));
  if ('JsonFuncExpr' in node) return strong((node.JsonFuncExpr.op ?? '').replace('_OP', '').toLowerCase());
  const [kind = ''] = Object.keys(node);
  const fixed = FIXED.get(kind);
  return fixed === undefined ? undefined : strong(fixed);
}

const FIXED: ReadonlyMap<string, string> = new Map([
  ['A_ArrayExpr', 'array'],
  ['CoalesceExpr', 'coalesce'],
  ['GroupingFunc', 'grouping'],
  ['JsonArrayAgg', 'json_arrayagg'],
  ['JsonArrayConstructor', 'json_array'],
  ['JsonArrayQueryConstructor', 'json_array'],
  ['JsonObjectAgg', 'json_objectagg'],
  ['JsonObjectConstructor', 'json_object'],
  ['JsonParseExpr', 'json'],
  ['JsonScalarExpr', 'json_scalar'],
  ['JsonSerializeExpr', 'json_serialize'],
  ['RowExpr', 'row'],
]);

/** `SVFOP_CURRENT_TIME_N`: `current_time`. */
const timeName = (op: SQLValueFunctionOp | undefined): string =>
  (op ?? '').replace('SVFOP_', '').replace(/_N$/, '').toLowerCase();

function lastName(names: readonly Node[] | undefined): ResultName | undefined {
  const last = names?.findLast((field) => 'String' in field);
  return last !== undefined && 'String' in last && last.String.sval !== undefined
    ? strong(last.String.sval)
    : undefined;
}
