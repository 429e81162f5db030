/**
 * A parsed SELECT as text again: pgsql-deparser, put right where it is wrong.
 *
 * What it gets wrong matters: it leaves out parentheses (`(a and b) is true`, `(a = b) is null`), does not quote the names of common
 * table expressions, windows, joins and named arguments, drops WITH TIES and GROUP BY DISTINCT, and writes some functions in a syntax
 * of their own that loses an argument. So here
 * - whatever is made of operators is put in parentheses wherever it is an operand, so that no precedence has to be known;
 * - every function is called as one, by its quoted name: `pg_catalog."timezone"(zone, at)` is the same tree as `at AT TIME ZONE zone`;
 * - every cast is `CAST(… AS "schema"."type")`;
 * - names are always quoted.
 * Nothing rests on this being right: `write.ts` parses the text again and compares.
 */
import type {
  A_Const,
  A_Expr,
  A_Indirection,
  Alias,
  BoolExpr,
  CollateClause,
  ColumnRef,
  CommonTableExpr,
  FuncCall,
  JoinExpr,
  NamedArgExpr,
  Node,
  RangeFunction,
  RangeVar,
  ResTarget,
  SelectStmt,
  SortBy,
  TypeCast,
  TypeName,
  WindowDef,
} from 'libpg-query';
import { type Context, JsonDeparser } from './deparse-json.js';
import { quoteName, writeConstant } from './quoting.js';

/** Nodes whose text must not stand bare beside an operator. */
const LOOSE: ReadonlySet<string> = new Set([
  'A_Expr',
  'BoolExpr',
  'BooleanTest',
  'CollateClause',
  'JsonIsPredicate',
  'NullTest',
]);

class Writer extends JsonDeparser {
  constructor(select: SelectStmt) {
    super({ SelectStmt: select }, { pretty: false });
  }

  override visit(node: Node, context?: Context): string {
    const text = super.visit(node, context);
    if ('SubLink' in node) return node.SubLink.testexpr === undefined ? text : `(${text})`;
    return LOOSE.has(Object.keys(node)[0] ?? '') ? `(${text})` : text;
  }

  override SelectStmt(node: SelectStmt, context: Context): string {
    const { limitCount, limitOffset, limitOption, groupDistinct, ...rest } = node;
    let text = super.SelectStmt(
      groupDistinct === true ? { ...rest, groupClause: [distinctly(rest.groupClause ?? [])] } : rest,
      context,
    );
    if (limitOffset !== undefined) text += ` OFFSET (${this.visit(limitOffset, context)})`;
    if (limitCount === undefined) return text;
    const count = `(${this.visit(limitCount, context)})`;
    return limitOption === 'LIMIT_OPTION_WITH_TIES'
      ? `${text} FETCH FIRST ${count} ROWS WITH TIES`
      : `${text} LIMIT ${count}`;
  }

  /** Stands for a whole GROUP BY DISTINCT list; see {@link distinctly}. */
  GroupDistinct(node: { readonly items: readonly Node[] }, context: Context): string {
    return `DISTINCT ${this.#list(node.items, context)}`;
  }

  override A_Expr(node: A_Expr, context: Context): string {
    const { kind, name = [], lexpr, rexpr } = node;
    if (kind === 'AEXPR_OP' && rexpr !== undefined) {
      const right = `${this.deparseOperatorName(name, context)} ${this.visit(rexpr, context)}`;
      return lexpr === undefined ? right : `${this.visit(lexpr, context)} ${right}`;
    }
    return super.A_Expr(node, context);
  }

  override deparseOperatorName(name: Node[], context: Context): string {
    const parts = name.map((part) =>
      'String' in part ? (part.String.sval ?? '') : this.visit(part, context),
    );
    const operator = parts.pop() ?? '';
    return parts.length === 0 ? operator : `OPERATOR(${parts.map(quoteName).join('.')}.${operator})`;
  }

  override BoolExpr({ boolop, args = [] }: BoolExpr, context: Context): string {
    const operands = args.map((argument) => this.visit(argument, context));
    return boolop === 'NOT_EXPR'
      ? `NOT ${operands.join('')}`
      : operands.join(boolop === 'AND_EXPR' ? ' AND ' : ' OR ');
  }

  override CollateClause({ arg, collname = [] }: CollateClause, context: Context): string {
    return `${arg === undefined ? '' : this.visit(arg, context)} COLLATE ${dotted(collname)}`;
  }

  override A_Indirection({ arg, indirection = [] }: A_Indirection, context: Context): string {
    if (arg === undefined) throw new Error('a part of nothing');
    const parts = indirection.map((part) =>
      'String' in part || 'A_Star' in part ? `.${dotted([part])}` : this.visit(part, context),
    );
    return `(${this.visit(arg, context)})${parts.join('')}`;
  }

  override A_Const(node: A_Const): string {
    return writeConstant(node);
  }

  override ColumnRef({ fields = [] }: ColumnRef): string {
    return dotted(fields);
  }

  override ResTarget({ val, name }: ResTarget, context: Context): string {
    const value = val === undefined ? '' : this.visit(val, context);
    return name === undefined ? value : `${value} AS ${quoteName(name)}`;
  }

  override NamedArgExpr({ name = '', arg }: NamedArgExpr, context: Context): string {
    return `${quoteName(name)} => ${arg === undefined ? '' : this.visit(arg, context)}`;
  }

  override FuncCall(node: FuncCall, context: Context): string {
    const given = (node.args ?? []).map((argument) => this.visit(argument, context));
    const last = given.pop();
    if (last !== undefined) given.push(node.func_variadic === true ? `VARIADIC ${last}` : last);
    const order = `ORDER BY ${this.#list(node.agg_order ?? [], context)}`;
    let inner = node.agg_star === true ? '*' : given.join(', ');
    if (node.agg_distinct === true) inner = `DISTINCT ${inner}`;
    if (node.agg_order !== undefined && node.agg_within_group !== true) inner += ` ${order}`;
    let text = `${dotted(node.funcname ?? [])}(${inner})`;
    if (node.agg_within_group === true) text += ` WITHIN GROUP (${order})`;
    if (node.agg_filter !== undefined) text += ` FILTER (WHERE ${this.visit(node.agg_filter, context)})`;
    if (node.over !== undefined) text += this.formatOverClause(node.over, context);
    return text;
  }

  override WindowDef(node: WindowDef, context: Context): string {
    const { name = '', ...definition } = node;
    return `${quoteName(name)} AS ${this.#window(definition, context)}`;
  }

  override formatOverClause(over: WindowDef, context: Context): string {
    return ` OVER ${this.#window(over, context)}`;
  }

  #window(node: WindowDef, context: Context): string {
    if (node.name !== undefined) return quoteName(node.name);
    const parts = [
      node.refname === undefined ? '' : quoteName(node.refname),
      node.partitionClause === undefined ? '' : `PARTITION BY ${this.#list(node.partitionClause, context)}`,
      node.orderClause === undefined ? '' : `ORDER BY ${this.#list(node.orderClause, context)}`,
      this.formatWindowFrame(node, context) ?? '',
    ];
    return `(${parts.filter((part) => part !== '').join(' ')})`;
  }

  override SortBy(node: SortBy, context: Context): string {
    if (node.sortby_dir !== 'SORTBY_USING') return super.SortBy(node, context);
    const { useOp = [], sortby_dir: _, ...rest } = node;
    const [value = '', ...nulls] = [
      node.node === undefined ? '' : this.visit(node.node, context),
      super.SortBy({ ...rest, node: { A_Star: {} }, sortby_dir: 'SORTBY_DEFAULT' }, context).slice(1),
    ];
    return `${value} USING ${this.deparseOperatorName(useOp, context)}${nulls.join('')}`;
  }

  override TypeCast({ arg, typeName }: TypeCast, context: Context): string {
    if (arg === undefined || typeName === undefined) throw new Error('a cast of nothing');
    return `CAST(${this.visit(arg, context)} AS ${this.TypeName(typeName, context)})`;
  }

  override TypeName(node: TypeName, context: Context): string {
    const { names = [], typmods, arrayBounds = [] } = node;
    if (node.setof === true || node.pct_type === true) throw new Error('no type of a value');
    const last = names.at(-1);
    // Its fields are words of the grammar.
    if (typmods !== undefined && last !== undefined && 'String' in last && last.String.sval === 'interval') {
      return super.TypeName(node, context);
    }
    const modifiers = typmods === undefined ? '' : `(${this.#list(typmods, context)})`;
    const bounds = arrayBounds.map((bound) => {
      const size = 'Integer' in bound ? (bound.Integer.ival ?? 0) : -1;
      return size === -1 ? '[]' : `[${size}]`;
    });
    return `${dotted(names)}${modifiers}${bounds.join('')}`;
  }

  override Alias(alias: Alias): string {
    return this.alias(alias);
  }

  protected override alias({ aliasname = '', colnames }: Alias): string {
    return `AS ${quoteName(aliasname)}${colnames === undefined ? '' : `(${colnames.map((name) => dotted([name])).join(', ')})`}`;
  }

  override RangeVar(node: RangeVar): string {
    if (node.inh !== true) throw new Error('ONLY a table');
    const name = [node.catalogname, node.schemaname, node.relname].filter((part) => part !== undefined);
    const text = name.map(quoteName).join('.');
    return node.alias === undefined ? text : `${text} ${this.alias(node.alias)}`;
  }

  override RangeFunction(node: RangeFunction, context: Context): string {
    const definitions = (columns: readonly Node[] | undefined): string =>
      columns === undefined ? '' : `(${this.#list(columns, context)})`;
    const functions = (node.functions ?? []).map((item) => {
      const [call, columns] = 'List' in item ? (item.List.items ?? []) : [];
      if (call === undefined) throw new Error('a function of nothing');
      const own = columns !== undefined && 'List' in columns ? columns.List.items : undefined;
      return `${this.visit(call, context)}${own === undefined ? '' : ` AS ${definitions(own)}`}`;
    });
    let text = node.is_rowsfrom === true ? `ROWS FROM (${functions.join(', ')})` : functions.join(', ');
    if (node.lateral === true) text = `LATERAL ${text}`;
    if (node.ordinality === true) text += ' WITH ORDINALITY';
    if (node.alias !== undefined) text += ` ${this.alias(node.alias)}`;
    else if (node.coldeflist !== undefined) text += ' AS ';
    return text + definitions(node.coldeflist);
  }

  override JoinExpr(node: JoinExpr, context: Context): string {
    const { alias, join_using_alias, ...rest } = node;
    const bare = super.JoinExpr(rest, context);
    const text = join_using_alias === undefined ? bare : `${bare} ${this.alias(join_using_alias)}`;
    return alias === undefined ? text : `(${text}) ${this.alias(alias)}`;
  }

  override CommonTableExpr(node: CommonTableExpr, context: Context): string {
    return super.CommonTableExpr({ ...node, ctename: quoteName(node.ctename ?? '') }, context);
  }

  #list(nodes: readonly Node[], context: Context): string {
    return nodes.map((node) => this.visit(node, context)).join(', ');
  }
}

/** One node in place of a GROUP BY list, which the base writes by a method of its name. */
function distinctly(items: readonly Node[]): Node {
  return { GroupDistinct: { items } } as unknown as Node;
}

function dotted(names: readonly Node[]): string {
  return names.map((name) => ('String' in name ? quoteName(name.String.sval ?? '') : '*')).join('.');
}

/** The statement as one line of SQL. Throws where it has something that cannot be written. */
export function deparse(select: SelectStmt): string {
  return new Writer(select).deparseQuery();
}
