/**
 * The agent's literals, made parameters: the form of a statement that its cost is estimated from. Planned with the values themselves, a
 * statement would be refused or not by how frequent a value is in all tenants' rows.
 *
 * Each literal becomes a parameter of its own, from $4 on. Types must come out as they would from the text:
 * - a number or a bit string has a type by itself, and gets it as a cast;
 * - a text in quotes has none until its place gives it one, and neither has a parameter. Where a place takes any type, PostgreSQL leaves
 *   such a literal be but rejects such a parameter; there it is cast to text;
 * - equal expressions in GROUP BY, DISTINCT or ORDER BY and in the select list must stay equal, so they share their parameters.
 *
 * What stays as it is: NULL, true and false, which tell no more of a column than naming it does; positions in ORDER BY, GROUP BY and
 * DISTINCT ON; LIMIT and OFFSET; modifiers of types; and whatever is in a construct that is not known here.
 */
import type { A_Const, FuncCall, Node, ResTarget, SelectStmt } from 'libpg-query';
import { type Place, placeIn, takesAny } from './literal-places.js';
import { sameTree } from './same-tree.js';

/** Before the agent's own come the boundary's: tenant, workspace, user. */
const FIRST_PARAMETER = 4;

/** What a literal is in the opaque form: `$4`, or `($4::pg_catalog.int4)`. */
export interface Lifted {
  readonly opaque: string;
  /** Whether other literals were compared with it: a statement with another value here may come out otherwise. */
  readonly compared: boolean;
}

export interface Lift {
  readonly literals: ReadonlyMap<A_Const, Lifted>;
  readonly parameters: number;
}

/** Finds the literals of a judged SELECT, after `scope` has named its functions. Numbers become such as PostgreSQL 15 reads. */
export function lift(select: SelectStmt): Lift {
  const lifter = new Lifter();
  lifter.select(select);
  return { literals: lifter.literals, parameters: lifter.parameters };
}

class Lifter {
  readonly literals = new Map<A_Const, Lifted>();
  parameters = 0;
  /** Expressions of the SELECT at hand that others must stay equal to. */
  #keys: readonly Node[] = [];
  #compared = false;

  select(select: SelectStmt): void {
    const around = [this.#keys, this.#compared] as const;
    this.#keys = [];
    for (const table of select.withClause?.ctes ?? [])
      if ('CommonTableExpr' in table) this.#visit(table.CommonTableExpr.ctequery, 'typed');
    if (select.larg !== undefined) this.select(select.larg);
    if (select.rarg !== undefined) this.select(select.rarg);
    for (const row of select.valuesLists ?? []) if ('List' in row) this.#each(row.List.items, 'typed');
    this.#each(select.fromClause, 'typed');
    this.#visit(select.whereClause, 'typed');
    this.#liftKeys(select);
    for (const target of select.targetList ?? []) if ('ResTarget' in target) this.#target(target.ResTarget);
    this.#visit(select.havingClause, 'typed');
    this.#each(select.windowClause, 'typed');
    for (const item of select.sortClause ?? []) if ('SortBy' in item) this.#unlessPosition(item.SortBy.node);
    [this.#keys, this.#compared] = around;
    this.#visit(select.limitCount, 'fixed');
    this.#visit(select.limitOffset, 'fixed');
  }

  /** Those that others are compared with come first. */
  #liftKeys({ groupClause, distinctClause, targetList, sortClause }: SelectStmt): void {
    const all = groupingKeys([...(groupClause ?? []), ...(distinctClause ?? [])]);
    // With DISTINCT, ORDER BY may have expressions of the select list alone.
    if (distinctClause !== undefined && sortClause !== undefined)
      for (const target of targetList ?? [])
        if ('ResTarget' in target && target.ResTarget.val !== undefined) all.push(target.ResTarget.val);
    const compared = this.#compared;
    const keys: Node[] = [];
    this.#keys = keys;
    this.#compared = true;
    for (const key of all) {
      if ('A_Const' in key) continue;
      const before = this.literals.size;
      this.#visit(key, 'typed');
      if (this.literals.size > before) keys.push(key);
    }
    this.#compared = compared || keys.length > 0;
  }

  #target(target: ResTarget): void {
    const { val, name } = target;
    this.#visit(val, 'typed');
    if (val === undefined || name !== undefined || !('A_Const' in val)) return;
    // A cast would lend the column its name.
    if (this.literals.get(val.A_Const)?.opaque.startsWith('(') === true) target.name = '?column?';
  }

  #unlessPosition(node: Node | undefined): void {
    if (node !== undefined && !('A_Const' in node)) this.#visit(node, 'typed');
  }

  #each(nodes: readonly Node[] | undefined, place: Place, inRow: Place = 'untyped'): void {
    for (const node of nodes ?? []) this.#visit(node, place, inRow);
  }

  /** `inRow` is the place of what a row constructor holds: compared with another row, it gets its types from there. */
  #visit(node: Node | undefined, place: Place, inRow: Place = 'untyped'): void {
    if (node === undefined || this.#isKey(node)) return;
    if ('A_Const' in node) this.#literal(node.A_Const, place);
    else if ('SelectStmt' in node) this.select(node.SelectStmt);
    else if ('TypeCast' in node) this.#visit(node.TypeCast.arg, fixedOr(place, 'typed'), 'typed');
    else if ('RowExpr' in node) this.#each(node.RowExpr.args, fixedOr(place, inRow), inRow);
    else if ('List' in node) this.#each(node.List.items, place, inRow);
    else if ('FuncCall' in node) this.#call(node.FuncCall, place);
    else if ('A_Expr' in node) {
      const { lexpr, rexpr } = node.A_Expr;
      const rows = isRow(lexpr) && (isRow(rexpr) || (rexpr !== undefined && 'List' in rexpr));
      this.#each(sides(lexpr, rexpr), fixedOr(place, 'typed'), rows ? 'typed' : 'untyped');
    } else if ('SubLink' in node) {
      this.#visit(node.SubLink.testexpr, fixedOr(place, 'typed'), 'typed');
      this.#visit(node.SubLink.subselect, 'typed');
    } else
      for (const [type, parts] of Object.entries(node)) this.#parts(parts, fixedOr(place, placeIn(type)));
  }

  #call(call: FuncCall, place: Place): void {
    this.#each(call.args, fixedOr(place, takesAny(call) ? 'untyped' : 'typed'));
    this.#each(call.agg_order, fixedOr(place, 'typed'));
    this.#visit(call.agg_filter, fixedOr(place, 'typed'));
    if (call.over !== undefined) this.#parts(call.over, fixedOr(place, 'typed'));
  }

  #parts(parts: object, place: Place): void {
    for (const [name, part] of Object.entries(parts)) {
      // Its modifiers are constants.
      if (name === 'typeName') continue;
      if (Array.isArray(part)) this.#each(part, place);
      else if (isNode(part)) this.#visit(part, place);
      else if (typeof part === 'object' && part !== null) this.#parts(part, place);
    }
  }

  /** An expression that must stay equal to another has the same parameters. */
  #isKey(node: Node): boolean {
    return this.#keys.some((key) => {
      const pairs: (readonly [A_Const, A_Const])[] = [];
      const same = sameTree(key, node, (name, one, other) => {
        if (name === 'A_Const') pairs.push([one, other]);
      });
      if (!same) return false;
      for (const [one, other] of pairs) {
        const lifted = this.literals.get(one);
        if (lifted !== undefined) this.literals.set(other, lifted);
      }
      return true;
    });
  }

  #literal(literal: A_Const, place: Place): void {
    const { fval } = literal;
    if (fval?.fval !== undefined) fval.fval = plainNumber(fval.fval);
    if (place === 'fixed') return;
    const type = typeOf(literal);
    if (type === undefined) return;
    const parameter = `$${FIRST_PARAMETER + this.parameters}`;
    this.parameters += 1;
    const bare = type === 'text' && place === 'typed';
    this.literals.set(literal, {
      opaque: bare ? parameter : `(${parameter}::pg_catalog."${type}")`,
      compared: this.#compared,
    });
  }
}

function fixedOr(place: Place, other: Place): Place {
  return place === 'fixed' ? place : other;
}

function isRow(node: Node | undefined): boolean {
  return node !== undefined && 'RowExpr' in node;
}

function sides(...nodes: readonly (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined);
}

/** A node names its kind; what has no kind of its own in the tree is a part of the node around it. */
function isNode(part: unknown): part is Node {
  if (typeof part !== 'object' || part === null) return false;
  const [kind = ''] = Object.keys(part);
  return kind >= 'A' && kind < 'a';
}

/** The expressions of a GROUP BY or DISTINCT ON, out of grouping sets and rows. */
function groupingKeys(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => {
    if ('GroupingSet' in node) return groupingKeys(node.GroupingSet.content ?? []);
    if ('RowExpr' in node) return groupingKeys(node.RowExpr.args ?? []);
    return Object.keys(node).length === 0 ? [] : [node];
  });
}

/** The type that PostgreSQL gives a constant; `text` for one that has none yet; undefined for what is not lifted. */
function typeOf({ ival, fval, sval, bsval }: A_Const): string | undefined {
  if (sval !== undefined) return 'text';
  if (ival !== undefined) return 'int4';
  if (bsval !== undefined) return 'bit';
  if (fval?.fval === undefined) return undefined;
  if (!/^-?\d+$/.test(fval.fval)) return 'numeric';
  const integer = BigInt(fval.fval);
  if (BigInt.asIntN(32, integer) === integer) return 'int4';
  return BigInt.asIntN(64, integer) === integer ? 'int8' : 'numeric';
}

/** `0xFF_FF` and `1_000` in digits alone, which is all that servers before 16 know. */
function plainNumber(number: string): string {
  const digits = number.replaceAll('_', '');
  const [, sign = '', radix] = /^(-?)(0[xob][0-9a-f]+)$/i.exec(digits) ?? [];
  return radix === undefined ? digits : `${sign}${BigInt(radix)}`;
}
