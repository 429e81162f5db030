/**
 * An expression that PostgreSQL printed, a policy's or a default's, as far as it has to be understood to say what it depends on.
 * Nothing is run or refused by it. Call `loadParser` of `parse.ts` first.
 */
import type { Node } from 'libpg-query';
import { parseSelect } from './parse.js';

export type Expression =
  /** Parts of a name: `[tenant_id]`, `[invoice, tenant_id]`. */
  | { readonly kind: 'column'; readonly name: readonly string[] }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  | {
      readonly kind: 'call';
      readonly name: readonly string[];
      readonly args: readonly Expression[];
      /** Where its text begins and ends in the text that was read, in characters. */
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'and' | 'or'; readonly args: readonly Expression[] }
  | { readonly kind: 'not'; readonly args: readonly Expression[] }
  /** `any` for `= any (…)` and IN lists. */
  | {
      readonly kind: 'operator';
      readonly name: string;
      readonly any: boolean;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'null_test'; readonly isNull: boolean; readonly args: readonly Expression[] }
  | { readonly kind: 'cast'; readonly args: readonly Expression[] }
  /** `current_user`, `session_user` and the like. */
  | { readonly kind: 'session'; readonly value: string }
  | {
      readonly kind: 'query';
      readonly link: 'exists' | 'any' | 'all' | 'value';
      /** What is compared with the rows of `any` and `all`. */
      readonly test: readonly Expression[];
      /** Every table in it, at any depth: `[schema, name]` or `[name]`. */
      readonly tables: readonly (readonly string[])[];
      /** Everything in it, `test` left out. */
      readonly args: readonly Expression[];
    }
  /** CASE, COALESCE, arrays, rows and whatever else. */
  | { readonly kind: 'other'; readonly type: string; readonly args: readonly Expression[] };

/** Reads an expression, or answers undefined where it is none. */
export function readExpression(text: string): Expression | undefined {
  const parsed = parseSelect(`${LEAD}${text})`);
  if (!('select' in parsed)) return undefined;
  const [target] = parsed.select.targetList ?? [];
  const value = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
  return value === undefined ? undefined : new Reader(text).read(value);
}

const LEAD = 'select (';

/** Every part of an expression, itself first. `inQuery` tells whether a part stands in a subquery. */
export function* partsOf(
  expression: Expression,
  inQuery = false,
): Generator<{ readonly part: Expression; readonly inQuery: boolean }> {
  yield { part: expression, inQuery };
  if (expression.kind === 'query') for (const test of expression.test) yield* partsOf(test, inQuery);
  if (!('args' in expression)) return;
  for (const argument of expression.args) yield* partsOf(argument, inQuery || expression.kind === 'query');
}

const LINKS: Readonly<Record<string, 'exists' | 'any' | 'all'>> = {
  EXISTS_SUBLINK: 'exists',
  ANY_SUBLINK: 'any',
  ALL_SUBLINK: 'all',
};

class Reader {
  readonly #text: string;
  readonly #bytes: Buffer;

  constructor(text: string) {
    this.#text = text;
    this.#bytes = Buffer.from(text);
  }

  read(node: Node): Expression {
    if ('ColumnRef' in node) return { kind: 'column', name: names(node.ColumnRef.fields) };
    if ('A_Const' in node) return { kind: 'constant', value: constant(node.A_Const) };
    if ('TypeCast' in node) return { kind: 'cast', args: this.#all(node.TypeCast.arg) };
    if ('CollateClause' in node) return { kind: 'cast', args: this.#all(node.CollateClause.arg) };
    if ('BoolExpr' in node) {
      const { boolop, args = [] } = node.BoolExpr;
      const kind = boolop === 'AND_EXPR' ? 'and' : boolop === 'OR_EXPR' ? 'or' : 'not';
      return { kind, args: args.map((argument) => this.read(argument)) };
    }
    if ('A_Expr' in node) return this.#operator(node.A_Expr);
    if ('NullTest' in node) {
      const { arg, nulltesttype } = node.NullTest;
      return { kind: 'null_test', isNull: nulltesttype === 'IS_NULL', args: this.#all(arg) };
    }
    if ('SQLValueFunction' in node)
      return { kind: 'session', value: (node.SQLValueFunction.op ?? '').replace('SVFOP_', '').toLowerCase() };
    if ('FuncCall' in node) return this.#call(node.FuncCall);
    if ('SubLink' in node) return this.#query(node.SubLink);
    const [type = ''] = Object.keys(node);
    return { kind: 'other', type, args: this.#within(node) };
  }

  #operator({ kind, name, lexpr, rexpr }: Extract<Node, { A_Expr: unknown }>['A_Expr']): Expression {
    const args = [...this.#all(lexpr), ...this.#all(rexpr)];
    if (kind === 'AEXPR_NULLIF') return { kind: 'other', type: 'NullIf', args };
    const any = kind === 'AEXPR_OP_ANY' || kind === 'AEXPR_IN';
    if (kind !== 'AEXPR_OP' && !any) return { kind: 'other', type: kind ?? 'A_Expr', args };
    return { kind: 'operator', name: names(name).at(-1) ?? '', any, args };
  }

  #call(node: Extract<Node, { FuncCall: unknown }>['FuncCall']): Expression {
    const from = this.#character(node.location ?? 0);
    const args = (node.args ?? []).map((argument) => this.read(argument));
    return { kind: 'call', name: names(node.funcname), args, from, to: endOfCall(this.#text, from) };
  }

  #query({ subLinkType, testexpr, subselect }: Extract<Node, { SubLink: unknown }>['SubLink']): Expression {
    const tables: (readonly string[])[] = [];
    const args = subselect === undefined ? [] : this.#within(subselect, tables);
    return {
      kind: 'query',
      link: LINKS[subLinkType ?? ''] ?? 'value',
      test: this.#all(testexpr),
      tables,
      args,
    };
  }

  #all(node: Node | undefined): readonly Expression[] {
    return node === undefined ? [] : [this.read(node)];
  }

  /** The expressions in something that is none itself, and the tables that it reads. */
  #within(value: unknown, tables: (readonly string[])[] = []): readonly Expression[] {
    if (Array.isArray(value)) return value.flatMap((item) => this.#within(item, tables));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]): readonly Expression[] => {
      if (READABLE.has(key)) {
        const expression = this.read({ [key]: inner } as Node);
        if (expression.kind === 'query') tables.push(...expression.tables);
        return [expression];
      }
      if (key === 'RangeVar') {
        const { schemaname, relname } = inner as { schemaname?: string; relname?: string };
        tables.push([...(schemaname === undefined ? [] : [schemaname]), relname ?? '']);
        return [];
      }
      return this.#within(inner, tables);
    });
  }

  /** The parser counts bytes, from the beginning of what it was given. */
  #character(byte: number): number {
    return this.#bytes.subarray(0, Math.max(byte - LEAD.length, 0)).toString().length;
  }
}

const READABLE: ReadonlySet<string> = new Set([
  'ColumnRef',
  'A_Const',
  'TypeCast',
  'CollateClause',
  'BoolExpr',
  'A_Expr',
  'NullTest',
  'SQLValueFunction',
  'FuncCall',
  'SubLink',
]);

function names(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : '*'));
}

function constant(node: Extract<Node, { A_Const: unknown }>['A_Const']): string | number | boolean | null {
  const value = node as {
    readonly isnull?: boolean;
    readonly boolval?: { readonly boolval?: boolean };
    readonly sval?: { readonly sval?: string };
    readonly ival?: { readonly ival?: number };
    readonly fval?: { readonly fval?: string };
  };
  if (value.isnull === true) return null;
  if (value.boolval !== undefined) return value.boolval.boolval ?? false;
  if (value.sval !== undefined) return value.sval.sval ?? '';
  if (value.fval !== undefined) return Number(value.fval.fval ?? 0);
  return value.ival?.ival ?? 0;
}

/** Past the parenthesis that closes the call which begins here. Texts and quoted names are passed over. */
function endOfCall(text: string, from: number): number {
  let depth = 0;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '(') depth += 1;
    else if (character === ')') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
